"""Counts: the daily plays in memory, in arrays sorted by what is asked for; what came since they were sorted lies behind them.

What a reader was given never changes: a fold appends, and sorting makes new arrays. Each row says by which rate its plays earn, since
plays of one rate can be added up and priced afterwards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.allowance import Allowance
from tables.columns import Array, Columns, added_up, among, length, narrowed, ranges, taken

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
"""Songs that together have at most a sixteenth of all rows are looked up one by one."""


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

    @property
    def rows(self) -> Columns:
        """Each count once."""
        return self.orders[BY_SONG]

    def with_more(self, rows: Columns) -> "Sorted":
        """Return these and *rows* sorted together."""
        rows = narrowed(rows)  # or what is sorted would be widened to their types on the way
        orders = {order: narrowed(added_up([ordered, rows], order)) for order, ordered in self.orders.items()}
        counts = np.bincount(orders[BY_SONG]["song"])
        return Sorted(orders, np.concatenate([[0], np.cumsum(counts)]))


NOTHING = {name: np.zeros(0, kind) for name, kind in TYPES.items()}
UNCOUNTED = Sorted({order: taken(NOTHING, [*order, "plays"], slice(0)) for order in ORDERS}, np.zeros(1, "i8"))


Look = Callable[[], Sequence[Columns]]
"""Finds what is asked for; put off until it is known how many rows are to be looked at."""


class Counts:
    """The daily counts as of one moment."""

    def __init__(self, levels: Sequence[Sorted], unsorted: Columns) -> None:
        """Be what the *levels* hold, and the *unsorted* rows that came since; a count may be in several, and is their sum."""
        self._levels, self._unsorted = levels, unsorted

    def read(self, asked: Asked, columns: Iterable[str], allowance: Allowance) -> Read:
        """Return the counts that are *asked* for, with *columns* and `plays`: not added up, in several parts.

        Raises:
            BeyondAllowance: more rows than the *allowance* is for would have to be looked at; none was.
        """
        wanted = [*columns, "plays"]
        dated = asked.first is not None or asked.last is not None
        needed = {*wanted, *asked.columns, *(["day"] if dated else [])} - {"plays", "rate"}
        looks = [_of_level(level, asked, needed, wanted) for level in self._levels]
        rows = sum(looked_at for looked_at, _ in looks) + length(self._unsorted)
        allowance.take(rows)
        parts = [*(part for _, look in looks for part in look()), kept(self._unsorted, asked, wanted)]
        return Read(parts, rows, rows * sum(self._unsorted[name].itemsize for name in {*wanted, *needed}))


def _of_level(level: Sorted, asked: Asked, needed: set[str], wanted: Sequence[str]) -> tuple[int, Look]:
    """Return how many rows of *level* are to be looked at, and how: in ranges, or in the smallest order that can tell."""
    whole_keys = not needed <= set(BY_COUNTRY)
    if asked.songs is not None:
        numbers = asked.songs[asked.songs < len(level.starts) - 1].astype("i8")
        starts, ends = level.starts[numbers], level.starts[numbers + 1]
        if (count := int((ends - starts).sum())) * FEW <= level.starts[-1] or whole_keys:
            return count, lambda: [kept(level.rows, asked._replace(songs=None), wanted, ranges(starts, ends))]
    elif whole_keys:
        return length(level.rows), lambda: [kept(level.rows, asked, wanted)]
    elif needed <= set(OF_PLACES):
        return _whole(level.orders[OF_PLACES], asked, wanted)
    if "country" not in needed:
        return _whole(level.orders[BY_DAY if "day" in needed else OF_SONGS], asked, wanted)
    if needed <= set(OF_COUNTRIES):
        return _of_countries(level.orders[OF_COUNTRIES], asked, wanted)
    return _of_countries(level.orders[BY_COUNTRY], asked, wanted)


def _whole(rows: Columns, asked: Asked, wanted: Sequence[str]) -> tuple[int, Look]:
    """Look at all *rows*, or at the days asked for where they lie in that order."""
    which = slice(0, length(rows))
    if "day" in rows:
        which = _days(rows["day"], asked, 0, length(rows))
        asked = asked._replace(first=None, last=None)
    return which.stop - which.start, lambda: [kept(rows, asked, wanted, which)]


def _of_countries(rows: Columns, asked: Asked, wanted: Sequence[str]) -> tuple[int, Look]:
    """Look at the countries and days asked for of *rows*, which lie in the order of these."""
    column = rows["country"]
    if asked.countries is None and ((asked.first is None and asked.last is None) or "day" not in rows):
        return _whole(rows, asked, wanted)
    most = int(column[-1]) if len(column) else -1
    countries = np.arange(most + 1) if asked.countries is None else asked.countries[asked.countries <= most]
    countries = countries.astype(column.dtype)  # a number of another type would have the whole column converted
    edges = zip(np.searchsorted(column, countries).tolist(), np.searchsorted(column, countries, "right").tolist(), strict=True)
    slices = [_days(rows["day"], asked, start, end) if "day" in rows else slice(start, end) for start, end in edges]
    left = asked._replace(countries=None, first=None, last=None)

    def look() -> Sequence[Columns]:
        return [kept(rows, left, wanted, which) for which in slices if which.start < which.stop]

    return sum(which.stop - which.start for which in slices), look


def _days(days: Array, asked: Asked, start: int, end: int) -> slice:
    """Return the part from *start* to *end*, which lies in the order of its days, that is in the days asked for."""
    first = start if asked.first is None else start + _place(days[start:end], asked.first)
    last = end if asked.last is None else start + _place(days[start:end], asked.last + 1)
    return slice(first, max(first, last))


def _place(days: Array, day: int) -> int:
    """Return where *day* would stand first; a number of another type than theirs would have all of *days* converted."""
    types = np.iinfo(days.dtype)
    if not types.min <= day <= types.max:
        return 0 if day < types.min else len(days)
    return int(np.searchsorted(days, days.dtype.type(day)))


def kept(rows: Mapping[str, Array], asked: Asked, wanted: Sequence[str], which: Array | slice | None = None, time: str = "day") -> Columns:
    """Return the columns *wanted* of the rows that are *asked* for, of *which* rows if that is given."""
    if which is not None:
        rows = taken(rows, {*wanted, *asked.columns, *([time] if asked.first is not None or asked.last is not None else [])}, which)
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
