"""Selection: the plays that a question is about, and what whoever asks gets of their income."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np

from tables.columns import Array, Columns, Sums, added_up, as_rows, groups, length, summed, sums
from tables.counts import Summed
from tables.levels import Asked, Read
from tables.memory import Snapshot
from tables.prices import EPOCH_DAY
from web.filters import ARTIST, DIMENSIONS

SHARE = "share"
"""The column that says which of `Shares.each` plays earn. An artist's are added up by it and not by song where none is shown."""
ROWS_PER_PRICED = 50
"""Pricing a sum takes as long as looking at so many rows."""


def day_number(day: date) -> int:
    """Return *day* as counts have it."""
    return day.toordinal() - EPOCH_DAY


@lru_cache(maxsize=20_000)
def day_of(number: int) -> date:
    """Return the day of a count."""
    return date.fromordinal(number + EPOCH_DAY)


class Share(NamedTuple):
    """What is asked for of a song's income."""

    credited: int
    """So many of its artists get it;"""
    sharing: int
    """so many share it."""


class Shares(NamedTuple):
    """The artists that a question is about: only their part of a song's income is asked for."""

    artists: Array
    """Their numbers."""
    each: Sequence[Share]
    """Every share that they have of a song, once: a handful."""
    of_song: Array
    """Which of these it is, by the song's number, up to their last song; no other song is asked for."""


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
        songs = self.snapshot.songs
        artists = songs.names["artist"].alike(names)
        theirs, credited = songs.of_artists(artists)
        sharing = songs.columns["artist_count"][theirs].astype("i8")
        beyond = int(sharing.max(initial=0)) + 1
        shares, numbers = np.unique(credited * beyond + sharing, return_inverse=True)
        of_song = np.zeros(int(theirs[-1]) + 1 if len(theirs) else 0, "u4")
        of_song[theirs] = numbers
        return Shares(artists, [Share(*divmod(share, beyond)) for share in shares.tolist()], of_song)

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

    def summed(self, columns: Sequence[str], *, earning: bool = False) -> Sums:
        """Return what `daily` does, as a table where it was added up in one."""
        by, allowance = self._by(columns, earning=earning), self.snapshot.allowance
        if SHARE in by:  # which no count has
            return summed(self._with_shares(self.snapshot.daily.read(self.asked, _with_song(by), allowance), by), by, allowance)
        found = self.snapshot.daily.summed(self.asked, by, allowance)
        self._note(found)
        return found.sums

    def apart(self, columns: Sequence[str], others: Sequence[str]) -> tuple[Columns, Columns]:
        """Return the plays of days added up by *columns* and what decides what they earn, and added up by *others*."""
        if self.asked.songs is None:
            return self.daily(columns, earning=True), self.daily(others)
        by, allowance = self._by(columns, earning=True), self.snapshot.allowance
        every = list(dict.fromkeys([*by, *others]))  # of some songs each count is looked up once
        parts = self._with_shares(self.snapshot.daily.read(self.asked, _with_song(every), allowance), every)
        return added_up(parts, by, allowance), added_up(parts, others, allowance)

    def parts(self, columns: Sequence[str]) -> Sequence[Columns]:
        """Return the plays of days with *columns*, not added up, in several parts."""
        read = self.snapshot.daily.read(self.asked, columns, self.snapshot.allowance)
        self._note(read)
        return read.parts

    def seconds(self, columns: Sequence[str], first: int, last: int) -> Columns:
        """Return the plays of the seconds from *first* to *last* since 1970, added up by *columns* and what decides what they earn."""
        by, allowance = self._by(columns, earning=True), self.snapshot.allowance
        read = self.snapshot.seconds.read(self.asked._replace(first=first, last=last), _with_song(by), allowance)
        return added_up(self._with_shares(read, by), by, allowance)

    def earned(self, rows: Columns, group: Array, count: int, *, each: bool = False) -> list[int]:
        """Return what *rows* earn in each of *count* groups, of which *group* tells the one of each row; *each*: what one artist gets.

        In whole numbers of 10^-19 of the currency.
        """
        if not length(rows):
            return [0] * count
        share, shares = self._shares_of(rows, each=each)
        decisive = {"group": group, "rate": rows.get("rate"), SHARE: share}
        keys = {name: numbers for name, numbers in decisive.items() if numbers is not None}
        allowance = self.snapshot.allowance
        some, alike = groups(keys, allowance)
        allowance.take(ROWS_PER_PRICED * len(some))
        plays, zeros = sums(alike, rows["plays"], len(some)), np.zeros(len(group), "u4")  # of the only rate, or share
        columns = (keys.get(name, zeros)[some].tolist() for name in decisive)
        earned = [0] * count
        for played, place, rate, number in zip(plays.tolist(), *columns, strict=True):
            credited, sharing = shares[number]
            earned[place] += played * self.snapshot.units[rate] * credited // sharing
        return earned

    def _shares_of(self, rows: Columns, *, each: bool) -> tuple[Array | None, Sequence[Share]]:
        """Return what is asked for of the income of each of *rows*, as a number among some shares; None: the first of these."""
        if each:
            sharing = self.snapshot.songs.columns["artist_count"][rows["song"]]
            return sharing, [Share(1, number) for number in range(int(sharing.max()) + 1)]
        if self.shares is None:
            return None, (Share(1, 1),)
        return rows[SHARE] if SHARE in rows else self.shares.of_song[rows["song"]], self.shares.each

    def _by(self, columns: Sequence[str], *, earning: bool) -> list[str]:
        shared = [SHARE] if earning and self.shares is not None and "song" not in columns else []
        rated = ["rate"] if earning and len(self.snapshot.units) > 1 else []
        # The country first, as in BY_COUNTRY and OF_COUNTRIES, the largest orders that are added up whole.
        return sorted(dict.fromkeys([*columns, *shared, *rated]), key=lambda name: name != "country")

    def _with_shares(self, read: Read, by: Sequence[str]) -> Sequence[Columns]:
        """Return the columns *by*, which may have SHARE among them, and `plays` of what was *read*."""
        self._note(read)
        if SHARE not in by or self.shares is None:
            return read.parts
        numbers = self.shares.of_song
        return [{**{name: rows[name] for name in (*by, "plays") if name != SHARE}, SHARE: numbers[rows["song"]]} for rows in read.parts]

    def _note(self, looked_at: Read | Summed) -> None:
        self.looked.rows += looked_at.rows
        self.looked.bytes += looked_at.bytes


def _with_song(by: Sequence[str]) -> list[str]:
    """Return *by* as counts can be read: with the song in place of SHARE."""
    return ["song" if name == SHARE else name for name in by]
