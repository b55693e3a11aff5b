"""Balance: what came in and what the warehouse's file has stored of it, read from the file itself after each commit."""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb

from tables.grain import Watermark

WATERMARKS = "FROM watermark"
STORED = "SELECT kafka_partition, sum(plays)::BIGINT, count(*) FROM stored GROUP BY kafka_partition"
"""A row for each day and partition, which the facts' own transactions keep: adding up `daily` itself takes a hundred times as long."""


class Stored(NamedTuple):
    """What the facts of a partition add up to."""

    plays: int = 0
    rows: int = 0
    """Of the table `stored`, of which this was made."""


class Balance(NamedTuple):
    """Both sides, as of one transaction, by partition of the source topic."""

    watermarks: Mapping[int, Watermark]
    stored: Mapping[int, Stored]


def read_balance(connection: duckdb.DuckDBPyConnection) -> Balance:
    """Return the balance of what is committed: nobody else writes between the two statements.

    Raises:
        duckdb.Error: the file cannot be read.
    """
    watermarks = {partition: Watermark(*figures) for partition, *figures in connection.execute(WATERMARKS).fetchall()}
    return Balance(watermarks, {partition: Stored(*figures) for partition, *figures in connection.execute(STORED).fetchall()})
