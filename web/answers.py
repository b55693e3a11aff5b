"""Answers: from an endpoint and its parameters to rows, in one snapshot of the warehouse."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

import duckdb

from tables import rollups
from tables.following import Freshness
from tables.rates import income
from tables.warehouse import Standing
from tables.warehouse_file import Unavailable
from web.dimensions import Column
from web.endpoints import INCOME, PREVIOUS, Endpoint
from web.grants import EVERY_ROW, Rows
from web.statements import Statement, statement_of

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

    @property
    def standing(self) -> Standing | None:
        """See `Warehouse.standing`."""

    def suspect(self, error: Exception) -> bool:
        """See `Warehouse.suspect`."""


def answer(warehouse: Readable, freshness: Freshness, endpoint: Endpoint, values: Mapping[str, Any], visible: Rows) -> Answer:
    """Return the answer to *endpoint* with the read *values*, over the *visible* rows. Blocking: call it in a thread.

    Raises:
        Unavailable: there is no warehouse to read at this moment.
    """
    started = time.perf_counter()
    statement = statement_of(endpoint, values, visible, freshness)
    try:
        before = warehouse.standing
        with warehouse.cursor() as cursor:
            cursor.begin()

            def ask(asked: Statement, more: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
                return cursor.execute(_parsed(asked.sql), {**asked.values, **more}).fetchall()

            rows = statement.finished(ask(statement, statement.before(ask)), ask)
            after = warehouse.standing
            standing = before if before is not None and after is before else _standing(cursor)
            rows_read = sum(_rows_in(cursor, table, standing) for table in _tables(endpoint.facts, statement))
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
        watermarks=standing.watermarks,
    )


@lru_cache(maxsize=1_000)
def _parsed(sql: str) -> duckdb.Statement:
    """Return *sql* parsed, which takes a sixth of an answer; there are some hundred texts, with values bound into them."""
    (statement,) = duckdb.extract_statements(sql)
    return statement


def _standing(cursor: duckdb.DuckDBPyConnection) -> Standing:
    """Return what the cursor's snapshot holds: needed only when a fold was committed meanwhile."""
    return Standing(dict(cursor.execute("SELECT kafka_partition, next_offset FROM watermark ORDER BY 1").fetchall()), {})


def _rows_in(cursor: duckdb.DuckDBPyConnection, table: str, standing: Standing) -> int:
    if table not in standing.rows:
        ((standing.rows[table],),) = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608  (a name from the endpoints)
    return standing.rows[table]


def _tables(facts: str, statement: Statement) -> Sequence[str]:
    """Return which tables *statement* may read all of."""
    return [table for rollup in statement.reads for table in rollups.tables(rollup)] if facts == "rollups" else (facts,)


def _row(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    return {column.name: income(value) if column in MONEY else value for column, value in zip(columns, values, strict=False)}
