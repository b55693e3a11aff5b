"""Grants: what a token opens. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

EVERYTHING = "*"
"""The scope that opens whatever there is; every other scope is an endpoint's name, or one of the server's own."""


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

    def opens(self, scope: str) -> bool:
        """Say whether *scope* may be used."""
        return scope in self.scopes or EVERYTHING in self.scopes
