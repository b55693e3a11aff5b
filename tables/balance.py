"""Balance: what came in and what the warehouse's file has stored of it, read from the file itself when it is opened and after each fold."""

from collections.abc import Mapping
from typing import NamedTuple

import duckdb

from tables.grain import Watermark

WATERMARKS = "FROM watermark"
STORED_PLAYS = "SELECT kafka_partition, sum(plays)::BIGINT, count(*) FROM stored GROUP BY kafka_partition"
"""Of a row for each day and partition, which the facts' own transactions keep: adding up `daily` itself takes a hundred times as long."""
STORED_COUNTS = "SELECT count(*) FROM daily"
"""DuckDB knows it without reading any."""


class StoredPlays(NamedTuple):
    """What the facts of a partition add up to."""

    plays: int = 0
    days: int = 0
    """Of which each has a row in the table `stored`."""


class Balance(NamedTuple):
    """Both sides as of one fold, by partition of the source topic."""

    watermarks: Mapping[int, Watermark]
    stored: Mapping[int, StoredPlays]
    counts: int
    """How many stored counts there are, of all partitions."""

    @property
    def offsets(self) -> Mapping[int, int]:
        """Next source offset by partition: exactly which plays the facts hold."""
        return {partition: watermark.next_offset for partition, watermark in sorted(self.watermarks.items())}


def read_balance(connection: duckdb.DuckDBPyConnection) -> Balance:
    """Return the balance of what is committed: nobody else writes between the statements.

    Raises:
        duckdb.Error: the file cannot be read.
    """
    watermarks = {partition: Watermark(*figures) for partition, *figures in connection.execute(WATERMARKS).fetchall()}
    stored = {partition: StoredPlays(*figures) for partition, *figures in connection.execute(STORED_PLAYS).fetchall()}
    (counts,) = connection.execute(STORED_COUNTS).fetchall()[0]
    return Balance(watermarks, stored, counts)
