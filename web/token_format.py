"""Token format: how a token is written, and the records of the topic of tokens: hashes and scopes, never a secret. Pure.

A token is a random secret of 256 bits, so one SHA-256 is all that its hash needs: slow hashes are for passwords, which can be guessed.

A token and its revocation are two records under two keys. So compaction, which keeps the newest record of a key, keeps both, and
nothing that comes later under the token's key brings it back; in which order they are read does not matter.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from tables.names import fold
from web.grants import Grant, Rows

TOKEN = re.compile(r"a360_([a-z2-7]{12})_[A-Za-z0-9_-]{43}")
TOKEN_ID = re.compile(r"[a-z2-7]{12}")
_KEY = re.compile(rb'\["(token|revoked)","([a-z2-7]{12})"\]')
_HASH = re.compile(r"[0-9a-f]{64}")
VERSION = 1


class Token(NamedTuple):
    """A token as it is kept."""

    grant: Grant
    hash: str
    """See `hash_of`."""
    created: int
    """Seconds since 1970."""


class Revoked(NamedTuple):
    """That a token opens nothing any more, for good."""

    id: str
    at: int
    """Seconds since 1970."""


class Unreadable(Exception):
    """A record of the topic of tokens that cannot be read: says why. *id* is the token's, None when even that cannot be told."""

    def __init__(self, why: str, id: str | None = None) -> None:  # noqa: A002  (as the field of `Grant`)
        super().__init__(why)
        self.id = id


def new_token() -> str:
    """Return a new token: `a360_`, an id of 60 bits that may be shown, `_`, a secret of 256 bits that may not."""
    name = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
    return f"a360_{name}_{secrets.token_urlsafe(32)}"


def id_of(token: str) -> str:
    """Return the id in *token*; empty when it is not written as a token is."""
    found = TOKEN.fullmatch(token)
    return found[1] if found else ""


def hash_of(token: str) -> str:
    """Return what is kept of *token*: SHA-256 in hexadecimal, of its id too, so that no other id goes with the secret."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def pack(record: Token | Revoked) -> tuple[bytes, bytes]:
    """Return the key and the value of *record*."""
    if isinstance(record, Revoked):
        return _json(["revoked", record.id]), _json({"version": VERSION, "revoked": record.at})
    grant = record.grant
    value = {
        "version": VERSION,
        "hash": record.hash,
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "artist": grant.artist,
        "country": grant.rows.country,
        "created": record.created,
        "expires": grant.expires,
        "rps": grant.rps,
    }
    return _json(["token", grant.id]), _json(value)


def unpack(key: bytes | None, value: bytes | None) -> Token | Revoked:
    """Return the record that *key* and *value* hold.

    Raises:
        Unreadable: it is none, or of a later version.
    """
    found = _KEY.fullmatch(key or b"")
    if found is None:
        raise Unreadable("its key names no token")
    kind, token_id = found[1].decode(), found[2].decode()
    if value is None:
        raise Unreadable("it deletes the record before it, which nothing here ever does", token_id)
    try:
        fields = json.loads(value)
        version = fields["version"]
        if version == VERSION:
            return Revoked(token_id, int(fields["revoked"])) if kind == "revoked" else _token(token_id, fields)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise Unreadable(f"its value is not as it should be ({error!r})", token_id) from None
    raise Unreadable(f"it has the version {version!r}, and this program reads {VERSION}: use one as new as what wrote it", token_id)


def _token(token_id: str, fields: Mapping[str, Any]) -> Token:
    artist, country, expires, rps, scopes = (fields[name] for name in ("artist", "country", "expires", "rps", "scopes"))
    if not (isinstance(scopes, list) and _HASH.fullmatch(fields["hash"]) and (rps is None or 0 < rps < float("inf"))):
        raise ValueError("scopes, hash or rps")
    grant = Grant(
        token_id,
        frozenset(map(str, scopes)),
        Rows(None if artist is None else fold(artist), None if country is None else str(country)),
        name=str(fields["name"]),
        artist=artist,
        expires=None if expires is None else int(expires),
        rps=None if rps is None else float(rps),
    )
    return Token(grant, fields["hash"], int(fields["created"]))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
