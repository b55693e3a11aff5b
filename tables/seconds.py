"""Seconds: the plays of the last minutes in memory, by the second in which they happened, in blocks as they came.

They come nearly in order, so that few blocks have plays of a given second. What a reader was given never changes.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tables.allowance import Allowance
from tables.columns import Array, Columns, Growing, added_up, length, narrowed, ranges, taken
from tables.levels import Asked, Read, filtered

TYPES = {"song": "u4", "second": "i8", "country": "u2", "platform": "u4", "rate": "u4", "plays": "i8"}
"""Columns as those of a daily count; `second` is in seconds since 1970."""
BY_SONG = ("song", "second", "country", "platform", "rate")
OF_PLACES = ("second", "country", "platform", "rate")
BLOCK_ROWS = 1 << 17
"""Half a minute of 5,000 plays a second: few blocks for a question, and few rows that none asks for."""
PARTS = 4
"""A block is put in order part by part; until all are there, each is a block of its own, so that few rows lie in no order."""
PART_ROWS = BLOCK_ROWS // PARTS
FORGET_SECONDS = 10
"""How often blocks are looked through for old ones."""


class Block(NamedTuple):
    """Some rows, and the span of their seconds."""

    rows: Columns
    first: int
    last: int
    places: Columns | None = None
    """The same without songs, added up; then `rows` are in the order of BY_SONG. None: it grows still."""

    def read(self, asked: Asked, wanted: Sequence[str], allowance: Allowance) -> tuple[Columns, int]:
        """Return the columns *wanted* of the rows that are *asked* for, and how many were looked at, if the *allowance* is for so many."""
        rows: Columns = self.rows
        if self.places is not None and asked.songs is None and "song" not in wanted:
            rows = self.places
        elif self.places is not None and asked.songs is not None:
            which = self._of_songs(asked.songs)
            allowance.take(len(which))
            return filtered(rows, asked._replace(songs=None), wanted, which, time="second"), len(which)
        allowance.take(length(rows))
        return filtered(rows, asked, wanted, time="second"), length(rows)

    def _of_songs(self, songs: Array) -> Array:
        column = self.rows["song"]
        known = songs[songs <= int(column[-1])].astype(column.dtype)
        return ranges(np.searchsorted(column, known), np.searchsorted(column, known, "right"))


class Seconds:
    """The plays of the last minutes as of one moment."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Be what *blocks* hold."""
        self._blocks = blocks

    def read(self, asked: Asked, columns: Iterable[str], allowance: Allowance) -> Read:
        """Return the rows that are *asked* for, from its first second to its last, with *columns* and `plays`, not added up.

        Raises:
            BeyondAllowance: they lie among more rows than the *allowance* is for.
        """
        wanted = [*columns, "plays"]
        assert asked.first is not None
        assert asked.last is not None
        parts, rows = [], 0
        for block in self._blocks:
            if block.first <= asked.last and block.last >= asked.first:
                part, looked_at = block.read(asked, wanted, allowance)
                parts.append(part)
                rows += looked_at
        size = sum(np.dtype(TYPES[name]).itemsize for name in {*wanted, *asked.columns, "second"})
        return Read(parts, rows, rows * size)


class GrowingSeconds:
    """The plays of the last minutes up to the newest fold."""

    def __init__(self) -> None:
        """Begin with none."""
        self._full: list[Block] = []
        self._parts: list[Block] = []
        """Of the next full one: too few for any to be forgotten before that."""
        self._growing = _GrowingBlock()
        self._forgotten = 0

    def add(self, rows: Columns) -> None:
        """Add the plays of *rows*, which come best in the order of their seconds."""
        for start in range(0, length(rows), PART_ROWS):
            self._growing.add(taken(rows, TYPES, slice(start, start + PART_ROWS)))
            if self._growing.rows >= PART_ROWS:
                self._parts.append(_ordered([self._growing.now()]))
                self._growing = _GrowingBlock()
            if len(self._parts) == PARTS:
                self._full.append(_ordered(self._parts))
                self._parts = []

    def forget_before(self, second: int) -> None:
        """Let go of full blocks that are mostly older than *second*; what they have from then on, by clocks that run ahead, is kept."""
        if second < self._forgotten + FORGET_SECONDS:
            return
        self._forgotten, full, self._full = second, self._full, []
        for block in full:
            later = block.rows["second"] >= second if block.first < second else None
            if later is None or 2 * np.count_nonzero(later) > length(block.rows):
                self._full.append(block)
            else:
                self.add(taken(block.rows, TYPES, later))

    def now(self) -> Seconds:
        """Return the plays as they are now."""
        return Seconds([*self._full, *self._parts, self._growing.now()])


def _ordered(blocks: Sequence[Block]) -> Block:
    """Return *blocks* as one, in order."""
    rows = added_up([block.rows for block in blocks], BY_SONG)
    first, last = min(block.first for block in blocks), max(block.last for block in blocks)
    return Block(narrowed(rows), first, last, narrowed(added_up([rows], OF_PLACES)))


class _GrowingBlock:
    def __init__(self) -> None:
        self._columns = {name: Growing(kind) for name, kind in TYPES.items()}
        self._first, self._last = 1 << 62, -1 << 62

    @property
    def rows(self) -> int:
        return len(self._columns["second"].seen)

    def add(self, rows: Columns) -> None:
        for name, column in self._columns.items():
            column.extend(rows[name])
        self._first, self._last = min(self._first, int(rows["second"].min())), max(self._last, int(rows["second"].max()))

    def now(self) -> Block:
        return Block({name: column.seen for name, column in self._columns.items()}, self._first, self._last)
