"""Answers: from an endpoint and its parameters to rows, in one snapshot of the warehouse."""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from tables.following import Freshness
from tables.rates import income
from tables.warehouse import Warehouse
from tables.warehouse_file import Unavailable
from web.endpoints import BY, INCOME, Column, Endpoint
from web.filters import artist_where, fixed, where, with_dates
from web.grants import EVERY_ROW, Rows

ROW_BYTES = {"daily": 28, "live": 32, "": 0}
"""Bytes of one fact, by the types in schema.sql."""
BOUND = re.compile(r"\$([a-z_]+)")


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


def answer(warehouse: Warehouse, freshness: Freshness, endpoint: Endpoint, values: Mapping[str, Any], visible: Rows) -> Answer:
    """Return the answer to *endpoint* with the read *values*, over the *visible* rows. Blocking: call it in a thread.

    Raises:
        Unavailable: there is no warehouse to read at this moment.
    """
    started = time.perf_counter()
    sql, columns, bound = _statement(endpoint, values, visible, freshness)
    cursor = warehouse.cursor()
    try:
        cursor.begin()
        watermarks = dict(cursor.execute("SELECT kafka_partition, next_offset FROM watermark ORDER BY 1").fetchall())
        rows_read = _rows_in(cursor, endpoint.facts) if endpoint.facts else 0
        rows = cursor.execute(sql, {name: bound[name] for name in set(BOUND.findall(sql))}).fetchall()
        cursor.rollback()
    except duckdb.Error as error:
        if warehouse.suspect(error):
            raise Unavailable("a part of the warehouse cannot be read; it is rebuilt from the changelogs now") from error
        raise
    finally:
        cursor.close()
    if visible != EVERY_ROW:  # how much there is beyond them is not for this token to know
        rows_read = len(rows)
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


def _rows_in(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608  (a name from the endpoints)
    return int(count)


def _row(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    return {column.name: income(value) if column is INCOME else value for column, value in zip(columns, values, strict=False)}


def _statement(
    endpoint: Endpoint, values: Mapping[str, Any], visible: Rows, freshness: Freshness
) -> tuple[str, Sequence[Column], Mapping[str, Any]]:
    """Return the SQL of *endpoint*, the columns of its rows, and what may be bound."""
    today = datetime.fromtimestamp(freshness.as_of, UTC).date()
    last_second = int(freshness.as_of) - 1
    log_end = freshness.log_end or {}
    bound = {
        **with_dates(endpoint.bind(values), today),
        **fixed(visible),
        "today": today,
        "last_second": last_second,
        "first_second": last_second - values.get("seconds", 1) + 1,
        "partitions": list(log_end),
        "log_ends": list(log_end.values()),
    }
    artists = artist_where(bound, visible)
    parts = {"artist_where": artists, "where": where(bound, visible)}
    by = values.get("by", ())
    kind = "per_artist" if "artist" in by else "whole" if artists == "true" else "of_artists"
    parts["shares"] = _shares()[kind].format(artist_where=artists)
    columns: Sequence[Column] = endpoint.row
    if by:
        columns = _add_ranking(parts, by, endpoint.row)
    return _sql(endpoint.sql).format(**parts), columns, bound


def _add_ranking(parts: dict[str, str], by: Iterable[str], row: Sequence[Column]) -> Sequence[Column]:
    """Add what a ranking *by* some dimensions puts into its SQL; return its columns."""
    dimensions = [BY[name] for name in by]
    shown = {column: sql for dimension in dimensions for column, sql in dimension.columns}
    if "song_title" in by:  # an album has `artists` too; beside a song they are the song's
        shown |= dict(BY["song_title"].columns)
    parts["columns"] = ", ".join(f"{sql} AS {column.name}" for column, sql in shown.items())
    parts["names"] = ", ".join(column.name for column in shown)
    parts["groups"] = ", ".join(dimension.groups for dimension in dimensions)
    parts["fact_columns"] = "".join(f", {dimension.fact_column}" for dimension in dimensions if dimension.fact_column)
    parts["joins"] = " ".join(dimension.join for dimension in dimensions)
    return (*shown, *row)


@cache
def _sql(name: str) -> str:
    return files("web").joinpath("sql", name).read_text()


@cache
def _shares() -> Mapping[str, str]:
    """Return the statements of shares.sql by their names."""
    _, *named = _sql("shares.sql").split("-- name: ")
    return {name: sql for name, _, sql in (part.partition("\n") for part in named)}
