"""Counted songs: what each is called and belongs to, in arrays by the song's number, and which songs a name stands for.

Only the thread that folds adds songs; a reader looks at those that there were.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.columns import Array, Growing, among, ranges, repeated, united
from tables.details import SongDetail
from tables.numbered_names import Names

OF_SONG = {"title": "u4", "album": "u4", "album_artist": "u4", "genre": "u4", "artist_count": "u4", "matched": "?"}
"""Columns of a song: numbers of names, how many artists share its income (at least 1), and whether the dimension knows it."""


class Order(NamedTuple):
    """The external_ids of some songs in the order of their letters' code points."""

    ids: Sequence[str]
    places: Array
    """Each song's place among them, by its number."""


class Ids:
    """The external_ids of songs by their numbers, and their order, which is made when it is asked for."""

    def __init__(self) -> None:
        """Know none."""
        self.of: list[str] = []
        self.numbers: dict[str, int] = {}
        self._order = Order((), np.zeros(0, "i8"))

    def add(self, external_id: str) -> None:
        """Give a song the next number."""
        self.numbers[external_id] = len(self.of)
        self.of.append(external_id)

    def ordered(self, count: int) -> bool:
        """Say whether the order of the first *count* songs is made already."""
        return len(self._order.ids) == count

    def order(self, count: int) -> Order:
        """Return the order of the first *count* songs."""
        order = self._order
        if len(order.ids) != count:
            numbers = sorted(range(count), key=self.of.__getitem__)
            places = np.empty(count, "i8")
            places[numbers] = np.arange(count)
            order = self._order = Order([self.of[number] for number in numbers], places)
        return order


class CountedSong(NamedTuple):
    """A song that was counted."""

    external_id: str
    detail: SongDetail


class SongColumns(NamedTuple):
    """The counted songs as of one moment."""

    columns: Mapping[str, Array]
    """Those of OF_SONG, by the song's number."""
    artist_starts: Array
    """Where the artists of each song begin in `artists`; one more for the end."""
    artists: Array
    """The number of each artist of each song, one song after the other."""
    artist_songs: Array
    """The song of each of `artists`."""
    ids: Ids
    """Some may be newer than the arrays, and among what follows."""
    credits: Sequence[str]
    names: dict[str, Names]
    """By column, and those of artists."""

    def __len__(self) -> int:
        """How many songs there are."""
        return len(self.artist_starts) - 1

    def of_names(self, column: str, folded: Iterable[str]) -> Array:
        """Return the songs, ascending, whose title, album, album_artist or genre is one of some names."""
        return np.flatnonzero(self.having(column, self.names[column].alike(folded)))

    def having(self, column: str, numbers: Array) -> Array:
        """Say which songs have one of some names, by their *numbers*, in *column*: one of OF_SONG, or "artist"."""
        if column != "artist":
            return among(self.columns[column], numbers)
        holds = np.zeros(len(self), "?")
        holds[self.artist_songs[among(self.artists, numbers)]] = True
        return holds

    def united(self, column: str, sets: Array, some: Array) -> Array:
        """Return for each of *some* songs the union of the *sets* of bits, by the name's number, of what it has in *column*."""
        if column != "artist":
            return sets[self.columns[column][some]]
        starts, ends = self.artist_starts[some], self.artist_starts[some + 1]
        return united(sets, self.artists[ranges(starts, ends)], repeated(np.arange(len(some)), ends - starts), len(some))

    def of_artists(self, artists: Array) -> tuple[Array, Array]:
        """Return the songs, ascending, of the *artists* (numbers), and how many of them each has."""
        places = np.flatnonzero(among(self.artists, artists))
        return np.unique(self.artist_songs[places].astype("i8"), return_counts=True)


class CountedSongs:
    """The counted songs up to the newest fold."""

    def __init__(self) -> None:
        """Know none."""
        self._columns = {name: Growing(kind) for name, kind in OF_SONG.items()}
        self._artist_starts, self._artists, self._artist_songs = Growing("i8", [0]), Growing("u4"), Growing("u4")
        self._ids = Ids()
        self._credits: list[str] = []
        self._names = {name: Names() for name in ("title", "album", "album_artist", "genre", "artist")}

    def add(self, songs: Sequence[CountedSong]) -> None:
        """Add *songs*, which get the next numbers."""
        first = len(self._ids.of)
        artists = [[self._names["artist"].number(name) for name in detail.artists] for _, detail in songs]
        for name in ("title", "album", "album_artist", "genre"):
            self._columns[name].extend([self._names[name].number(getattr(detail, name)) for _, detail in songs])
        self._columns["artist_count"].extend([len(numbers) or 1 for numbers in artists])
        self._columns["matched"].extend([detail.matched for _, detail in songs])
        for external_id, detail in songs:
            self._ids.add(external_id)
            self._credits.append(detail.credit)
        self._artists.extend([number for numbers in artists for number in numbers])
        self._artist_songs.extend(np.repeat(np.arange(first, first + len(songs)), [len(numbers) for numbers in artists]))
        self._artist_starts.extend(self._artist_starts.seen[-1] + np.cumsum([len(numbers) for numbers in artists]))

    def now(self) -> SongColumns:
        """Return the songs as they are now."""
        columns = {name: column.seen for name, column in self._columns.items()}
        artists = self._artists.seen, self._artist_songs.seen
        return SongColumns(columns, self._artist_starts.seen, *artists, self._ids, self._credits, self._names)
