"""Counts: the daily plays in memory: levels of sorted ones, and behind them those that came since, in any order.

What a reader was given never changes: a fold appends, and sorting makes new levels.
Each row says by which rate its plays earn, since plays of one rate can be added up and priced afterwards.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from tables.allowance import Allowance
from tables.columns import CELLS_ADDED_PER_ROW, DENSE_SHARE, Columns, Dense, Sums, length, narrowed_sums, summed
from tables.day_sums import DAY, of_days, without_day
from tables.kept_sums import KeptSums
from tables.levels import Asked, Look, Part_co, Read, Sorted, filtered, needed_for, of_level

FEWEST_TO_KEEP = 1 << 14
"""Sums for which so much is looked at are worth keeping."""
TIMES_TO_KEEP = 4
"""Looking at so many times of what is asked for is worth it to keep sums of all days."""
MOST_CELLS = 1 << 21
"""A table by day and song of more would leave little room for other sums."""


class Summed(NamedTuple):
    """What was added up, and how much was looked at for it."""

    sums: Sums
    rows: int
    bytes: int


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
        looks = [of_level(level, asked, wanted) for level in self._levels]
        rows = self._take(looks, allowance)
        return Read([*_parts(looks), filtered(self._unsorted, asked, wanted)], rows, rows * self._row_bytes(asked, wanted))

    def summed(self, asked: Asked, by: Sequence[str], allowance: Allowance) -> Summed:
        """Return the counts that are *asked* for, added up *by* some columns.

        Those of a level for which much of it is gone through are kept, most the second time; from then on they are looked at in its place.

        Raises:
            BeyondAllowance: more than the *allowance* is for would have to be looked at.
        """
        wanted = [*by, "plays"]
        looks = [_look_among_sums(level, asked, by, allowance) for level in self._levels]
        rows = self._take(looks, allowance)
        parts = [*_parts(looks), filtered(self._unsorted, asked, wanted)]
        return Summed(summed(parts, by, allowance), rows, rows * self._row_bytes(asked, wanted))

    def _take(self, looks: Sequence[Look[Sums]], allowance: Allowance) -> int:
        """Take what is to be looked at from the *allowance*; return how many rows that are."""
        allowance.take(sum(look.cost for look in looks) + length(self._unsorted))
        return sum(look.rows for look in looks) + length(self._unsorted)

    def _row_bytes(self, asked: Asked, wanted: Sequence[str]) -> int:
        return sum(self._unsorted[name].itemsize for name in needed_for(asked, wanted))


def _parts(looks: Sequence[Look[Part_co]]) -> Iterator[Part_co]:
    """Look, and yield what is found."""
    return (part for look in looks for part in look.parts())


class _Kept(NamedTuple):
    """Sums as they are kept: of what is asked for, or of more than that, and then by more."""

    asked: Asked
    by: Sequence[str]
    look: Look[Columns]
    """Of what they are made."""

    @property
    def key(self) -> Hashable:
        """What they are kept as."""
        countries, platforms = (None if some is None else tuple(some.tolist()) for some in (self.asked.countries, self.asked.platforms))
        return (*self.by, countries, platforms, self.asked.first, self.asked.last)

    def days(self, sums: Sums, asked: Asked) -> Sums:
        """Return what *sums* have of the days that are *asked* for."""
        return sums if self.asked is asked else of_days(sums, asked.first, asked.last)

    def added(self, sums: Sums, by: Sequence[str], allowance: Allowance) -> Sums:
        """Return *sums* by the columns *by*."""
        return without_day(sums, by, allowance) if DAY in self.by and DAY not in by else sums


def _look_among_sums(level: Sorted, asked: Asked, by: Sequence[str], allowance: Allowance) -> Look[Sums]:
    """Return how to find what is asked for among the sums of *level*; else how to look, and to keep what comes again."""
    asked = level.without_idle_bounds(asked)
    look = of_level(level, asked, [*by, "plays"])
    if asked.songs is not None or look.cost < FEWEST_TO_KEEP:  # some songs are many keys, of which few come again
        return look
    ways = list[_Kept]()
    for kept in _ways(level, asked, by, look):
        if (found := level.sums.find(kept.key)) is not None:
            return _look_in(kept, kept.days(found, asked), by, allowance)
        ways.append(kept)
    for kept in reversed(ways):
        at_once = kept.asked is asked and asked.last is None  # every page asks for days up to the newest; others are what somebody picked
        if kept.look.cost <= TIMES_TO_KEEP * look.cost and level.sums.to_keep(kept.key, at_once=at_once):
            return Look(kept.look.rows, kept.look.cost, partial(_made, level.sums, kept, asked, by, allowance))

    def noted() -> Sequence[Sums]:
        for kept in ways:
            level.sums.note(kept.key)
        return look.parts()

    return Look(look.rows, look.cost, noted)


def _look_in(kept: _Kept, some: Sums, by: Sequence[str], allowance: Allowance) -> Look[Sums]:
    return Look(_size(some), _cost(some), lambda: [kept.added(some, by, allowance)])


def _made(sums: KeptSums, kept: _Kept, asked: Asked, by: Sequence[str], allowance: Allowance) -> Sequence[Sums]:
    """Make the sums that are to be kept, keep them, and return what is *asked* for of them."""
    made = narrowed_sums(summed(kept.look.parts(), kept.by, allowance))
    sums.keep(kept.key, made, worth_it=_cost(made) < kept.look.cost)
    return [kept.added(kept.days(made, asked), by, allowance)]


def _ways(level: Sorted, asked: Asked, by: Sequence[str], look: Look[Columns]) -> Iterator[_Kept]:
    """Yield how sums may be kept: as they are *asked* for; and by day and song, for all that differ in their days alone.

    That is where they make a table of few more cells than rows are looked at for it. With several rates it would be several times as large.
    """
    yield _Kept(asked, by, look)
    if [*by] == [DAY, "song"] or ([*by] == ["song"] and asked.spanned):
        whole = of_level(level, asked.of_any_time, [DAY, "song", "plays"])
        if level.cells_by_day_and_song <= min(DENSE_SHARE * whole.rows, MOST_CELLS):
            yield _Kept(asked.of_any_time, [DAY, "song"], whole)


def _size(sums: Sums) -> int:
    return len(sums.plays) if isinstance(sums, Dense) else length(sums)


def _cost(sums: Sums) -> int:
    """Return what adding *sums* to others costs, in rows of an allowance."""
    return _size(sums) // CELLS_ADDED_PER_ROW if isinstance(sums, Dense) else _size(sums)
