"""Facts: what a fold brings becomes rows of the fact tables, and what it adds to them becomes rows of the rollups.

A join reads only blocks that can hold the fold's days or seconds: DuckDB knows the least and the most of each block.
"""

import duckdb

from tables import rollups
from tables.dictionary import Columns
from tables.pricing import price
from tables.rates import Rates

KEY = ("song", "country", "platform", "credit", "kafka_partition")


def _same(table: str) -> str:
    return " AND ".join(f"{table}.{column} = counts.{column}" for column in KEY)


COUNTS_OF_DAYS = """
CREATE OR REPLACE TEMP TABLE counts AS
SELECT DATE '1970-01-01' + window_start::INTEGER AS day, * EXCLUDE (window_start) FROM batch
"""
DELTA = f"""
CREATE OR REPLACE TEMP TABLE delta AS
SELECT day, country, platform, song, more AS plays, more::HUGEINT * units AS earned
FROM (
    SELECT counts.*, counts.plays - coalesce(daily.plays, 0) AS more
    FROM counts LEFT JOIN daily ON {_same("daily")} AND daily.day = counts.day
)
JOIN place_rate USING (day, country, platform)
WHERE more <> 0
"""  # noqa: S608  (names from this file)
MERGE_DAILY = f"""
MERGE INTO daily
USING counts
ON {_same("daily")} AND daily.day = counts.day
WHEN MATCHED THEN UPDATE SET plays = counts.plays
WHEN NOT MATCHED THEN INSERT BY NAME
"""
FORGET_STORED = "DELETE FROM stored WHERE day IN (SELECT day FROM counts)"
ADD_UP_STORED = """
INSERT INTO stored BY NAME
SELECT day, kafka_partition, sum(plays)::BIGINT AS plays
FROM daily
WHERE day IN (SELECT day FROM counts)
GROUP BY ALL
"""
PLACES_OF_SECONDS = "SELECT DATE '1970-01-01' + (window_start // 86400)::INTEGER AS day, country, platform FROM batch"
MERGE_LIVE = f"""
MERGE INTO live
USING (
    SELECT batch.* EXCLUDE (window_start), window_start AS second, plays::HUGEINT * units AS earned
    FROM batch JOIN place_rate
        ON place_rate.day = DATE '1970-01-01' + (window_start // 86400)::INTEGER
        AND place_rate.country = batch.country AND place_rate.platform = batch.platform
) AS counts
ON {_same("live")} AND live.second = counts.second
WHEN MATCHED THEN UPDATE SET plays = counts.plays, earned = counts.earned
WHEN NOT MATCHED THEN INSERT BY NAME
"""  # noqa: S608


def merge_daily(connection: duckdb.DuckDBPyConnection, batch: Columns, rates: Rates, fold: int) -> None:
    """Set the counts of days in *batch*, and add to the rollups what that changes, as fold number *fold*.

    *batch* has the columns of KEY, `window_start` (days since 1970) and `plays` (all of the key so far).
    """
    connection.register("batch", batch)
    connection.execute(COUNTS_OF_DAYS)
    connection.unregister("batch")
    price(connection, rates, "SELECT day, country, platform FROM counts")
    connection.execute(DELTA)
    connection.execute(MERGE_DAILY)
    connection.execute(FORGET_STORED)
    connection.execute(ADD_UP_STORED)
    rollups.add(connection, fold)


def merge_live(connection: duckdb.DuckDBPyConnection, batch: Columns, rates: Rates) -> None:
    """Set the counts of seconds in *batch*, which has the columns of KEY, `window_start` (seconds since 1970) and `plays`."""
    connection.register("batch", batch)
    price(connection, rates, PLACES_OF_SECONDS)
    connection.execute(MERGE_LIVE)
    connection.unregister("batch")
