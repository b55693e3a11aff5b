"""Selection: the plays that a question is about, and what whoever asks gets of their income."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np

from tables.columns import Array, Columns, Dense, added_up, as_rows, groups, length, sums
from tables.counts import Asked, Read, Summed
from tables.memory import Snapshot
from tables.prices import EPOCH_DAY
from web.filters import ARTIST, DIMENSIONS

ROWS_PER_PRICED = 50
"""Pricing a sum takes as long as looking at so many rows."""


def day_number(day: date) -> int:
    """Return *day* as counts have it."""
    return day.toordinal() - EPOCH_DAY


@lru_cache(maxsize=20_000)
def day_of(number: int) -> date:
    """Return the day of a count."""
    return date.fromordinal(number + EPOCH_DAY)


class Shares(NamedTuple):
    """The artists that a question is about: only their part of a song's income is asked for."""

    artists: Array
    """Their numbers."""
    songs: Array
    """Their songs, ascending."""
    credited: Array
    """How many of the artists each of the songs has."""


@dataclass
class Looked:
    """How much was looked at for an answer; every selection that is narrowed of another adds to the same."""

    rows: int = 0
    bytes: int = 0


class Selection:
    """What filters leave of the plays in a snapshot."""

    def __init__(self, snapshot: Snapshot, filters: Mapping[str, Any]) -> None:
        """Resolve *filters*: of each parameter of DIMENSIONS its values, or None."""
        self.snapshot, self.looked = snapshot, Looked()
        found: dict[str, Array | None] = {"song": None, "country": None, "platform": None}
        for item in DIMENSIONS:
            if (values := filters.get(item.parameter.name)) is not None:
                numbers, before = item.numbers(snapshot, values), found[item.column]
                found[item.column] = numbers if before is None else np.intersect1d(before, numbers, assume_unique=True)
        self.asked = Asked(found["song"], found["country"], found["platform"])
        names = filters.get(ARTIST.parameter.name)
        self.shares = None if names is None else self._shares(names)

    def _shares(self, names: Sequence[str]) -> Shares:
        artists = self.snapshot.songs.names["artist"].alike(names)
        return Shares(artists, *self.snapshot.songs.of_artists(artists))

    def of_days(self, first: date | None, last: date | None) -> Self:
        """Return what is left of it in the days from *first* to *last*, whatever days it had."""
        return self._with(first=first and day_number(first), last=last and day_number(last))

    def of(self, **numbers: Array) -> Self:
        """Return what is left of it of some songs, countries or platforms: by the field of `Asked` their *numbers*, ascending."""
        asked = self.asked._asdict()
        left = {name: (asked[name], some) for name, some in numbers.items()}
        return self._with(
            **{name: some if had is None else np.intersect1d(had, some, assume_unique=True) for name, (had, some) in left.items()}
        )

    def _with(self, **asked: Any) -> Self:
        other = copy(self)
        other.asked = self.asked._replace(**asked)
        return other

    def daily(self, columns: Sequence[str], *, earning: bool = False) -> Columns:
        """Return the plays of days, added up by *columns* and, if it is asked what they are *earning*, by what decides it."""
        return as_rows(self.summed(columns, earning=earning), self.snapshot.allowance)

    def summed(self, columns: Sequence[str], *, earning: bool = False) -> Dense | Columns:
        """Return the same in the form in which it was added up."""
        found = self.snapshot.daily.summed(self.asked, self._by(columns, earning=earning), self.snapshot.allowance)
        self._note(found)
        return found.sums

    def parts(self, columns: Sequence[str]) -> Sequence[Columns]:
        """Return the plays of days with *columns*, not added up, in several parts."""
        read = self.snapshot.daily.read(self.asked, columns, self.snapshot.allowance)
        self._note(read)
        return read.parts

    def seconds(self, columns: Sequence[str], first: int, last: int) -> Columns:
        """Return the plays of the seconds from *first* to *last* since 1970, added up by *columns* and what decides what they earn."""
        by = self._by(columns, earning=True)
        asked = self.asked._replace(first=first, last=last)
        read = self.snapshot.seconds.read(asked, by, self.snapshot.allowance)
        self._note(read)
        return added_up(read.parts, by, self.snapshot.allowance)

    def earned(self, rows: Columns, group: Array, count: int, *, each: bool = False) -> list[int]:
        """Return what *rows* earn in each of *count* groups, of which *group* tells the one of each row; *each*: what one artist gets.

        In whole numbers of 10^-19 of the currency.
        """
        if not length(rows):
            return [0] * count
        rate = rows.get("rate", np.zeros(length(rows), "u4"))
        credited, sharing = self._parts(rows, each=each)
        allowance = self.snapshot.allowance
        some, alike = groups({"group": group, "rate": rate, "credited": credited, "sharing": sharing}, allowance)
        allowance.take(ROWS_PER_PRICED * len(some))
        plays = sums(alike, rows["plays"], len(some))
        columns = (column.tolist() for column in (group[some], plays, rate[some], credited[some], sharing[some]))
        earned = [0] * count
        for place, played, price, part, whole in zip(*columns, strict=True):
            earned[place] += played * self.snapshot.units[price] * part // whole
        return earned

    def _parts(self, rows: Columns, *, each: bool) -> tuple[Array, Array]:
        """Return for how many of the artists of each of *rows* its income is asked, and how many share it."""
        one = np.ones(length(rows), "u2")
        if not each and self.shares is None:
            return one, one
        sharing = self.snapshot.songs.columns["artist_count"][rows["song"]]
        if each or self.shares is None:
            return one, sharing
        return self.shares.credited[np.searchsorted(self.shares.songs, rows["song"])], sharing

    def _by(self, columns: Sequence[str], *, earning: bool) -> list[str]:
        shared = ["song"] if earning and self.shares is not None else []
        rated = ["rate"] if earning and len(self.snapshot.units) > 1 else []
        # The country first, as in BY_COUNTRY and OF_COUNTRIES, the largest orders that are added up whole.
        return sorted(dict.fromkeys([*columns, *shared, *rated]), key=lambda name: name != "country")

    def _note(self, looked_at: Read | Summed) -> None:
        self.looked.rows += looked_at.rows
        self.looked.bytes += looked_at.bytes
