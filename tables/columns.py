"""Columns: relations as arrays of one length, added up by some of their columns. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Columns = dict[str, Array]
"""A relation: arrays of one length, by column."""
DENSE_LEAST = 1 << 12
DENSE_SHARE = 4
"""So many places in all, or for each row, are cheaper to add up in than the rows are to sort."""
EXACT = 1 << 53
"""Sums below it are exact in floating point, which adds up ten times as fast."""
CODE_MOST = (1 << 63) - 1


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
    if len(numbers) == 1:
        holds: Array = column == int(numbers[0])  # which is of any type, where a number of numpy would have the column converted
        return holds
    known = np.zeros(int(column.max()) + 1 if len(column) else 0, "?")
    known[numbers[numbers < len(known)]] = True
    return known[column]


def sums(places: Array, plays: Array, count: int) -> Array:
    """Return for each of *count* places the sum of the *plays* whose place it is."""
    weights = plays.astype("f8")
    if weights.sum() < EXACT:
        return np.bincount(places, weights, count).astype("i8")
    exact = np.zeros(count, "i8")
    np.add.at(exact, places, plays)
    return exact


class Code(NamedTuple):
    """Numbers for rows, which order them as some columns do, the first of them first."""

    numbers: list[Array]
    """Of each part of the rows."""
    width: int
    """How many numbers there may be, from 0 on."""
    spans: Sequence[tuple[int, int]]
    """Of each column the least value and how many values; none where it takes more than that to find the values."""

    def values(self, numbers: Array) -> list[Array]:
        """Return the columns behind *numbers*."""
        columns = []
        for least, width in reversed(self.spans):
            numbers, value = np.divmod(numbers, width) if width < self.width else (numbers, numbers)
            columns.append(value + least)
        return columns[::-1]


def coded(parts: Sequence[Mapping[str, Array]], by: Iterable[str]) -> Code:
    """Return a number for each row of *parts*, none of which is empty, by its columns *by*."""
    numbers, count, spans = [np.zeros(length(part), "i8") for part in parts], 1, []
    for name in by:
        least, most = min(int(part[name].min()) for part in parts), max(int(part[name].max()) for part in parts)
        width = most - least + 1
        if count * width > CODE_MOST:
            return _ranked(parts, by)
        numbers = [number * width + (part[name] - np.int64(least)) for number, part in zip(numbers, parts, strict=True)]
        count *= width
        spans.append((least, width))
    return Code(numbers, count, spans)


def _ranked(parts: Sequence[Mapping[str, Array]], by: Iterable[str]) -> Code:
    """Return the same where the values lie so far apart that their places among all rows must stand for them."""
    code, count = np.zeros(sum(map(length, parts)), "i8"), 1
    for name in by:
        ranks, values = (np.unique(column, return_inverse=True)[1] for column in (code, np.concatenate([part[name] for part in parts])))
        code, count = ranks * (int(values.max()) + 1) + values, (int(ranks.max()) + 1) * (int(values.max()) + 1)
    return Code(np.split(code, np.cumsum([length(part) for part in parts])[:-1]), count, ())


def added_up(parts: Sequence[Mapping[str, Array]], by: Sequence[str]) -> Columns:
    """Return the sums of `plays` of all *parts* by the columns *by*, in their order, without those that are 0."""
    parts = [part for part in parts if length(part)] or parts[:1]
    total = sum(map(length, parts))
    if not total:
        return taken(parts[0], [*by, "plays"], slice(0))
    code = coded(parts, by)
    if code.spans and code.width <= max(DENSE_SHARE * total, DENSE_LEAST):
        plays = np.zeros(code.width, "i8")
        for numbers, part in zip(code.numbers, parts, strict=True):
            plays += sums(numbers, part["plays"], code.width)
        found = np.flatnonzero(plays)
        return {**dict(zip(by, code.values(found), strict=True)), "plays": plays[found]}
    rows = joined(parts, [*by, "plays"])
    numbers = np.concatenate(code.numbers)
    order = np.argsort(numbers, kind="stable")  # what lies in order already is merged and not sorted
    numbers = numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    plays = np.add.reduceat(rows["plays"][order], starts, dtype="i8")
    some = plays != 0
    return {**taken(rows, by, order[starts[some]]), "plays": plays[some]}


def repeated(values: Array, counts: Array) -> Array:
    """Return each of *values* as often as its count says: what `np.repeat` does too, but holding Python's lock all the while."""
    some = np.flatnonzero(counts)
    values, counts = values[some].astype("i8"), counts[some].astype("i8")
    steps = np.zeros(int(counts.sum()), "i8")
    steps[np.cumsum(counts) - counts] = np.diff(values, prepend=0)
    return np.cumsum(steps, out=steps)


def ranges(starts: Array, ends: Array) -> Array:
    """Return every index from each of *starts* to before its end."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    indexes = repeated(starts - before, counts)
    indexes += np.arange(len(indexes))
    return indexes


def narrowed(rows: Mapping[str, Array]) -> Columns:
    """Return *rows* in the smallest types that hold them, but none of 64 bits without a sign, which numpy makes floats of."""
    return {name: column.astype(_smallest(column), copy=False) for name, column in rows.items()}


def _smallest(column: Array) -> np.dtype[Any]:
    if not len(column) or column.min() < 0 or column.max() >= 1 << 32:
        return column.dtype
    smallest: np.dtype[Any] = np.min_scalar_type(int(column.max()))
    return smallest


def groups(keys: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return the index of one row of each group of rows that have the same *keys*, and each row's group; there are rows."""
    code = coded([keys], keys)
    (numbers,) = code.numbers
    if code.width > max(DENSE_SHARE * len(numbers), DENSE_LEAST):
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
