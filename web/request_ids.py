"""Request ids: what ties an answer, its line in the log and its problem document together. Pure."""

import random
import re
from contextvars import ContextVar

HEADER = "X-Request-Id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

_CURRENT: ContextVar[str] = ContextVar("request_id", default="")


def begin_request(given: str | None) -> str:
    """Make *given* the id of the request that this task answers, or a new one if it is none that a log can hold; return it."""
    request_id = given if given and _SANE.fullmatch(given) else f"{random.getrandbits(64):016x}"
    _CURRENT.set(request_id)
    return request_id


def request_id() -> str:
    """Return the id of the request that this task answers; empty outside one."""
    return _CURRENT.get()
