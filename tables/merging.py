"""Merging: sums that lie in one order become one with others, piece by piece, so that whoever has little time can rest in between. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tables.columns import PIECE_ROWS, Array, Columns, added_up, length, narrowed, position, smallest, taken
from tables.resting import Rest


def merged(one: Columns, other: Columns, by: Sequence[str], rest: Rest) -> Columns:
    """Return the sums of `plays` of *one* and *other*, each of which is sums by the columns *by*, in their order.

    The types are the smallest for what may stand there. The arrays may be the beginnings of longer ones, whose ends are never touched.
    """
    if not length(one) or not length(other):
        return narrowed(one if length(one) else other)
    rows = length(one) + length(other)
    into = {name: np.empty(rows, _type(_ends(one[name], other[name]))) for name in by}
    into["plays"] = np.empty(rows, _type_of_sums(_ends(one["plays"], other["plays"])))
    end = 0
    for parts in _pieces(one, other, by):
        piece = added_up(parts, by) if len(parts) > 1 else parts[0]
        start, end = end, end + length(piece)
        for name, column in into.items():
            column[start:end] = piece[name]
        rest()
    return taken(into, into, slice(end))


class _Ends(NamedTuple):
    """The least and the greatest value of two arrays."""

    leasts: tuple[int, int]
    mosts: tuple[int, int]


def _ends(one: Array, other: Array) -> _Ends:
    return _Ends((int(one.min()), int(other.min())), (int(one.max()), int(other.max())))


def _type(ends: _Ends) -> np.dtype[Any]:
    return smallest(min(ends.leasts), max(ends.mosts))


def _type_of_sums(ends: _Ends) -> np.dtype[Any]:
    """Return the smallest type for values of both arrays and for sums of one of each."""
    return smallest(min(*ends.leasts, sum(ends.leasts)), max(*ends.mosts, sum(ends.mosts)))


def _pieces(one: Columns, other: Columns, by: Sequence[str]) -> Iterator[Sequence[Columns]]:
    """Yield what belongs together of *one* and *other*, in their order, neither of more than PIECE_ROWS: no key is in two pieces."""
    both, starts = (one, other), [0, 0]
    while ahead := [
        tuple(int(rows[name][start + PIECE_ROWS]) for name in by)
        for rows, start in zip(both, starts, strict=True)
        if start + PIECE_ROWS < length(rows)
    ]:
        ends = [_start(rows, dict(zip(by, min(ahead), strict=True))) for rows in both]
        yield _between(both, starts, ends)
        starts = ends
    yield _between(both, starts, [length(rows) for rows in both])


def _between(both: Sequence[Columns], starts: Sequence[int], ends: Sequence[int]) -> Sequence[Columns]:
    """Return the parts of *both* from *starts* to *ends* that have rows."""
    return [taken(rows, rows, slice(start, end)) for rows, start, end in zip(both, starts, ends, strict=True) if start < end]


def _start(rows: Columns, key: Mapping[str, int]) -> int:
    """Return where *key* stands, or would, among *rows*, which lie in the order of its columns."""
    start, end = 0, length(rows)
    for name, value in key.items():
        column = rows[name][start:end]
        start, end = start + position(column, value), start + position(column, value, "right")
    return start
