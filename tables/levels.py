"""Levels: sorted counts, in several orders, and how what is asked for is found in them with the least looking.

A level never changes; only sums of it come to be kept beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, Self, TypeVar

import numpy as np

from tables.columns import Array, Columns, Sums, added_up, among, length, narrowed, position, positions, ranges, taken
from tables.kept_sums import KeptSums
from tables.merging import merged
from tables.resting import Rest, go_on

TYPES = {
    "song": "u4",
    "day": "i4",
    "country": "u2",
    "platform": "u4",
    "rate": "u4",
    "kafka_partition": "u2",
    "credit": "u4",
    "plays": "i8",
}
"""Columns of a count. `day` is in days since 1970; most others are numbers of dictionaries."""
FEW = 16
"""Songs that together have at most a sixteenth of all rows are looked up one by one; of others it is reckoned what costs less."""
ROWS_PER_SLICE, ROWS_IN_ORDER = 800, 2
"""Finding where the days of a country lie takes as long as looking at so many rows; so many that lie side by side, as looking at one."""
FEWEST_TO_BISECT, ROWS_PER_BISECTED = 1 << 13, 16
"""Finding where the days of some songs lie takes as long as looking at so many rows, and at so many for each song."""


class Asked(NamedTuple):
    """Which counts are asked for; None: whichever. The numbers ascend."""

    songs: Array | None = None
    countries: Array | None = None
    platforms: Array | None = None
    first: int | None = None
    """Day or second."""
    last: int | None = None

    @property
    def columns(self) -> set[str]:
        """The columns of a count that decide, but for its time."""
        of_columns = {"song": self.songs, "country": self.countries, "platform": self.platforms}
        return {name for name, numbers in of_columns.items() if numbers is not None}

    @property
    def spanned(self) -> bool:
        """Whether its time decides too."""
        return self.first is not None or self.last is not None

    @property
    def of_any_time(self) -> Self:
        """The same of any time."""
        return self._replace(first=None, last=None)


class Read(NamedTuple):
    """What was found, and how much was looked at for it."""

    parts: Sequence[Columns]
    rows: int
    bytes: int


# Orders BY something begin with what a question picks ranges of; those OF something are small, and read whole or by country.
BY_SONG = ("song", "day", "country", "platform", "rate", "kafka_partition", "credit")
BY_COUNTRY = ("country", "day", "song", "platform", "rate")
BY_DAY = ("day", "platform", "song", "rate")
OF_SONGS = ("platform", "song", "rate")
OF_COUNTRIES = ("country", "song", "rate")
OF_PLACES = ("day", "country", "platform", "rate")
ORDERS = (BY_SONG, BY_COUNTRY, BY_DAY, OF_SONGS, OF_COUNTRIES, OF_PLACES)
Order = tuple[str, ...]


class Sorted(NamedTuple):
    """Every count, several times: added up by the columns of an order, and in it."""

    orders: Mapping[Order, Columns]
    starts: Array
    """Where each song's rows begin in BY_SONG; one more for where the last one's end."""
    sums: KeptSums
    """Those of these counts alone that are asked for again and again."""

    @property
    def rows(self) -> Columns:
        """Each count once."""
        return self.orders[BY_SONG]

    @property
    def cells_by_day_and_song(self) -> int:
        """Cells of a table by day and song: all days from the first to the last, times all songs."""
        days = self.orders[BY_DAY]["day"]
        return (int(days[-1]) - int(days[0]) + 1) * (len(self.starts) - 1) if len(days) else 0

    def without_idle_bounds(self, asked: Asked) -> Asked:
        """Return what is *asked* for without a first or a last day that leaves nothing out here, so that no row is looked at for it."""
        days = self.orders[BY_DAY]["day"]
        if not asked.spanned or not len(days):
            return asked
        first = None if asked.first is None or asked.first <= int(days[0]) else asked.first
        last = None if asked.last is None or asked.last >= int(days[-1]) else asked.last
        return asked._replace(first=first, last=last)

    def with_more(self, more: "Sorted", rest: Rest) -> "Sorted":
        """Return these and *more* in one; *rest* after each piece of it."""
        return _sorted({order: merged(ordered, more.orders[order], order, rest) for order, ordered in self.orders.items()})


def in_order(rows: Columns, rest: Rest = go_on) -> Sorted:
    """Return *rows*, which lie in any order, sorted; *rest* after each order."""
    rows = narrowed(rows)
    orders: dict[Order, Columns] = {}
    for order in ORDERS:
        orders[order] = narrowed(added_up([rows], order))
        rest()
    return _sorted(orders)


def _sorted(orders: Mapping[Order, Columns]) -> Sorted:
    songs = orders[BY_SONG]["song"]
    known = np.arange(int(songs[-1]) + 1 if len(songs) else 0).astype(songs.dtype)
    return Sorted(orders, np.append(np.searchsorted(songs, known), len(songs)), KeptSums())


UNCOUNTED = in_order({name: np.zeros(0, kind) for name, kind in TYPES.items()})


Part_co = TypeVar("Part_co", bound=Sums, covariant=True)


class Look(NamedTuple, Generic[Part_co]):
    """How what is asked for is found in a level: where it lies is known, looking is put off until it is known how much that is."""

    rows: int
    cost: int
    """In rows of an allowance."""
    parts: Callable[[], Sequence[Part_co]]


def needed_for(asked: Asked, wanted: Sequence[str]) -> set[str]:
    """Return the columns that are *wanted* or decide what is asked for."""
    return {*wanted, *asked.columns, *(["day"] if asked.spanned else [])}


def of_level(level: Sorted, asked: Asked, wanted: Sequence[str]) -> Look[Columns]:
    """Return how *level* is looked at: in the ranges of songs, or in the smallest order that can tell."""
    asked = level.without_idle_bounds(asked)
    needed = needed_for(asked, wanted) - {"plays", "rate"}
    return _in_order(level, asked, needed, wanted) if asked.songs is None else _of_songs(level, asked.songs, asked, needed, wanted)


def _of_songs(level: Sorted, songs: Array, asked: Asked, needed: set[str], wanted: Sequence[str]) -> Look[Columns]:
    """Look at the rows of *songs*, and of many rows only at the days asked for; in an order of all songs if that costs less."""
    numbers = songs[songs < len(level.starts) - 1].astype("i8")
    starts, ends = level.starts[numbers], level.starts[numbers + 1]
    count, bisecting = int((ends - starts).sum()), 0
    of_all = None if count * FEW <= level.starts[-1] else _in_order(level, asked, needed, wanted)
    left, most = asked._replace(songs=None), count if of_all is None else min(count, of_all.cost)
    cost = FEWEST_TO_BISECT + ROWS_PER_BISECTED * len(numbers)
    if asked.spanned and 2 * cost < most:  # what is found is looked at too
        days, bisecting = level.rows["day"], cost
        if asked.first is not None:
            starts = positions(days, starts, ends, asked.first)
        if asked.last is not None:
            ends = positions(days, starts, ends, asked.last + 1)
        left, count = left.of_any_time, int((ends - starts).sum())
    if of_all is not None and of_all.cost < count + bisecting:
        return of_all._replace(cost=of_all.cost + bisecting)
    return Look(count, count + bisecting, lambda: [filtered(level.rows, left, wanted, ranges(starts, ends))])


def _in_order(level: Sorted, asked: Asked, needed: set[str], wanted: Sequence[str]) -> Look[Columns]:
    """Look at all rows of the smallest order that can tell, but for the days and countries that it begins with."""
    if not needed <= set(BY_COUNTRY):
        count = length(level.rows)
        return Look(count, count // ROWS_IN_ORDER, lambda: [filtered(level.rows, asked, wanted)])
    if needed <= set(OF_PLACES):
        return _whole(level.orders[OF_PLACES], asked, wanted)
    if "country" not in needed:
        return _whole(level.orders[BY_DAY if "day" in needed else OF_SONGS], asked, wanted)
    if needed <= set(OF_COUNTRIES):
        return _of_countries(level.orders[OF_COUNTRIES], asked, wanted)
    return _of_countries(level.orders[BY_COUNTRY], asked, wanted)


def _whole(rows: Columns, asked: Asked, wanted: Sequence[str]) -> Look[Columns]:
    """Look at all *rows*, or at the days asked for where they lie in that order."""
    which = slice(0, length(rows))
    if "day" in rows:
        which = _days(rows["day"], asked, 0, length(rows))
        asked = asked.of_any_time
    count = which.stop - which.start
    return Look(count, count // ROWS_IN_ORDER, lambda: [filtered(rows, asked, wanted, which)])


def _of_countries(rows: Columns, asked: Asked, wanted: Sequence[str]) -> Look[Columns]:
    """Look at the countries and days asked for of *rows*, which lie in the order of these."""
    column = rows["country"]
    if asked.countries is None and (not asked.spanned or "day" not in rows):
        return _whole(rows, asked, wanted)
    most = int(column[-1]) if len(column) else -1
    countries = np.arange(most + 1) if asked.countries is None else asked.countries[asked.countries <= most]
    countries = countries.astype(column.dtype)  # a number of another type would have the whole column converted
    edges = zip(np.searchsorted(column, countries).tolist(), np.searchsorted(column, countries, "right").tolist(), strict=True)
    slices = [_days(rows["day"], asked, start, end) if "day" in rows else slice(start, end) for start, end in edges]
    left = asked._replace(countries=None, first=None, last=None)

    def parts() -> Sequence[Columns]:
        return [filtered(rows, left, wanted, which) for which in slices if which.start < which.stop]

    count = sum(which.stop - which.start for which in slices)
    return Look(count, count // ROWS_IN_ORDER + ROWS_PER_SLICE * len(slices), parts)


def _days(days: Array, asked: Asked, start: int, end: int) -> slice:
    """Return the part from *start* to *end*, which lies in the order of its days, that is in the days asked for."""
    first = start if asked.first is None else start + position(days[start:end], asked.first)
    last = end if asked.last is None else start + position(days[start:end], asked.last + 1)
    return slice(first, max(first, last))


def filtered(
    rows: Mapping[str, Array], asked: Asked, wanted: Sequence[str], which: Array | slice | None = None, time: str = "day"
) -> Columns:
    """Return the columns *wanted* of the rows that are *asked* for, of *which* rows if that is given."""
    if which is not None:
        rows = taken(rows, {*wanted, *asked.columns, *([time] if asked.spanned else [])}, which)
    holds: Array | None = None
    for name, numbers in (("song", asked.songs), ("country", asked.countries), ("platform", asked.platforms)):
        if numbers is not None:
            holds = _and(holds, among(rows[name], numbers))
    if asked.first is not None:
        holds = _and(holds, rows[time] >= asked.first)
    if asked.last is not None:
        holds = _and(holds, rows[time] <= asked.last)
    return taken(rows, wanted, slice(None) if holds is None else np.flatnonzero(holds))


def _and(holds: Array | None, more: Array) -> Array:
    return more if holds is None else holds & more
