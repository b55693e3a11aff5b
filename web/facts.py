"""Facts: the stored counts with their whole keys, in pages, for audit."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from tables.columns import Array, Columns, joined, length, sums, taken
from tables.memory import Snapshot
from web.selection import Selection, day_number, day_of

KEY = ("day", "song", "country", "platform", "kafka_partition", "credit")
NOTHING = {"day": np.zeros(0, "i4"), "song": np.zeros(0, "u4"), "place": np.zeros(0, "i8"), "counts": np.zeros(0, "?")}
MORE = 2
"""So many times the rows that are asked for are put in order: those of the key that a page begins after do not count."""
ROWS_PER_SONG, ROWS_PER_COUNT = 60, 16
"""Putting a song, and a count, in order takes as long as looking at so many counts."""

Row = tuple[Any, ...]


class Key(NamedTuple):
    """What a stored count stands under, in the order of the `facts` and of its columns."""

    date: date
    song_id: str
    country: str
    source: str
    partition: int
    artists: str


BEFORE_ALL = Key(date.min, "", "", "", -1, "")


def page(selection: Selection, days: tuple[date | None, date | None], after: Key, limit: int) -> list[Row]:
    """Return the stored counts after a given one that are left of *selection* in *days*, at most *limit*, in the order of their names.

    Names and not numbers order them, so that an auditor can tell which a page must hold.
    """
    begun = _begin(selection.of_days(max(after.date, days[0] or date.min), days[1]), after, limit)
    named = _Named(begun.selection.of(songs=begun.songs).daily(list(KEY)), selection.snapshot)
    first = bisect_right(range(len(named)), after, key=named.key)
    end = len(named) if begun.end is None else bisect_right(range(len(named)), begun.end, key=lambda place: named.key(place)[:2])
    return named.rows(first, min(first + limit, end))


class _Named:
    """Stored counts in the order of their names, of which only those that are looked at are named: most are not of the page."""

    def __init__(self, rows: Columns, snapshot: Snapshot) -> None:
        """Put *rows*, which have numbers of *snapshot*, in order."""
        snapshot.allowance.take(ROWS_PER_COUNT * length(rows))
        self._names: dict[str, Callable[[int], Any]] = {
            "day": day_of,
            "song": snapshot.songs.ids.of.__getitem__,
            "country": snapshot.countries.names.__getitem__,
            "platform": snapshot.platforms.names.__getitem__,
            "kafka_partition": int,
            "credit": snapshot.credits.names.__getitem__,
        }
        self._rows = taken(rows, rows, np.lexsort([_places(rows[column], self._names[column]) for column in reversed(KEY)]))

    def __len__(self) -> int:
        """How many there are."""
        return length(self._rows)

    def key(self, place: int) -> Key:
        """Return what the one at *place* stands under."""
        return Key(*(name(int(self._rows[column][place])) for column, name in self._names.items()))

    def rows(self, first: int, end: int) -> list[Row]:
        """Return those from *first* to before *end*, with their plays."""
        some = {column: numbers[first:end].tolist() for column, numbers in self._rows.items()}
        return list(zip(*(map(name, some[column]) for column, name in self._names.items()), some["plays"], strict=True))


def _places(numbers: Array, name: Callable[[int], Any]) -> Array:
    """Return numbers that order *numbers* by their names."""
    some, which = np.unique(numbers, return_inverse=True)
    places = np.empty(len(some), "i8")
    places[sorted(range(len(some)), key=[name(number) for number in some.tolist()].__getitem__)] = np.arange(len(some))
    ordered: Array = places[which]
    return ordered


class _Begun(NamedTuple):
    """What leaves a page of the facts, and not much more than it."""

    selection: Selection
    songs: Array
    end: tuple[date, str] | None
    """The day and the song by which it is full."""


def _begin(selection: Selection, after: Key, limit: int) -> _Begun:
    """Return what a page reads: its days and songs, and by which song of its last day it is full.

    It goes through the days in ever longer steps until there are facts enough. Of each song, day and service there is one at least, and of
    filtered songs the countries are counted too; but those of the key that the page begins after may all stand before it.
    """
    songs, asked = selection.snapshot.songs, selection.asked
    if not songs.ids.ordered(len(songs)):
        selection.snapshot.allowance.take(ROWS_PER_SONG * len(songs))
    order = songs.ids.order(len(songs))
    begin_day, begin = day_number(after.date), bisect_left(order.ids, after.song_id)
    begun_at = begin if order.ids[begin : begin + 1] == [after.song_id] else -1
    columns = ["day", "song", "platform"] if asked.songs is None else ["day", "song", "platform", "country"]
    days, step, parts, found = selection.daily(["day"])["day"].tolist(), 1, [NOTHING], 0
    while days and found < limit:
        rows = selection.of_days(day_of(days[0]), day_of(days[min(step, len(days)) - 1])).daily(columns)
        rows["place"] = order.places[rows["song"]]
        rows["counts"] = (rows["day"] != begin_day) | (rows["place"] != begun_at)
        parts.append(taken(rows, NOTHING, (rows["day"] != begin_day) | (rows["place"] >= begin)))
        found += int(parts[-1]["counts"].sum())
        days, step = days[step:], 2 * step
    rows = joined(parts, NOTHING)
    if found < limit:
        return _Begun(selection, np.unique(rows["song"]), None)
    rows = taken(rows, rows, _first_of(rows, limit))
    rows = taken(rows, rows, np.lexsort((rows["place"], rows["day"])))
    full = int(np.searchsorted(np.cumsum(rows["counts"]), limit))
    last, end = day_of(int(rows["day"][full])), order.ids[rows["place"][full]]
    return _Begun(selection.of_days(day_of(int(rows["day"][0])), last), np.unique(rows["song"][: full + 1]), (last, end))


def _first_of(rows: Columns, limit: int) -> Array:
    """Return rows of which the first *limit* that count are some, in the order of days and places: it is faster to put fewer in order."""
    first_day = int(rows["day"].min())
    counted = np.cumsum(sums(rows["day"] - first_day, rows["counts"], int(rows["day"].max()) - first_day + 1))
    full = int(np.searchsorted(counted, limit))
    left = limit - (int(counted[full - 1]) if full else 0)
    before, of_day = np.flatnonzero(rows["day"] < first_day + full), np.flatnonzero(rows["day"] == first_day + full)
    if len(of_day) > MORE * left:
        places = rows["place"][of_day]
        near = of_day[places <= np.partition(places, MORE * left)[MORE * left]]
        of_day = near if rows["counts"][near].sum() >= left else of_day
    return np.concatenate([before, of_day])
