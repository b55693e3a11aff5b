"""Trends: how often each row of a ranking was played on each of the last days."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import numpy as np

from tables.columns import CELLS_PER_ROW, Array, Columns, Dense, add_to, among, length, not_zero, pieces
from tables.counted_songs import SongColumns
from web.dimensions import BY
from web.grouping import with_keys
from web.selection import Selection, day_number

ROWS_PER_DAY = 4
"""Writing a day of a trend takes as long as looking at so many rows."""
ONE_SONG_IN = 256
"""A trend of more than one song in so many is faster found in the sums of all songs."""
TABLE_MOST = 1 << 20
"""Numbers below it are looked up in a table, which is faster than to look for them."""
_ASKED = {"country": "countries", "platform": "platforms"}
"""Fields of `tables.levels.Asked` by the key of a group."""


def trend(selection: Selection, by: Sequence[str], keys: Mapping[str, Array], first: date, days: int) -> list[list[int]]:
    """Return the plays of each group of *keys* on each of the *days* from *first* on."""
    count = length(keys)
    if not count:
        return []
    counted = dict.fromkeys(BY[name].counted for name in by)
    some = {_ASKED[name]: np.unique(key) for name, key in keys.items() if name in _ASKED}
    if "song" in counted:
        some["songs"] = _songs_of(selection.snapshot.songs, keys)
    selection.snapshot.allowance.take(ROWS_PER_DAY * count * days)
    groups, plays = _Groups(keys), np.zeros((count, days), "i8")
    found, first_day = _plays_by_day(selection, some, counted), day_number(first)
    if isinstance(found, Dense):
        _write_table(plays, found, first_day, selection, with_keys(selection, {"song": _within(found, some["songs"])}, by), groups)
    else:
        for piece in pieces(found):
            rows, columns = with_keys(selection, piece, by)
            which, group = groups.find(columns)
            add_to(plays.reshape(-1), group * days + (rows["day"][which].astype("i8") - first_day), rows["plays"][which])
    series: list[list[int]] = plays.tolist()
    return series


def _plays_by_day(selection: Selection, some: Mapping[str, Array], counted: Collection[str]) -> Dense | Sequence[Columns]:
    """Return the plays by day and what is *counted* of what *selection* leaves of *some* songs, countries and platforms.

    By song alone and for many songs, those of all songs are read, which may be kept as a table; see `tables.day_sums`. Otherwise rows are
    filtered, and not added up: most are of no group that is shown.
    """
    if [*counted] == ["song"] and selection.asked.songs is None and ONE_SONG_IN * len(some["songs"]) > len(selection.snapshot.songs):
        sums = selection.summed(["day", "song"])
        return sums if isinstance(sums, Dense) else [sums]
    return selection.of(**some).parts([*counted, "day"])


def _within(table: Dense, songs: Array) -> Array:
    """Return those of *songs* that the *table* has."""
    least, width = table.code.spans["song"]
    return songs[(songs >= least) & (songs < least + width)]


def _write_table(
    plays: Array, table: Dense, first_day: int, selection: Selection, keyed: tuple[Columns, Mapping[str, Array]], groups: "_Groups"
) -> None:
    """Write into *plays*, by group and day from *first_day* on, what a *table* by day and song has of the songs of these *groups*.

    Its days are among those of *plays*.
    """
    rows, keys = keyed
    (table_first, days), (least, songs) = table.code.spans["day"], table.code.spans["song"]
    which, group = groups.find(keys)
    order = np.argsort(group, kind="stable")
    starts = not_zero(np.diff(group[order], prepend=-1))
    if len(starts):
        selection.snapshot.allowance.take(days * len(order) // CELLS_PER_ROW)
        of_songs = np.take(table.plays.reshape(days, songs), rows["song"][which[order]] - least, axis=1)
        # A group has each song once, so that no sum is beyond `Dense.bound`.
        of_groups = np.add.reduceat(of_songs, starts, axis=1, dtype=table.sum_type)
        plays[group[order[starts]], table_first - first_day : table_first - first_day + days] = of_groups.T


class _Groups:
    """Finds the rows of given groups, column by column, so that few rows are left for the later ones."""

    def __init__(self, keys: Mapping[str, Array]) -> None:
        self._steps: list[tuple[str, _Index, _Index]] = []
        """Of each column its values, and which pairs there are of a group so far and one of these."""
        place = np.zeros(length(keys), "i8")
        for name, key in keys.items():
            values, rank = np.unique(key, return_inverse=True)
            together, place = np.unique(place * len(values) + rank, return_inverse=True)
            self._steps.append((name, _Index(values), _Index(together)))
        self._groups = np.empty(len(place), "i8")
        self._groups[place] = np.arange(len(place))

    def find(self, keys: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return the indexes of the rows that are of one of the groups, and the group of each."""
        which, place = np.arange(length(keys)), np.zeros(length(keys), "i8")
        for name, values, together in self._steps:
            rank = values.of(keys[name][which])
            known = np.flatnonzero(rank >= 0)
            place = together.of(place[known] * len(values) + rank[known])
            holds = np.flatnonzero(place >= 0)
            which, place = which[known[holds]], place[holds]
        return which, self._groups[place]


class _Index:
    """Some numbers, ascending, and their places."""

    def __init__(self, numbers: Array) -> None:
        self._numbers, self._table = numbers, np.zeros(0, "i8")
        if numbers[-1] < TABLE_MOST:
            self._table = np.full(int(numbers[-1]) + 2, -1, "i8")
            self._table[numbers] = np.arange(len(numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def of(self, numbers: Array) -> Array:
        """Return where each of *numbers* stands among these, -1 for those that do not."""
        if len(self._table):
            found: Array = self._table[np.minimum(numbers, np.int64(len(self._table) - 1))]  # which need not fit into the numbers' type
            return found
        places = np.minimum(np.searchsorted(self._numbers, numbers), len(self) - 1)
        return np.where(self._numbers[places] == numbers, places, -1)


def _songs_of(songs: SongColumns, keys: Mapping[str, Array]) -> Array:
    """Return the songs that can belong to the groups of *keys*, and perhaps more."""
    holds = np.ones(len(songs), "?")
    for name, numbers in keys.items():
        if name == "artist":
            of_artists = np.zeros(len(songs), "?")
            of_artists[songs.of_artists(numbers)[0]] = True
            holds &= of_artists
        elif name == "song":
            holds &= among(np.arange(len(songs)), numbers)
        elif name in songs.columns:
            holds &= among(songs.columns[name], numbers)
    return np.flatnonzero(holds)
