"""Conservation: what came in against what is stored, read from the file itself in one transaction."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

import duckdb

from tables.grain import Watermark
from tables.memory import Snapshot
from tables.warehouse_file import Unavailable

ROW_BYTES = 18
"""Of what a partition has stored in a day, by the types in schema.sql."""

Row = tuple[Any, ...]


class Readable(Protocol):
    """A warehouse, or a view of one."""

    def cursor(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """See `Warehouse.cursor`."""

    @property
    def snapshot(self) -> Snapshot:
        """See `Warehouse.snapshot`."""

    def suspect(self, error: Exception) -> bool:
        """See `Warehouse.suspect`."""


class Stored(NamedTuple):
    """The rows of an answer, and of what they were made."""

    rows: Sequence[Row]
    watermarks: Mapping[int, int]
    """Next source offset by partition: exactly which plays the rows hold."""
    looked_at: int
    """Rows of the table `stored`."""


def conserved(warehouse: Readable, log_end: Mapping[int, int]) -> Stored:
    """Return per partition what was consumed, counted and rejected, what is stored, and how far counting is from *log_end*.

    Raises:
        Unavailable: there is no warehouse to read at this moment.
    """
    try:
        with warehouse.cursor() as cursor:
            cursor.begin()
            marks = {partition: Watermark(*figures) for partition, *figures in cursor.execute(_statement("watermarks")).fetchall()}
            stored = {partition: (plays, rows) for partition, plays, rows in cursor.execute(_statement("stored")).fetchall()}
            cursor.rollback()
    except duckdb.Error as error:
        if warehouse.suspect(error):
            raise Unavailable("a part of the warehouse cannot be read; it is rebuilt from the changelogs now") from error
        raise
    rows = []
    for partition, end in sorted(log_end.items()):
        mark, (plays, _) = marks.get(partition, Watermark()), stored.get(partition, (0, 0))
        lag = max(end - mark.next_offset, 0)
        rows.append((partition, mark.consumed, mark.counted, mark.rejected, plays, mark.next_offset, end, lag))
    offsets = {partition: mark.next_offset for partition, mark in sorted(marks.items())}
    return Stored(rows, offsets, sum(count for _, count in stored.values()))


@cache
def _statement(name: str) -> duckdb.Statement:
    """Return a statement of `web/sql`, parsed once."""
    (statement,) = duckdb.extract_statements(files("web").joinpath("sql", f"{name}.sql").read_text())
    return statement
