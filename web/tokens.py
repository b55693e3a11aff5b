"""Tokens: who may ask. The admin token, which opens everything and which all servers of a data directory share, and the others."""

import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from web.grants import EVERYTHING, Grant
from web.token_format import TOKEN, Revoked, Token, hash_of, id_of, new_token

FILE = "admin.token"
ADMIN = "admin"
UNKNOWN = f"this token is not known here; the one that opens everything stands in {FILE} in the data directory"


class BadToken(ValueError):
    """What should hold the admin token does not; the message never shows what came, since that may be half a secret."""


class Refused(Exception):
    """A token opens nothing, or not any more: says why. The rest is told only to who showed the secret."""


class Known(NamedTuple):
    """Every token that was made and every one that was revoked, by id."""

    tokens: Mapping[str, Token] = {}
    revoked: Mapping[str, Revoked] = {}


class Tokens:
    """The tokens that are known. One thread takes records, others ask: each change replaces the whole."""

    def __init__(self, admin: str | None = None) -> None:
        """Know *admin*, whatever happens to the others, and no other yet."""
        self._admin = Token(Grant(id_of(admin), frozenset({EVERYTHING}), name=ADMIN), hash_of(admin), 0) if admin else None
        self.known = Known()
        self.complete = False
        """Whether every token and every revocation was read: until then none but the admin's is good."""

    def take(self, records: Iterable[Token | Revoked]) -> None:
        """Take *records* in, in any order. The first revocation of a token stands, whatever comes after it."""
        tokens, revoked = dict(self.known.tokens), dict(self.known.revoked)
        for record in records:
            if isinstance(record, Revoked):
                revoked.setdefault(record.id, record)
            else:
                tokens[record.grant.id] = record
        self.known = Known(tokens, revoked)

    def open(self, token: str, now: float) -> Grant:
        """Return what *token* opens at *now*, in seconds since 1970; compared in constant time.

        Raises:
            Refused: nothing.
        """
        kept = self._find(id_of(token))
        if not hmac.compare_digest(hash_of(token), kept.hash if kept else ""):
            raise Refused(UNKNOWN)
        return self._still(kept, now)

    def reopen(self, token_id: str, now: float) -> Grant:
        """Return what the token *token_id*, whose secret was shown before, opens at *now*.

        Raises:
            Refused: nothing any more.
        """
        return self._still(self._find(token_id), now)

    def _find(self, token_id: str) -> Token | None:
        if self._admin and token_id == self._admin.grant.id:
            return self._admin
        return self.known.tokens.get(token_id) if self.complete else None

    def _still(self, token: Token | None, now: float) -> Grant:
        if token is None:
            raise Refused(UNKNOWN)
        if token is not self._admin and (why := state(self.known, token, now)):
            raise Refused(f"this token {why}: ask whoever made it for another one")
        return token.grant


def state(known: Known, token: Token, now: float) -> str:
    """Return why *token* opens nothing at *now*, "is revoked" or "has expired"; empty when it does."""
    if token.grant.id in known.revoked:
        return "is revoked"
    return "has expired" if token.grant.expires is not None and now >= token.grant.expires else ""


def load_or_make_token(data: Path, given: str | None) -> str:
    """Return the admin token: *given* itself, or what the file *given* holds, or that of *data*, made when missing.

    Processes that make it at once agree on one.

    Raises:
        BadToken: *given* is neither a token nor a file, or a file holds something else.
        OSError: the file cannot be read or written.
    """
    if given and TOKEN.fullmatch(given):
        return given
    if given and not Path(given).is_file():
        raise BadToken("ARTIST360_ADMIN_TOKEN is neither a token (a360_, 12 letters and digits, _, 43 more) nor a file that exists")
    path = Path(given) if given else data / FILE
    if not path.exists():
        _make(path)
    token = path.read_text("utf-8", "replace").strip()
    if not TOKEN.fullmatch(token):
        raise BadToken(f"{path} holds no token (a360_, 12 letters and digits, _, 43 more): delete it, and the next start makes a new one")
    return token


def _make(path: Path) -> None:
    """Write a new token to *path* unless another process is faster: the file appears whole, by a link that refuses to overwrite."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(new_token() + "\n")
    try:
        with suppress(FileExistsError):
            path.hardlink_to(beside)
    finally:
        beside.unlink()
