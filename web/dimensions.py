"""Dimensions as data: what plays can be ranked by, and the columns of answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tables.memory import Snapshot


class Column(NamedTuple):
    """A column of an answer; the type is named as ClickHouse and Tinybird name theirs."""

    name: str
    type: str


def text(name: str) -> Column:
    """Return a column of text."""
    return Column(name, "String")


PLAYS, INCOME = Column("plays", "UInt64"), Column("income", "Float64")
SONG_ID = text("song_id")
TREND = Column("trend", "Array(UInt64)")
PREVIOUS = (Column("previous_plays", "UInt64"), Column("previous_income", "Float64"))


class Shown(NamedTuple):
    """A column of an answer that names what is ranked."""

    column: Column
    key: str
    """Of what it is a name."""
    name: Callable[[Snapshot, int], str]


@dataclass(frozen=True)
class Dimension:
    """Something that plays are ranked by."""

    counted: str
    """The column of the counts that it follows from."""
    shown: tuple[Shown, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What makes two plays one group: more than its name where names collide."""
        return tuple(dict.fromkeys(shown.key for shown in self.shown))


def _named(kind: str) -> Callable[[Snapshot, int], str]:
    return lambda snapshot, number: snapshot.songs.names[kind].names[number]


def _title(snapshot: Snapshot, song: int) -> str:
    return snapshot.songs.names["title"].names[int(snapshot.songs.columns["title"][song])]


def _credit(snapshot: Snapshot, song: int) -> str:
    return snapshot.songs.credits[song]


BY: Mapping[str, Dimension] = {
    "artist": Dimension("song", (Shown(text("artist"), "artist", _named("artist")),)),
    "song_title": Dimension("song", (Shown(text("song_title"), "song", _title), Shown(text("artists"), "song", _credit))),
    "album_name": Dimension(
        "song",
        (Shown(text("album_name"), "album", _named("album")), Shown(text("artists"), "album_artist", _named("album_artist"))),
    ),
    "country": Dimension("country", (Shown(text("country"), "country", lambda snapshot, number: snapshot.countries.names[number]),)),
    "source": Dimension("platform", (Shown(text("source"), "platform", lambda snapshot, number: snapshot.platforms.names[number]),)),
    "genre": Dimension("song", (Shown(text("genre"), "genre", _named("genre")),)),
}
