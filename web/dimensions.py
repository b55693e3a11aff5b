"""Dimensions as data: what plays can be ranked by, and the columns of answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """A column of an answer; the type is named as ClickHouse and Tinybird name theirs."""

    name: str
    type: str


def text(name: str) -> Column:
    """Return a column of text."""
    return Column(name, "String")


@dataclass(frozen=True)
class Dimension:
    """Something that plays are ranked by."""

    columns: tuple[tuple[Column, str], ...]
    """Each column of the answer and the SQL behind it, once the plays are added up by the keys."""
    keys: tuple[tuple[str, str], ...]
    """What makes two plays one group: more than its name where names collide. Each with its type in DuckDB."""
    fact_column: str
    """The column of the facts that it needs."""
    grouped: str = ""
    """The join that the keys need, before the plays are added up."""
    named: str = ""
    """The join that the columns need, after that."""
    song_id: str = ""
    """Where the ids of the songs behind a group stand; empty: it has none."""


_DETAIL = "JOIN song_detail USING (song)"

BY: Mapping[str, Dimension] = {
    "artist": Dimension(
        ((text("artist"), "artist"),), (("artist", "VARCHAR"),), "song", song_id="facts.external_id"
    ),  # the share of each artist brings its name
    "song_title": Dimension(
        ((text("song_title"), "title"), (text("artists"), "song_detail.artists")),
        (("song", "UINTEGER"),),
        "song",
        named=_DETAIL,
    ),
    "album_name": Dimension(
        ((text("album_name"), "groups.album"), (text("artists"), "groups.album_artist")),
        (("album", "VARCHAR"), ("album_artist", "VARCHAR")),
        "song",
        grouped=_DETAIL,
        song_id="song_detail.external_id",
    ),
    "country": Dimension(((text("country"), "code"),), (("country", "USMALLINT"),), "country", named="JOIN country USING (country)"),
    "source": Dimension(
        ((text("source"), "platform.name"),), (("platform", "UINTEGER"),), "platform", named="JOIN platform USING (platform)"
    ),
    "genre": Dimension(
        ((text("genre"), "groups.genre"),), (("genre", "VARCHAR"),), "song", grouped=_DETAIL, song_id="song_detail.external_id"
    ),
}
