"""Counted songs: what each is called and belongs to, in arrays by the song's number, and which songs a name stands for.

Only the thread that folds adds songs; a reader looks at those that there were.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.columns import Array, Growing, among, ranges, repeated, united
from tables.details import SongDetail
from tables.names import BEGINNING_PAIR_BITS, BEGINNINGS, CODE_POINT_BITS, HEAD_LETTERS, beginning_marks, fold, head, marks, plain

OF_SONG = {"title": "u4", "album": "u4", "album_artist": "u4", "genre": "u4", "artist_count": "u4", "matched": "?"}
"""Columns of a song: numbers of names, how many artists share its income (at least 1), and whether the dimension knows it."""
HALF_BITS = 64


class Marked(NamedTuple):
    """The marks of some texts, in two halves; see `tables.names.marks`."""

    high: Array
    low: Array

    def lacking(self, bits: int) -> Array:
        """Return how many of these *bits* each text lacks."""
        high, low = map(np.uint64, divmod(bits, 1 << HALF_BITS))
        lacking: Array = np.bitwise_count(high & ~self.high) + np.bitwise_count(low & ~self.low)
        return lacking

    def having(self, bits: int) -> Array:
        """Return the numbers of the texts that lack none of these *bits*."""
        high, low = map(np.uint64, divmod(bits, 1 << HALF_BITS))
        found = np.flatnonzero((self.low & low) == low)
        having: Array = found[(self.high[found] & high) == high]
        return having


class Names:
    """Names of one kind, numbered in the order of their first appearance."""

    def __init__(self) -> None:
        """Know none."""
        self.names: list[str] = []
        self.plains: list[str] = []
        """As searches compare them."""
        self._numbers: dict[str, int] = {}
        self._folded: dict[str, list[int]] = {}
        self._marks = Growing("u8"), Growing("u8")
        self._beginning_marks = tuple(Growing("u8") for _ in BEGINNINGS)
        self._lengths = Growing("u4")
        self.words: list[str] = []
        """Every word of all plain names once."""
        self._word_numbers: dict[str, int] = {}
        self._word_marks, self._word_heads, self._word_lengths = Growing("u8"), Growing("u8"), Growing("u4")
        self._of_words, self._word_names = Growing("u4"), Growing("u4")

    def number(self, name: str) -> int:
        """Return the number of *name*, which gets the next one when it is new."""
        known = self.known(name)
        if known is not None:
            return known
        number, words = len(self._numbers), plain(name)
        for marked, bits in zip(
            (*self._marks, *self._beginning_marks), (*divmod(marks(words), 1 << HALF_BITS), *beginning_marks(words)), strict=True
        ):
            marked.extend(np.array([bits], "u8"))
        self._lengths.extend([len(words)])
        parts = [self._word(word) for word in dict.fromkeys(words.split())]
        self._of_words.extend(parts)
        self._word_names.extend([number] * len(parts))
        self.names.append(name)
        self.plains.append(words)
        self._numbers[name] = number
        self._folded.setdefault(fold(name), []).append(number)
        return number

    def _word(self, word: str) -> int:
        number = self._word_numbers.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
            self._word_marks.extend(np.array([marks(word, BEGINNING_PAIR_BITS)], "u8"))
            self._word_heads.extend(np.array([head(word)], "u8"))
            self._word_lengths.extend([len(word)])
        return number

    def alike(self, folded: Iterable[str]) -> Array:
        """Return the numbers of the names that are written so once their case and accents are gone."""
        return np.array([number for name in dict.fromkeys(folded) for number in self._folded.get(name, ())], "i8")

    def known(self, name: str) -> int | None:
        """Return the number of *name*, if it has one."""
        return self._numbers.get(name)

    def searched(self) -> "Searched":
        """Return what a search looks at."""
        names = len(self.plains)  # the thread that adds one may have come as far as its marks
        pairs = min(len(self._of_words.seen), len(self._word_names.seen))
        word_lengths = self._word_lengths.seen
        return Searched(
            self.plains, Marked(*(half.seen[:names] for half in self._marks)), [marked.seen[:names] for marked in self._beginning_marks],
            self._lengths.seen[:names], self.words, self._word_marks.seen[: len(word_lengths)], self._word_heads.seen[: len(word_lengths)],
            word_lengths, self._of_words.seen[:pairs], self._word_names.seen[:pairs],
        )  # fmt: skip


class Searched(NamedTuple):
    """Names as a search looks at them: arrays by the name's number."""

    plains: Sequence[str]
    """Some may be newer than the arrays."""
    marks: Marked
    beginning_marks: Sequence[Array]
    """Those of each of BEGINNINGS; see `tables.names.beginning_marks`."""
    lengths: Array
    words: Sequence[str]
    """Every word of all names once."""
    word_marks: Array
    """Those of each word, with BEGINNING_PAIR_BITS."""
    word_heads: Array
    """The `tables.names.head` of each word."""
    word_lengths: Array
    of_words: Array
    """The number of a word that the name of `word_names`, at the same place, has."""
    word_names: Array

    def beginning(self, letters: str) -> Array:
        """Return the numbers of the words that begin with *letters*, of which there is one at least."""
        cut = np.uint64(CODE_POINT_BITS * max(HEAD_LETTERS - len(letters), 0))
        found: Array = np.flatnonzero(self.word_heads >> cut == np.uint64(head(letters)) >> cut)
        if len(letters) <= HEAD_LETTERS:
            return found
        return np.array([word for word in found.tolist() if self.words[word].startswith(letters)], "i8")

    def having(self, words: Array) -> Array:
        """Return the numbers of the names that have one of *words*, numbers too."""
        if not len(words):
            return words
        names = self.word_names[np.flatnonzero(among(self.of_words, words))]
        return names[names < len(self.lengths)]


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


class Songs(NamedTuple):
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

    def now(self) -> Songs:
        """Return the songs as they are now."""
        columns = {name: column.seen for name, column in self._columns.items()}
        artists = self._artists.seen, self._artist_songs.seen
        return Songs(columns, self._artist_starts.seen, *artists, self._ids, self._credits, self._names)
