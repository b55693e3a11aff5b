"""Tokens: who may ask. Here the admin token, which opens every endpoint and is shared by all servers of a data directory."""

import base64
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

FILE = "admin.token"
_TOKEN = re.compile(r"a360_[a-z2-7]{12}_[A-Za-z0-9_-]{43}")


class BadToken(ValueError):
    """What should hold the admin token does not; the message never shows what came, since that may be half a secret."""


def new_token() -> str:
    """Return a new token: `a360_`, an id of 60 bits that may be shown, `_`, a secret of 256 bits that may not."""
    name = base64.b32encode(secrets.token_bytes(10)).decode().lower()[:12]
    return f"a360_{name}_{secrets.token_urlsafe(32)}"


def load_or_make_token(data: Path, given: str | None) -> str:
    """Return the admin token: *given* itself, or what the file *given* holds, or that of *data*, made when missing.

    Processes that make it at once agree on one.

    Raises:
        BadToken: *given* is neither a token nor a file, or a file holds something else.
        OSError: the file cannot be read or written.
    """
    if given and _TOKEN.fullmatch(given):
        return given
    if given and not Path(given).is_file():
        raise BadToken("ARTIST360_ADMIN_TOKEN is neither a token (a360_, 12 letters and digits, _, 43 more) nor a file that exists")
    path = Path(given) if given else data / FILE
    if not path.exists():
        _make(path)
    token = path.read_text("utf-8", "replace").strip()
    if not _TOKEN.fullmatch(token):
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
