"""Changes: how a client gets from the rows that it has to the next ones, without most of them being sent again. Pure.

The next rows are a list of steps, each one or several of them in their order:
`[first, count]` are rows that the client has, from *first* on; `[index, {column: value, …}]` is one that it has with
other values in some columns; `{column: value, …}` is a new one. Whichever rows the server takes for the same ones, the
steps lead to exactly the next rows: a poor guess costs bytes only.
"""

from collections.abc import Hashable, Sequence
from typing import Any

from web.dimensions import Column

Row = dict[str, Any]
Step = list[Any] | Row

NAMING = ("String", "Date", "DateTime")
"""Types of the columns that say what a row is about; the others say how much."""


def steps(columns: Sequence[Column], before: Sequence[Row], after: Sequence[Row]) -> list[Step]:
    """Return the steps from the rows *before* to those *after*, both with these *columns*."""
    names = [column.name for column in columns if column.type in NAMING]
    places = {_identity(names, place, row): place for place, row in enumerate(before)}
    found: list[Step] = []
    for place, row in enumerate(after):
        at = places.get(_identity(names, place, row))
        if at is None:
            found.append(row)
        elif changed := {name: value for name, value in row.items() if value != before[at][name]}:
            found.append([at, changed])
        elif found and isinstance(found[-1], list) and isinstance(found[-1][1], int) and sum(found[-1]) == at:
            found[-1][1] += 1
        else:
            found.append([at, 1])
    return found


def _identity(names: Sequence[str], place: int, row: Row) -> Hashable:
    """Return what makes two rows the same: their texts and dates, or their place where they have only numbers."""
    return tuple(row[name] for name in names) if names else place
