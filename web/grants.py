"""Grants: what a token opens, and which rows it sees. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

EVERYTHING = "*"
"""The scope that opens whatever there is; every other scope is an endpoint's name, or one of the server's own."""
ABOUT_EVERY_ROW = frozenset({"conservation", "facts", "metrics"})
"""What tells of all rows at once: a token that is fixed to some never opens it, whatever its scopes."""


class Rows(NamedTuple):
    """The rows that a token is fixed to, whatever it asks for; None: all."""

    artist: str | None = None
    """A credited artist's name, folded."""
    country: str | None = None
    """ISO 3166 alpha-2."""


EVERY_ROW = Rows()


@dataclass(frozen=True)
class Grant:
    """What one token opens; nothing that is not listed."""

    id: str
    """The part of the token that may be shown."""
    scopes: frozenset[str]
    rows: Rows = EVERY_ROW
    name: str = ""
    """What whoever made the token called it."""
    artist: str | None = None
    """The artist of `rows` as people write the name."""
    expires: int | None = None
    """From when on it opens nothing; seconds since 1970."""
    rps: float | None = None
    """Most requests per second, of each server; None: any number."""

    def opens(self, scope: str) -> bool:
        """Say whether *scope* may be used."""
        return (scope in self.scopes or EVERYTHING in self.scopes) and not self.never_opens(scope)

    def never_opens(self, scope: str) -> bool:
        """Say whether *scope* stays closed whatever the scopes are, for the rows that this is fixed to."""
        return self.rows != EVERY_ROW and scope in ABOUT_EVERY_ROW
