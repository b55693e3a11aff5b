"""Count table: a Faust table whose rows are written by ledgers, in bulk, instead of one event at a time.

Windows live in the key, not in Faust's windowed tables: those take their changelog's retention from the clock, so that
expired windows would start again at zero. A key's window start comes from the play's own time.
"""

from collections.abc import Awaitable, Callable

import faust
from faust.types import TP

from tables.ledger import BATCH_BYTES
from tables.store import Rows, Store

Partitions = Callable[[set[int]], Awaitable[None]]

DAILY = "daily"
LIVE = "live"
CHANGELOG_CONFIG = {
    "max.message.bytes": str(BATCH_BYTES + 1024),
    "message.timestamp.type": "LogAppendTime",  # retention and compaction go by the broker's clock: a worker's may be wrong
}
SEGMENT_CONFIG = {"segment.bytes": str(64 << 20), "segment.ms": "600000"}
"""Kafka neither compacts nor deletes the segment it writes, and by default writes one for a week or 1 GB."""
DAILY_CONFIG = {**CHANGELOG_CONFIG, **SEGMENT_CONFIG, "cleanup.policy": "compact", "min.compaction.lag.ms": "600000"}
LIVE_CONFIG = {
    **CHANGELOG_CONFIG,
    **SEGMENT_CONFIG,
    "cleanup.policy": "delete",
    "retention.ms": "3600000",
    "retention.bytes": "-1",
}


class CountTable(faust.Table[bytes, bytes]):
    """Packed PlayKey -> packed plays, one RocksDB per partition.

    *on_assigned* is awaited before streams flow, outside the rebalance callback, so that heartbeats go on meanwhile;
    *on_rebalanced* before the databases of partitions that leave are closed. Both get the partitions that are assigned.
    """

    on_assigned: Partitions | None = None
    on_rebalanced: Partitions | None = None

    def rows(self, partition: int) -> Rows:
        """Return the rows of *partition*, which must be assigned."""
        store = self.data
        assert isinstance(store, Store)
        changelog = TP(self.changelog_topic.get_topic_name(), partition)
        return store.rows(changelog, whole=self.extra_topic_configs["cleanup.policy"] == "compact")

    async def on_rebalance(self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0) -> None:
        """Let the ledgers go before their databases do."""
        if self.on_rebalanced is not None:
            await self.on_rebalanced({tp.partition for tp in assigned if tp.topic == self.changelog_topic.get_topic_name()})
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Let the ledgers recover: Faust found nothing to do, since the transport shows it empty changelogs."""
        if self.on_assigned is not None:
            await self.on_assigned({tp.partition for tp in active_tps})
        await super().on_recovery_completed(active_tps, standby_tps)


def new_count_table(app: faust.App, name: str, config: dict[str, str]) -> CountTable:
    """Add the table *name* to *app*, with *config* for its changelog topic."""
    table = CountTable(
        app,
        name=name,
        key_type=bytes,
        value_type=bytes,
        partitions=app.conf.topic_partitions,
        options={"driver": "rocksdict"},
        extra_topic_configs=config,
    )
    app.tables.add(table)
    return table
