"""Grouping: which plays belong to which group of a ranking, and how many each has."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from tables.columns import (
    CELLS_ADDED_PER_ROW,
    CELLS_PER_ROW,
    SORTED_ROWS,
    Array,
    Columns,
    Dense,
    among,
    as_rows,
    groups,
    length,
    not_zero,
    ranges,
    repeated,
    sums,
    taken,
)
from web.dimensions import BY
from web.selection import Selection

ROWS_PER_ARTIST = 3
"""Giving a row to each artist of a row takes as long as looking at so many."""
CELLS_PER_SUM = 16
"""So many cells of a table are added up as fast as a sum is taken out of it."""
FEWEST_SUMS, FEWEST_PLACES = 1 << 15, 4
"""Fewer sums, or of fewer places, are grouped one by one before the songs have made groups."""

PLACES = ("country", "platform")

Keys = dict[str, Array]
"""What makes groups of rows: numbers by column, as `Dimension.keys` names them."""


class Groups(ABC):
    """What plays are grouped into; a group is its place in `plays`."""

    plays: Array
    """How many each has: 0 where there is none."""

    @abstractmethod
    def keys(self, which: Array) -> Keys:
        """Return what makes the groups *which*."""

    @abstractmethod
    def rows(self, which: Array) -> tuple[Columns, Array]:
        """Return the plays of the groups *which*, no two of them alike, by what decides what they earn; and each row's index in *which*."""


def grouped(selection: Selection, by: Sequence[str]) -> Groups:
    """Return the plays of *selection* grouped *by* some dimensions, once for each group that they belong to."""
    found = selection.summed(list(dict.fromkeys(BY[name].counted for name in by)), earning=True)
    if isinstance(found, Dense):
        places = prod(width for name, (_, width) in found.code.spans.items() if name in PLACES)
        if places >= FEWEST_PLACES and np.count_nonzero(found.plays) >= max(FEWEST_SUMS, len(found.plays) // CELLS_PER_SUM):
            return _OfTable(selection, found, by)
    return _OfRows(selection, as_rows(found, selection.snapshot.allowance), by)


def with_keys(selection: Selection, rows: Columns, by: Sequence[str]) -> tuple[Columns, Keys]:
    """Return *rows* with what makes groups of them; *by* artist, each row once for each artist that is asked for."""
    songs, found = selection.snapshot.songs, {}
    if "artist" in by:
        starts, ends = songs.artist_starts[:-1][rows["song"]], songs.artist_starts[1:][rows["song"]]
        selection.snapshot.allowance.take(ROWS_PER_ARTIST * int((ends - starts).sum()))
        which, artists = repeated(np.arange(len(starts)), ends - starts), songs.artists[ranges(starts, ends)]
        if selection.shares is not None:
            asked = among(artists, selection.shares.artists)
            which, artists = which[asked], artists[asked]
        rows, found["artist"] = taken(rows, rows, which), artists
    for name in dict.fromkeys(key for dimension in by for key in BY[dimension].keys):
        if name in rows:
            found[name] = rows[name]
        elif name not in found:
            found[name] = songs.columns[name][rows["song"]]
    return rows, found


class _OfRows(Groups):
    """Groups of sums that are few for all that there might be."""

    def __init__(self, selection: Selection, rows: Columns, by: Sequence[str]) -> None:
        self._rows, keys = with_keys(selection, rows, by)
        count = length(self._rows)
        if not count or (len(self._rows) == len(keys) + 1 and keys.keys() < self._rows.keys()):
            some = self._group = np.arange(count)  # they were added up by these keys already
        else:
            some, self._group = groups(keys, selection.snapshot.allowance)
        self._keys = {name: key[some] for name, key in keys.items()}
        self.plays = sums(self._group, self._rows["plays"], len(some))

    def keys(self, which: Array) -> Keys:
        return taken(self._keys, self._keys, which)

    def rows(self, which: Array) -> tuple[Columns, Array]:
        places = np.full(len(self.plays), -1, "i8")
        places[which] = np.arange(len(which))
        place = places[self._group]
        shown = np.flatnonzero(place >= 0)
        return taken(self._rows, self._rows, shown), place[shown]


class _OfTable(Groups):
    """Groups of a table of sums: by place, which is a country, a platform, both or nothing at all, by song, and by what earns alike.

    Songs make groups of their own, and the table is added up by them as a whole.
    """

    def __init__(self, selection: Selection, found: Dense, by: Sequence[str]) -> None:
        selection.snapshot.allowance.take(len(found.plays) // CELLS_ADDED_PER_ROW)
        spans, counted = found.code.spans, {BY[name].counted for name in by}
        self._places = {name: span for name, span in spans.items() if name in counted and name != "song"}
        self._rest = {name: span for name, span in spans.items() if name not in counted}
        """Columns that make no groups: what decides how much the plays of a group earn."""
        self._first: int | None
        self._first, songs = spans["song"] if "song" in counted else (None, 1)
        axes = [*self._places, *(["song"] if "song" in counted else []), *self._rest]
        table = found.plays.reshape(found.code.widths).transpose([list(spans).index(name) for name in axes])
        self._table = table.reshape(prod(_widths(self._places)), songs, prod(_widths(self._rest)))
        self._group(selection, np.arange(songs), [name for name in by if BY[name].counted == "song"])
        self.plays = self._totals(selection, np.arange(songs)).ravel()

    def _group(self, selection: Selection, songs: Array, by: Sequence[str]) -> None:
        """Find which of *songs* make which group *by* what follows from them."""
        first = self._first or 0
        rows, keys = with_keys(selection, {"song": songs + first}, by)
        self._songs, self._starts, self._keys = rows["song"] - first, np.arange(length(rows) + 1), keys
        if by and length(rows):
            selection.snapshot.allowance.take(SORTED_ROWS * length(rows))
            some, group = groups(keys, selection.snapshot.allowance)
            group = group.astype(np.min_scalar_type(len(some)))  # numbers of up to 16 bits are sorted much faster
            order = np.argsort(group, kind="stable")
            self._songs, self._starts = self._songs[order], np.searchsorted(group[order], np.arange(len(some) + 1).astype(group.dtype))
            self._keys = {name: key[some] for name, key in keys.items()}

    def _totals(self, selection: Selection, songs: Array) -> Array:
        """Return the plays of each group, by place."""
        totals = np.einsum("psr->ps", self._table) if self._rest else self._table[:, :, 0]
        if not np.array_equal(self._songs, songs):
            selection.snapshot.allowance.take(len(totals) * len(self._songs) // CELLS_PER_ROW)
            totals = np.take(totals, self._songs, axis=1)
        if len(self._starts) <= len(self._songs):  # or each is a group by itself
            # A group has each song once, so that no sum is beyond `Dense.bound`.
            totals = np.add.reduceat(totals, self._starts[:-1], axis=1, dtype=totals.dtype)
        return totals

    def keys(self, which: Array) -> Keys:
        place, group = np.divmod(which, len(self._starts) - 1)
        return {**_unravelled(place, self._places), **taken(self._keys, self._keys, group)}

    def rows(self, which: Array) -> tuple[Columns, Array]:
        place, group = np.divmod(which, len(self._starts) - 1)
        starts, ends = self._starts[group], self._starts[group + 1]
        of, songs = repeated(np.arange(len(which)), ends - starts), self._songs[ranges(starts, ends)]
        places, of_place, of_song = self._table.shape
        plays = np.take(self._table.reshape(places * of_place, of_song), place[of] * of_place + songs, axis=0).ravel()
        found = not_zero(plays)
        row, rest = np.divmod(found, of_song)
        song = {} if self._first is None else {"song": songs[row] + self._first}
        return {**song, **_unravelled(rest, self._rest), "plays": plays[found]}, of[row]


def _widths(spans: Mapping[str, tuple[int, int]]) -> list[int]:
    return [width for _, width in spans.values()]


def _unravelled(numbers: Array, spans: Mapping[str, tuple[int, int]]) -> Columns:
    """Return the columns of *spans* that make *numbers*, those of a table's cells."""
    if not spans:
        return {}
    return {name: place + least for place, (name, (least, _)) in zip(np.unravel_index(numbers, _widths(spans)), spans.items(), strict=True)}
