"""Facts: the stored counts with their whole keys, in pages, for audit."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from tables.columns import Array, Columns, joined, length, taken
from tables.counted_songs import Order
from tables.memory import Snapshot
from web.selection import Selection, day_number, day_of

KEY = ("day", "song", "country", "platform", "kafka_partition", "credit")
NOTHING = {"day": np.zeros(0, "i4"), "song": np.zeros(0, "u4"), "rank": np.zeros(0, "i8")}
ROWS_PER_SONG, ROWS_PER_ORDERED = 60, 16
"""Putting a song in order takes as long as looking at so many counts; so many, putting a count in order by its names."""

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
    ordered = _Ordered(begun.selection.of(songs=begun.songs).daily(list(KEY)), selection.snapshot)
    first = bisect_right(range(len(ordered)), after, key=ordered.key)
    end = len(ordered) if begun.end is None else bisect_right(range(len(ordered)), begun.end, key=lambda index: ordered.key(index)[:2])
    return ordered.rows(first, min(first + limit, end))


class _Ordered:
    """Stored counts in the order of their names, of which none is named before it is looked at: that takes longer than ordering them."""

    def __init__(self, rows: Columns, snapshot: Snapshot) -> None:
        """Put *rows*, which have numbers of *snapshot*, in order."""
        snapshot.allowance.take(ROWS_PER_ORDERED * length(rows))
        self._name: dict[str, Callable[[int], Any]] = {
            "day": day_of,
            "song": snapshot.songs.ids.of.__getitem__,
            "country": snapshot.countries.names.__getitem__,
            "platform": snapshot.platforms.names.__getitem__,
            "kafka_partition": int,
            "credit": snapshot.credits.names.__getitem__,
        }
        ranks = {
            **{column: rows[column] for column in ("day", "kafka_partition")},
            "song": _order(snapshot).places[rows["song"]],
            **{column: _ranks(rows[column], self._name[column]) for column in ("country", "platform", "credit")},
        }
        self._rows = taken(rows, rows, np.lexsort([ranks[column] for column in reversed(KEY)]))

    def __len__(self) -> int:
        """How many there are."""
        return length(self._rows)

    def key(self, index: int) -> Key:
        """Return what one stands under."""
        return Key(*(self._name[column](int(self._rows[column][index])) for column in KEY))

    def rows(self, first: int, end: int) -> list[Row]:
        """Return those from *first* to before *end*, with their plays."""
        some = {column: numbers[first:end].tolist() for column, numbers in self._rows.items()}
        return list(zip(*(map(self._name[column], some[column]) for column in KEY), some["plays"], strict=True))


def _ranks(numbers: Array, name: Callable[[int], str]) -> Array:
    """Return for each of *numbers* the rank of its name among theirs."""
    some, which = np.unique(numbers, return_inverse=True)
    names = [name(number) for number in some.tolist()]
    ranks = np.empty(len(names), "i8")
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    found: Array = ranks[which]
    return found


def _order(snapshot: Snapshot) -> Order:
    """Return the order of all songs, which may have to be made."""
    count = len(snapshot.songs)
    if not snapshot.songs.ids.ordered(count):
        snapshot.allowance.take(ROWS_PER_SONG * count)
    return snapshot.songs.ids.order(count)


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
    order, asked = _order(selection.snapshot), selection.asked
    begin_day, begin = day_number(after.date), bisect_left(order.ids, after.song_id)
    begun_at = begin if order.ids[begin : begin + 1] == [after.song_id] else -1
    columns = ["day", "song", "platform"] if asked.songs is None else ["day", "song", "platform", "country"]
    days, gone, parts, found = selection.daily(["day"])["day"].tolist(), 0, [NOTHING], 0
    while gone < len(days) and found < limit:
        step = days[gone : max(1, 2 * gone)]
        rows = selection.of_days(day_of(step[0]), day_of(step[-1])).daily(columns)
        rows["rank"] = order.places[rows["song"]]
        parts.append(taken(rows, NOTHING, (rows["day"] != begin_day) | (rows["rank"] >= begin)))
        found += int(np.count_nonzero((parts[-1]["day"] != begin_day) | (parts[-1]["rank"] != begun_at)))
        gone += len(step)
    rows = joined(parts, NOTHING)
    if found < limit:
        return _Begun(selection, np.unique(rows["song"]), None)
    # The rows that do not count come first of all, and the page is full at the limit of the others.
    keys = rows["day"].astype("i8") * len(order.ids) + rows["rank"]
    index = length(rows) - found + limit - 1
    full = int(np.partition(keys, index)[index])
    last, rank = divmod(full, len(order.ids))
    end = day_of(last), order.ids[rank]
    return _Begun(selection.of_days(day_of(int(rows["day"].min())), end[0]), np.unique(rows["song"][keys <= full]), end)
