"""Columns: relations as arrays of one length, added up by some of their columns. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np

from tables.allowance import UNBOUNDED, Allowance

Array = np.ndarray[Any, np.dtype[Any]]
Columns = dict[str, Array]
"""A relation: arrays of one length, by column."""
DENSE_LEAST = 1 << 12
"""A table of so many cells is cheaper to add up in than any rows are to sort;"""
DENSE_SHARE, TABLE_SHARE = 4, 2
"""and so is one of so many for each row, and for each cell of the tables that are added to it."""
CELLS_PER_ROW, CELLS_ADDED_PER_ROW = 4, 16
"""So many cells of a table are gone through, or added to those of another, as fast as a row is looked at."""
SORTED_ROWS = 4
"""Sorting a row takes as long as adding up so many."""
CODE_MOST = (1 << 63) - 1
"""What an array of integers holds."""
FEW_NUMBERS = 5
"""So many are looked for one by one as fast as in a table."""
PIECE_ROWS = 1 << 16
"""Half a megabyte for each array that is made of them: some of these stay in a processor's cache."""


def taken(columns: Mapping[str, Array], names: Iterable[str], which: Array | slice) -> Columns:
    """Return *which* rows of the columns *names*."""
    return {name: columns[name][which] for name in names}


def joined(parts: Sequence[Mapping[str, Array]], names: Iterable[str]) -> Columns:
    """Return the rows of all *parts*, one after the other, with the columns *names*."""
    return {name: parts[0][name] if len(parts) == 1 else np.concatenate([part[name] for part in parts]) for name in names}


def length(columns: Mapping[str, Array]) -> int:
    """Return how many rows there are."""
    return len(next(iter(columns.values())))


def among(column: Array, numbers: Array) -> Array:
    """Return which values of *column*, none negative, are among *numbers*."""
    if 0 < len(numbers) <= FEW_NUMBERS:
        first, *others = numbers.tolist()  # which are of any type, where numbers of numpy would have the column converted
        holds: Array = column == first
        for number in others:
            holds |= column == number
        return holds
    known = np.zeros(int(column.max()) + 1 if len(column) else 0, "?")
    known[numbers[numbers < len(known)]] = True
    return known.take(column, mode="clip")  # none is out of bounds: an index, which looks for these, takes more than twice as long


def not_zero(column: Array) -> Array:
    """Return the indexes of the numbers that are not 0: of truth values they are found in a third of the time, or less."""
    return np.flatnonzero(column != 0)


def sums(places: Array, plays: Array, count: int) -> Array:
    """Return for each of *count* places the sum of the *plays* whose place it is; see `add_to`."""
    into = np.zeros(count, "i8")
    add_to(into, places, plays)
    return into


def add_to(into: Array, places: Array, plays: Array) -> None:
    """Add each of *plays* to *into* at its place, one of *places*: none is below 0, and no sum is beyond the type of *into*."""
    for start in range(0, len(places), PIECE_ROWS):  # numpy holds Python's lock for each piece, some 0.1 ms
        piece = slice(start, start + PIECE_ROWS)
        # The types are those that numpy adds up without converting one by one, which takes it ten times as long.
        np.add.at(into, places[piece].astype("i8", copy=False), plays[piece].astype(into.dtype, copy=False))


def united(sets: Array, numbers: Array, places: Array, count: int) -> Array:
    """Return for each of *count* places the union of those *sets* of bits whose number, one of *numbers*, has that place.

    *places* are as many as *numbers*, and may go further than *count*.
    """
    some = np.flatnonzero(among(numbers, np.flatnonzero(sets)))
    some = some[places[some] < count]
    into = np.zeros(count, sets.dtype)
    np.bitwise_or.at(into, places[some].astype("i8", copy=False), sets[numbers[some]])
    return into


class Code(NamedTuple):
    """How rows get numbers, which order them as some columns do, the first of them first."""

    spans: Mapping[str, tuple[int, int]]
    """Of each column the least value and how many values there may be from it on."""
    width: int
    """How many numbers there may be, from 0 on."""

    @property
    def widths(self) -> list[int]:
        """How many values there may be of each column."""
        return [width for _, width in self.spans.values()]

    def numbers(self, rows: Mapping[str, Array]) -> Array:
        """Return the numbers of *rows*; there is none for those of a *width* beyond CODE_MOST."""
        numbers = np.zeros(length(rows), "i8")
        for place, (name, (least, width)) in enumerate(self.spans.items()):
            if place:
                numbers *= width
            numbers += rows[name]
            if least:
                numbers -= least
        return numbers

    def values(self, numbers: Array) -> Columns:
        """Return the columns behind *numbers*."""
        columns = {}
        for name, (least, width) in reversed([*self.spans.items()]):
            above = numbers // width  # np.divmod is slower for a scalar
            columns[name] = numbers - above * width + least
            numbers = above
        return {name: columns[name] for name in self.spans}


def code_of(parts: Sequence[Mapping[str, Array]], by: Iterable[str], tables: Sequence["Dense"] = ()) -> Code:
    """Return how the rows of *parts*, none of which is empty, and what *tables* may have get numbers by the columns *by*."""
    spans = {}
    for name in by:
        ends = [(int(part[name].min()), int(part[name].max()) + 1) for part in parts]
        ends += [(least, least + width) for least, width in (table.code.spans[name] for table in tables)]
        least = min(first for first, _ in ends)
        spans[name] = least, max(end for _, end in ends) - least
    return Code(spans, prod(width for _, width in spans.values()))


def _numbers(parts: Sequence[Mapping[str, Array]], by: Iterable[str], code: Code) -> Array:
    """Return numbers for all rows, one part after the other, that order them as the columns *by* do."""
    if code.width > CODE_MOST:
        return _ranked(parts, by)
    return np.concatenate([code.numbers(part) for part in parts])


def _ranked(parts: Sequence[Mapping[str, Array]], by: Iterable[str]) -> Array:
    """Return numbers for all rows where the values lie so far apart that their places among all of them must stand for them."""
    numbers = np.zeros(sum(map(length, parts)), "i8")
    for name in by:
        ranks, values = (np.unique(column, return_inverse=True)[1] for column in (numbers, np.concatenate([part[name] for part in parts])))
        numbers = ranks * (int(values.max()) + 1) + values
    return numbers


class Dense(NamedTuple):
    """Sums of `plays` by some columns: one for each number of their code, 0 where there are no rows."""

    code: Code
    plays: Array
    """Of any type that holds them, of kept ones the smallest."""
    bound: int
    """An upper bound of the absolute value of the sum of any of the plays that were added up, and so of any of `plays`."""

    @property
    def sum_type(self) -> str:
        """The type to add `plays` up in."""
        return _sum_type(self.bound)

    def rows(self) -> Columns:
        """Return those that are not 0, in their order."""
        found = not_zero(self.plays)
        return {**self.code.values(found), "plays": self.plays[found]}


Sums = Dense | Columns
"""Sums of `plays`: a table, or rows in the order of the columns that they were added up by."""


def added_up(parts: Sequence[Mapping[str, Array]], by: Sequence[str], allowance: Allowance = UNBOUNDED) -> Columns:
    """Return the sums of `plays` of all *parts* by the columns *by*, in their order, without those that are 0.

    It is fastest for rows that lie in that order already.

    Raises:
        BeyondAllowance: tables and sorting take more than the *allowance* is for, beside looking at the rows.
    """
    return as_rows(summed(parts, by, allowance), allowance)


def as_rows(found: Sums, allowance: Allowance = UNBOUNDED) -> Columns:
    """Return what `summed` returned in the form of rows; may raise BeyondAllowance, as that does."""
    if not isinstance(found, Dense):
        return found
    allowance.take(len(found.plays) // CELLS_PER_ROW)
    return found.rows()


def summed(parts: Sequence[Mapping[str, Array] | Dense], by: Sequence[str], allowance: Allowance = UNBOUNDED) -> Sums:
    """Return the sums of `plays` of all *parts* by the columns *by*: a table where it has not many more cells than there are rows.

    Relations among the *parts* have the same columns, tables are sums by the same columns in the same order. Those of the result that are
    rows are in the order of *by*, and none is 0.

    Raises:
        BeyondAllowance: tables and sorting take more than the *allowance* is for, beside looking at the *parts*.
    """
    tables = [part for part in parts if isinstance(part, Dense)]
    relations = [part for part in parts if not isinstance(part, Dense)]
    filled = [part for part in relations if length(part)]
    if len(filled) > 1 and sum(map(length, filled)) <= PIECE_ROWS:  # so few are looked through faster as one
        filled = [joined(filled, [*by, "plays"])]
    if filled or tables:
        code = code_of(filled, by, tables)
        cells = DENSE_SHARE * sum(map(length, filled)) + TABLE_SHARE * sum(len(table.plays) for table in tables)
        if code.width <= max(cells, DENSE_LEAST):
            allowance.take(code.width // CELLS_ADDED_PER_ROW)
            return _dense(filled, tables, code)
    filled += [rows for table in tables if length(rows := as_rows(table, allowance))]
    if not filled:
        return taken(relations[0], [*by, "plays"], slice(0)) if relations else dict.fromkeys([*by, "plays"], np.zeros(0, "i8"))
    allowance.take(SORTED_ROWS * sum(map(length, filled)))
    numbers = _numbers(filled, by, code)
    rows = joined(filled, [*by, "plays"])
    order = np.argsort(numbers, kind="stable")  # what lies in order already is merged and not sorted
    numbers = numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    plays = np.add.reduceat(rows["plays"][order].astype("i8"), starts)  # given a type to convert to it holds Python's lock all the while
    some = plays != 0
    return {**taken(rows, by, order[starts[some]]), "plays": plays[some]}


def _dense(parts: Sequence[Mapping[str, Array]], tables: Sequence[Dense], code: Code) -> Dense:
    """Return the sum of `plays` for each number of *code*."""
    bound = sum(_bound(part["plays"]) for part in parts) + sum(table.bound for table in tables)
    whole = next((table for table in tables if table.code == code), None)  # copied, and not added to zeros
    kind = _sum_type(bound)
    plays = np.zeros(code.width, kind) if whole is None else whole.plays.astype(kind)
    for table in tables:
        if table is not whole:
            starts = [least - code.spans[name][0] for name, (least, _) in table.code.spans.items()]
            within = tuple(slice(start, start + width) for start, width in zip(starts, table.code.widths, strict=True))
            plays.reshape(code.widths)[within] += table.plays.reshape(table.code.widths)
    for piece in pieces(parts):
        add_to(plays, code.numbers(piece), piece["plays"])
    return Dense(code, plays, bound)


def _sum_type(bound: int) -> str:
    """Return the type of sums below a *bound*: 32 bits where they suffice, which are gone through in half the time."""
    return "i4" if bound < 1 << 31 else "i8"


def _bound(plays: Array) -> int:
    """Return an upper bound of the absolute value of the sum of any of *plays*, of which there is one at least."""
    bound = max(-int(plays.min()), int(plays.max())) * len(plays)
    if not 1 << 31 <= bound < 1 << 63:  # it suffices, or adding them up might go beyond 64 bits itself
        return bound
    return int(plays.sum() if plays.dtype.kind == "u" else np.abs(plays.astype("i8")).sum())


def pieces(parts: Iterable[Mapping[str, Array]]) -> Iterator[Columns]:
    """Yield the rows of *parts* in pieces of about PIECE_ROWS."""
    waiting, rows = list[Columns](), 0
    for part in parts:
        for start in range(0, length(part), PIECE_ROWS):
            waiting.append(taken(part, part, slice(start, start + PIECE_ROWS)))
            rows += length(waiting[-1])
            if rows >= PIECE_ROWS:
                yield joined(waiting, waiting[0])
                waiting, rows = [], 0
    if waiting:
        yield joined(waiting, waiting[0])


def repeated(values: Array, counts: Array) -> Array:
    """Return each of *values* as often as its count says: many not by `np.repeat`, which holds Python's lock all the while."""
    total = int(counts.sum())
    if total <= PIECE_ROWS:
        return np.repeat(values.astype("i8", copy=False), counts)
    some = not_zero(counts)
    values, counts = values[some].astype("i8"), counts[some].astype("i8")
    steps = np.zeros(total, "i8")
    steps[np.cumsum(counts) - counts] = np.diff(values, prepend=0)
    return np.cumsum(steps, out=steps)


def ranges(starts: Array, ends: Array) -> Array:
    """Return every index from each of *starts* to before its end."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    indexes = repeated(starts - before, counts)
    indexes += np.arange(len(indexes))
    return indexes


def narrowed_sums(sums: Sums) -> Sums:
    """Return *sums* in the `smallest` types that hold them."""
    return sums._replace(plays=narrowed({"plays": sums.plays})["plays"]) if isinstance(sums, Dense) else narrowed(sums)


def narrowed(rows: Mapping[str, Array]) -> Columns:
    """Return *rows* in the `smallest` types that hold them."""
    some = {name: smallest(int(column.min()), int(column.max())) for name, column in rows.items() if len(column)}
    return {name: column.astype(some.get(name, column.dtype), copy=False) for name, column in rows.items()}


def smallest(least: int, most: int) -> np.dtype[Any]:
    """Return the smallest type that holds both; with a sign one of 32 or 64 bits, and none of 64 without, which numpy makes floats of."""
    if least >= 0 and most < 1 << 32:
        found: np.dtype[Any] = np.min_scalar_type(most)
        return found
    return np.dtype("i4" if least >= -(1 << 31) and most < 1 << 31 else "i8")


def position(column: Array, value: int, side: Literal["left", "right"] = "left") -> int:
    """Return where *value* would stand in a *column* that ascends, before or behind its equals."""
    least, most = _limits(column.dtype)
    if not least <= value <= most:
        return 0 if value < least else len(column)
    return int(column.searchsorted(column.dtype.type(value), side))  # of another type it would have all of the column converted


@lru_cache
def _limits(kind: np.dtype[Any]) -> tuple[int, int]:
    """Return the least and the greatest number of a type of integers, which numpy takes longer to tell than to look for one."""
    types = np.iinfo(kind)
    return types.min, types.max


def positions(column: Array, starts: Array, ends: Array, value: int) -> Array:
    """Return for each range of *column*, from one of *starts* to before its end, the index of the first not below *value*, or its end.

    Each range ascends. It is `position` for many at once: some steps of numpy for each binary digit of the longest range's length.
    """
    found, longest = starts.copy(), int((ends - starts).max()) if len(starts) else 0
    for digit in reversed(range(longest.bit_length())):  # binary searches side by side, in steps of falling powers of two
        further = found + (1 << digit)
        below = further <= ends
        below &= column[np.minimum(further, ends) - 1] < value
        found[below] = further[below]
    return found


def groups(keys: Mapping[str, Array], allowance: Allowance = UNBOUNDED) -> tuple[Array, Array]:
    """Return the index of one row of each group of rows that have the same *keys*, and each row's group; there are rows.

    Only what must be sorted is taken from the *allowance*.
    """
    code = code_of([keys], keys)
    numbers = _numbers([keys], keys, code)
    if code.width > max(DENSE_SHARE * len(numbers), DENSE_LEAST):
        allowance.take(SORTED_ROWS * len(numbers))
        _, some, group = np.unique(numbers, return_index=True, return_inverse=True)
        return some, group
    some = np.full(code.width, -1, "i8")
    some[numbers] = np.arange(len(numbers))
    found = some >= 0
    return some[found], (np.cumsum(found) - 1)[numbers]


class Growing:
    """An array that grows at its end, in one thread; others may look, and what they have seen stays as it was."""

    def __init__(self, dtype: str, values: Sequence[Any] | Array = ()) -> None:
        """Begin with *values*."""
        self._array = np.array(values, dtype)
        self._length = len(self._array)

    @property
    def seen(self) -> Array:
        """What there is now."""
        length = self._length  # before the array: a larger one has it too
        return self._array[:length]

    def extend(self, values: Sequence[Any] | Array) -> None:
        """Append *values*."""
        needed = self._length + len(values)
        if needed > len(self._array):
            larger = np.empty(max(needed, 2 * len(self._array)), self._array.dtype)
            larger[: self._length] = self.seen
            self._array = larger
        self._array[self._length : needed] = values
        self._length = needed
