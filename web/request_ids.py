"""Request ids: what ties an answer, its line in the log and its problem document together. Pure."""

import random
import re
from contextvars import ContextVar

from web.token_format import TOKEN

HEADER = "X-Request-Id"
LOGGED_CHARACTERS = 120
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

_CURRENT: ContextVar[str] = ContextVar("request_id", default="")


def loggable(text: str) -> str:
    """Return as much of *text*, which a client sent, as a log may have: a part of a long one, and no token."""
    return TOKEN.sub(r"a360_\1_…", text)[:LOGGED_CHARACTERS]


def begin_request(given: str | None) -> str:
    """Make *given* the id of the request that this task answers, or a new one if it is none that a log can hold; return it."""
    request_id = given if given and _SANE.fullmatch(given) and not TOKEN.search(given) else f"{random.getrandbits(64):016x}"
    _CURRENT.set(request_id)
    return request_id


def request_id() -> str:
    """Return the id of the request that this task answers; empty outside one."""
    return _CURRENT.get()
