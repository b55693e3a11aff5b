"""Facts: what a fold brings becomes rows of the fact tables; what it adds to them goes into the memory.

A join reads only blocks that can hold the fold's days or seconds: DuckDB knows the least and the most of each block.
"""

from typing import NamedTuple

import duckdb

from tables.columns import Columns

KEY = ("song", "country", "platform", "credit", "kafka_partition")


class FactTable(NamedTuple):
    """A table of facts."""

    name: str
    time: str
    """Its column of days or seconds."""
    from_number: str
    """The SQL for that of a number."""
    to_number: str


DAILY = FactTable("daily", "day", "DATE '1970-01-01' + window_start::INTEGER", "(day - DATE '1970-01-01')::INTEGER")
LIVE = FactTable("live", "second", "window_start", "second")

COUNTS = """
CREATE OR REPLACE TEMP TABLE counts AS
SELECT batch.*, {table.name}.rowid AS place, batch.plays - coalesce({table.name}.plays, 0) AS more
FROM (SELECT {table.from_number} AS {table.time}, * EXCLUDE (window_start) FROM batch) AS batch
LEFT JOIN {table.name} ON {same}
"""
"""With where each count stands so far: one join for all that follows, since it goes through all rows of the fold's days."""
MORE = """
SELECT song, {table.to_number} AS {table.time}, country, platform, kafka_partition, credit, more AS plays
FROM counts
WHERE more <> 0
"""
CHANGE = "UPDATE {table.name} SET plays = counts.plays FROM counts WHERE {table.name}.rowid = counts.place AND more <> 0"
APPEND = "INSERT INTO {table.name} BY NAME SELECT * EXCLUDE (place, more) FROM counts WHERE place IS NULL"
ALL = "SELECT song, {table.to_number} AS {table.time}, country, platform, kafka_partition, credit, plays FROM {table.name} {order}"
FORGET_STORED = "DELETE FROM stored WHERE day IN (SELECT day FROM counts)"
ADD_UP_STORED = """
INSERT INTO stored BY NAME
SELECT day, kafka_partition, sum(plays)::BIGINT AS plays
FROM daily
WHERE day IN (SELECT day FROM counts)
GROUP BY ALL
"""
"""From the rows themselves and not from what was added, which it is there to prove."""


def merge(connection: duckdb.DuckDBPyConnection, table: FactTable, batch: Columns, *, told: bool) -> Columns | None:
    """Set the counts in *batch*; return what that adds to those that were there, if it is to be *told*.

    *batch* has the columns of KEY, `window_start` (days or seconds since 1970) and `plays` (all of the key so far); what is
    added has `song`, the time, `country`, `platform`, `kafka_partition`, `credit` and `plays`.
    """
    same = " AND ".join(f"{table.name}.{column} = batch.{column}" for column in (*KEY, table.time))
    connection.register("batch", batch)
    connection.execute(COUNTS.format(table=table, same=same))
    connection.unregister("batch")
    more = connection.execute(MORE.format(table=table)).fetchnumpy() if told else None
    connection.execute(CHANGE.format(table=table))
    connection.execute(APPEND.format(table=table))
    if table is DAILY:
        connection.execute(FORGET_STORED)
        connection.execute(ADD_UP_STORED)
    return more


def everything(connection: duckdb.DuckDBPyConnection, table: FactTable, order: str = "") -> Columns:
    """Return every row of *table*, with the same columns; *order* is a clause."""
    rows: Columns = connection.execute(ALL.format(table=table, order=order)).fetchnumpy()
    return rows
