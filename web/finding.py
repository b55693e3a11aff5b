"""Finding: artists, songs and albums whose names are like what is looked for, the nearest first and then the most played."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.columns import CELLS_ADDED_PER_ROW, Array, Dense, among
from tables.counted_songs import SongColumns
from tables.memory import Snapshot
from tables.names import plain
from tables.numbered_names import Searched
from web.search import LONGEST, NOT_MEANT, matches, matches_of_words, several_words, words_had
from web.selection import Selection

ROWS_PER_SETS = 8
"""Finding out which words a song has takes as long as looking at so many counts."""


class Found(NamedTuple):
    """Something whose name is meant."""

    kind: str
    name: str
    artists: str
    """Those of a song, or the first one of an album."""
    song_id: str
    """Its most played song, or itself."""
    plays: int


class _Candidates(NamedTuple):
    """What may be found of a kind: arrays of one length, of a thing each."""

    kind: str
    match: Array
    plays: Array
    song: Array
    named: Callable[[Array], Iterable[tuple[str, str]]]
    """The names and the artists of some of them, by their indexes."""

    def found(self, places: Array, ids: Sequence[str]) -> Iterator[tuple[int, Found]]:
        """Yield what those at *places* are, with what of each is meant."""
        columns = (column[places].tolist() for column in (self.match, self.plays, self.song))
        for match, plays, song, (name, artists) in zip(*columns, self.named(places), strict=True):
            yield match, Found(self.kind, name, artists, ids[song], plays)


class _Asked:
    """What is looked for in the names of songs: in each column once, for all kinds."""

    def __init__(self, snapshot: Snapshot, words: str) -> None:
        """Look for *words* in the names of *snapshot*."""
        self._songs, self._allowance, self._text = snapshot.songs, snapshot.allowance, plain(words)
        self._words = several_words(self._text)
        self._searched, self._had = dict[str, Searched](), dict[str, Array]()

    def matches(self, column: str) -> Array:
        """Return what is meant of each name of *column*."""
        found = matches(self._seen(column), self._text, self._allowance)
        if self._words:
            own = self._sets(column)
            np.minimum(found, matches_of_words(own, own, len(self._words)), out=found)
        return found

    def of_songs(self, match: Array, column: str, others: str) -> Array:
        """Return what is meant of each song by its name in *column*, see *match*, and those that it has in the column *others*."""
        found = _of_each(match, self._songs.columns[column])
        if self._words:
            some = np.flatnonzero(self._with_longest(column) | self._with_longest(others))
            self._allowance.take(ROWS_PER_SETS * len(some))
            own, of_others = (self._songs.united(each, self._sets(each), some) for each in (column, others))
            found[some] = np.minimum(found[some], matches_of_words(own, of_others, len(self._words)))
        return found

    def _with_longest(self, column: str) -> Array:
        """Say which songs have the longest word in *column*: every song that has all words has it, and few others."""
        return self._songs.having(column, np.flatnonzero(self._sets(column) & LONGEST))

    def _sets(self, column: str) -> Array:
        """Return which of several words each name of *column* has; see `words_had`."""
        if column not in self._had:
            self._had[column] = words_had(self._seen(column), self._words, self._allowance)
        return self._had[column]

    def _seen(self, column: str) -> Searched:
        if column not in self._searched:  # the next look may see more names
            self._searched[column] = self._songs.names[column].searched()
        return self._searched[column]


def find(selection: Selection, words: str, kinds: Sequence[str], limit: int) -> tuple[list[Found], int]:
    """Return what of *kinds* the *words* may mean among the plays of *selection*, at most *limit*, and how many there are."""
    asked, played = _Asked(selection.snapshot, words), _played(selection)
    every = [candidates for kind in kinds for candidates in KINDS[kind](selection, played, asked)]
    match, plays = (np.concatenate([np.zeros(0, "i8"), *(getattr(each, name) for each in every)]) for name in ("match", "plays"))
    chosen, start = _best(match, plays, limit), 0
    found = list[tuple[int, Found]]()
    for candidates in every:
        end = start + len(candidates.match)
        places = chosen[np.searchsorted(chosen, start) : np.searchsorted(chosen, end)] - start
        found += candidates.found(places, selection.snapshot.songs.ids.of)
        start = end
    found.sort(key=lambda each: (each[0], -each[1].plays, *each[1][:4]))
    return [each for _, each in found[:limit]], len(match)


def _played(selection: Selection) -> Array:
    """Return the plays of each song, by its number."""
    played = np.zeros(len(selection.snapshot.songs), "i8")
    sums = selection.summed(["song"])
    if isinstance(sums, Dense):
        selection.snapshot.allowance.take(len(sums.plays) // CELLS_ADDED_PER_ROW)
        least, width = sums.code.spans["song"]
        played[least : least + width] = sums.plays
    else:
        played[sums["song"]] = sums["plays"]
    return played


def _best(match: Array, plays: Array, limit: int) -> Array:
    """Return the indexes, ascending, of the *limit* nearest and most played, and of those that are as good as the last of them."""
    if len(match) <= limit:
        return np.arange(len(match))
    as_near = np.cumsum(np.bincount(match))
    last = int(np.searchsorted(as_near, limit))
    alike = match == last
    place = int(as_near[last]) - limit  # of the last one among those as near, the least played of them first
    least = np.partition(plays[alike], place)[place]
    return np.flatnonzero((match < last) | (alike & (plays >= least)))


def _artists(selection: Selection, played: Array, asked: _Asked) -> Iterator[_Candidates]:
    songs = selection.snapshot.songs
    match = asked.matches("artist")
    places = np.flatnonzero(_of_each(match, songs.artists) != NOT_MEANT)
    numbers, of_song = songs.artists[places], songs.artist_songs[places]
    holds = played[of_song] > 0
    if selection.shares is not None:  # a token that is fixed to an artist finds no other
        holds &= among(numbers, selection.shares.artists)
    numbers, of_song = numbers[holds], of_song[holds]
    yield from _grouped("artist", {"artist": numbers}, of_song, played, match[numbers], songs)


def _titles(selection: Selection, played: Array, asked: _Asked) -> Iterator[_Candidates]:
    songs = selection.snapshot.songs
    titles, names = songs.columns["title"], songs.names["title"].names
    match = asked.of_songs(asked.matches("title"), "title", "artist")
    found = _heard(match, played)

    def named(places: Array) -> Iterable[tuple[str, str]]:
        some = found[places]
        return [(names[title], songs.credits[song]) for title, song in zip(titles[some].tolist(), some.tolist(), strict=True)]

    yield _Candidates("song", match[found], played[found], found, named)


def _albums(selection: Selection, played: Array, asked: _Asked) -> Iterator[_Candidates]:
    songs = selection.snapshot.songs
    match = asked.matches("album")
    none = songs.names["album"].known("")
    if none is not None and none < len(match):  # what has no album is named so; the name may be newer than these songs
        match[none] = NOT_MEANT
    match = asked.of_songs(match, "album", "album_artist")
    found = _heard(match, played)
    keys = {name: songs.columns[name][found] for name in ("album", "album_artist")}
    yield from _grouped("album", keys, found, played, match[found], songs)


def _of_each(match: Array, numbers: Array) -> Array:
    """Return what is meant of each of *numbers*, which are those of names; *match* says what of each name is."""
    if match.min(initial=NOT_MEANT) == NOT_MEANT:
        return np.full(len(numbers), NOT_MEANT, match.dtype)
    return match.take(numbers)  # an index takes twice as long


def _heard(match: Array, played: Array) -> Array:
    """Return the songs of which something is meant, see *match*, and that were *played*."""
    found = np.flatnonzero(match != NOT_MEANT)
    return found[played[found] > 0]


def _grouped(
    kind: str, keys: Mapping[str, Array], of_song: Array, played: Array, match: Array, songs: SongColumns
) -> Iterator[_Candidates]:
    """Yield the groups of songs that have the same *keys*, with their most played song."""
    if not len(of_song):
        return
    plays = played[of_song]
    order = np.lexsort((of_song, -plays, *reversed(list(keys.values()))))
    sorted_keys = {name: key[order] for name, key in keys.items()}
    begins = np.concatenate([[True], np.any([key[1:] != key[:-1] for key in sorted_keys.values()], axis=0)])
    first = order[begins]
    summed = np.add.reduceat(plays[order], np.flatnonzero(begins))

    def named(places: Array) -> Iterable[tuple[str, str]]:
        each = [[songs.names[column].names[number] for number in key[first[places]].tolist()] for column, key in keys.items()]
        return zip(each[0], each[1] if len(each) > 1 else [""] * len(places), strict=True)

    yield _Candidates(kind, match[first], summed, of_song[first], named)


KINDS: Mapping[str, Callable[[Selection, Array, _Asked], Iterator[_Candidates]]] = {"artist": _artists, "song": _titles, "album": _albums}
