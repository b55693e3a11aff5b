"""Cookies: what a browser gets for a token: which token it was and until when, sealed. Whoever copies it does not have the token.

All servers that share the admin token know each other's seals: nothing is kept, so a restart ends no session.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

NAME = "artist360"
SECONDS = 30 * 86_400
_OURS = re.compile(rf"(?:^|;) *{NAME}=([^;]*)")
_COOKIE = re.compile(r"([a-z2-7]{12})\.([0-9]{1,12})\.[A-Za-z0-9_-]{43}")


def value_of(headers: Iterable[str]) -> str | None:
    """Return the value of ours, the last if there are several, in the values of `Cookie` *headers*; None: it is in none.

    Others are not looked at: thousands of them, which the parsers at hand take a tenth of a second for, cost nothing.
    """
    found = [value for header in headers for value in _OURS.findall(header)]
    return found[-1].strip() if found else None


class Cookies:
    """Makes them and reads them."""

    def __init__(self, admin_token: str) -> None:
        """Seal with what follows from *admin_token*: another one ends every session."""
        self._key = hmac.digest(admin_token.encode(), b"artist360 sessions", hashlib.sha256)

    def make(self, token_id: str, now: float) -> str:
        """Return the cookie for the token *token_id*, good for SECONDS from *now*, in seconds since 1970."""
        return self._sealed(token_id, int(now) + SECONDS)

    def id_of(self, cookie: str, now: float) -> str | None:
        """Return the id of the token that *cookie* was made for; None when it was not made here, or is over at *now*."""
        found = _COOKIE.fullmatch(cookie)
        if found is None or not hmac.compare_digest(self._sealed(found[1], int(found[2])), cookie):
            return None
        return found[1] if now < int(found[2]) else None

    def _sealed(self, token_id: str, until: int) -> str:
        said = f"{token_id}.{until}"
        seal = hmac.digest(self._key, said.encode(), hashlib.sha256)
        return f"{said}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"
