"""Answers: from an endpoint and its parameters to rows, in one snapshot of the warehouse."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import duckdb

from tables import rollups
from tables.following import Freshness
from tables.rates import income
from tables.warehouse_file import Unavailable
from web.dimensions import Column
from web.endpoints import INCOME, PREVIOUS, Endpoint
from web.grants import EVERY_ROW, Rows
from web.statements import Statement, statements

ROW_BYTES = {"rollups": 38, "daily": 28, "live": 48}
"""Bytes of one row, by the types in schema.sql."""
MONEY = frozenset({INCOME, PREVIOUS[1]})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's rows and what they hold."""

    columns: Sequence[Column]
    rows: list[dict[str, Any]]
    found: int
    """Rows before the limit."""
    rows_read: int
    bytes_read: int
    elapsed: float
    as_of: datetime
    watermarks: Mapping[int, int]
    """Next source offset by partition: exactly which plays the rows hold; rows of the live table may hold newer ones."""


class Readable(Protocol):
    """A warehouse, or a view of one."""

    def cursor(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """See `Warehouse.cursor`."""

    def suspect(self, error: Exception) -> bool:
        """See `Warehouse.suspect`."""


def answer(warehouse: Readable, freshness: Freshness, endpoint: Endpoint, values: Mapping[str, Any], visible: Rows) -> Answer:
    """Return the answer to *endpoint* with the read *values*, over the *visible* rows. Blocking: call it in a thread.

    Raises:
        Unavailable: there is no warehouse to read at this moment.
    """
    started = time.perf_counter()
    tries = statements(endpoint, values, visible, freshness)
    try:
        with warehouse.cursor() as cursor:
            cursor.begin()
            watermarks = dict(cursor.execute("SELECT kafka_partition, next_offset FROM watermark ORDER BY 1").fetchall())
            for statement in tries:
                rows = cursor.execute(statement.sql, {**statement.values, **_before(cursor, statement)}).fetchall()
                if len(rows) >= values.get("limit", 0):
                    break
            rows_read = _rows_read(cursor, endpoint.facts, statement)
            cursor.rollback()
    except duckdb.Error as error:
        if warehouse.suspect(error):
            raise Unavailable("a part of the warehouse cannot be read; it is rebuilt from the changelogs now") from error
        raise
    if visible != EVERY_ROW:  # how much there is beyond them is not for this token to know
        rows_read = len(rows)
    columns = statement.columns
    return Answer(
        columns=columns,
        rows=[_row(columns, row) for row in rows],
        found=(rows[0][len(columns)] if rows and len(rows[0]) > len(columns) else len(rows)),
        rows_read=rows_read,
        bytes_read=rows_read * ROW_BYTES[endpoint.facts],
        elapsed=time.perf_counter() - started,
        as_of=datetime.fromtimestamp(freshness.as_of, UTC),
        watermarks=watermarks,
    )


def _before(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> Mapping[str, Any]:
    """Return the values that *statement* wants to have asked before."""
    if statement.before is None:
        return {}
    asked = cursor.execute(statement.before.sql, statement.before.values)
    names = [name for name, *_ in asked.description or ()]
    (row,) = asked.fetchall()
    return dict(zip(names, row, strict=True))


def _rows_read(cursor: duckdb.DuckDBPyConnection, table: str, statement: Statement) -> int:
    if table == "rollups":
        return sum(rollups.rows_in(cursor, rollup) for rollup in statement.reads)
    ((count,),) = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608  (a name from the endpoints)
    return int(count)


def _row(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    return {column.name: income(value) if column in MONEY else value for column, value in zip(columns, values, strict=False)}
