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
    """Each column of the answer and the SQL behind it."""
    groups: tuple[str, ...]
    """What makes two plays one group: more than its name where names collide."""
    fact_column: str
    """The column of the facts that it needs."""
    join: str


_DETAIL = "JOIN song_detail USING (song)"

BY: Mapping[str, Dimension] = {
    "artist": Dimension(((text("artist"), "artist"),), ("artist",), "song", ""),  # the shares bring the artist
    "song_title": Dimension(
        ((text("song_title"), "any_value(title)"), (text("artists"), "any_value(artists)")), ("song",), "song", _DETAIL
    ),
    "album_name": Dimension(((text("album_name"), "album"), (text("artists"), "album_artist")), ("album", "album_artist"), "song", _DETAIL),
    "country": Dimension(((text("country"), "code"),), ("code",), "country", "JOIN country USING (country)"),
    "source": Dimension(((text("source"), "platform.name"),), ("platform.name",), "platform", "JOIN platform USING (platform)"),
    "genre": Dimension(((text("genre"), "genre"),), ("genre",), "song", _DETAIL),
}
