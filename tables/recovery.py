"""Recovery: brings a partition's rows up to the end of their changelogs, in batches.

Faust replays a changelog one event at a time; a batch of 50,000 records is one RocksDB write here.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from tables.store import Rows

BATCH_RECORDS = 50_000
FETCH_BYTES = 8 << 20


class ChangelogGone(Exception):
    """The local rows reach further than the changelog: it was deleted, recreated or belongs to another cluster."""


@dataclass(slots=True)
class Progress:
    """How far a recovery is, in changelog offsets."""

    done: int = 0
    total: int = 0
    records: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """Part that is done, 0 to 1."""
        return self.done / self.total if self.total else 1.0

    @property
    def seconds_left(self) -> float:
        """Estimate from the pace so far."""
        return self.seconds / self.done * (self.total - self.done) if self.done else 0.0

    def __str__(self) -> str:
        return f"{self.records:,} records, {self.share:.0%}, {self.seconds_left:.0f} s left"


async def recover(rows: Sequence[Rows], kafka: Mapping[str, Any], say: Callable[[Progress], None]) -> Progress:
    """Read every changelog in *rows* from where its rows end to its own end. *kafka*: client settings for aiokafka.

    Call it when no one else writes these changelogs any more. *say* is called after each batch.

    Raises:
        ChangelogGone: rows are ahead of their changelog.
    """
    by_tp = {TopicPartition(*part.tp): part for part in rows}
    reader = AIOKafkaConsumer(
        **kafka, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="none", max_partition_fetch_bytes=FETCH_BYTES
    )
    progress, started = Progress(), time.monotonic()
    await reader.start()
    try:
        reader.assign(list(by_tp))
        ends = await reader.end_offsets(list(by_tp))
        at = await _seek(reader, by_tp, ends)
        progress.total = sum(ends[tp] - at[tp] for tp in by_tp)
        while remaining := [tp for tp in by_tp if at[tp] < ends[tp]]:
            fetched = await reader.getmany(*remaining, timeout_ms=200, max_records=BATCH_RECORDS)
            for tp in remaining:
                records = fetched.get(tp, ())
                position = await reader.position(tp)
                if position > at[tp]:
                    by_tp[tp].write(((record.key, record.value) for record in records), through=position - 1)
                    progress.done += position - at[tp]
                    progress.records += len(records)
                    at[tp] = position
            progress.seconds = time.monotonic() - started
            say(progress)
    finally:
        await reader.stop()
    return progress


async def _seek(
    reader: AIOKafkaConsumer, by_tp: Mapping[TopicPartition, Rows], ends: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    begins = await reader.beginning_offsets(list(by_tp))
    at = {}
    for tp, rows in by_tp.items():
        stored = rows.changelog_offset
        if stored > ends[tp]:
            raise ChangelogGone(
                f"{tp.topic} partition {tp.partition} ends at offset {ends[tp]}, the local rows reach {stored}: the topic was recreated, "
                "its log was cut, or the broker is another one. Point the worker at the right broker, or restore the topic. "
                f"Without either, delete the folder {rows.folder}: counting goes on from what the changelog holds, and counts again "
                "what that lost as far as the source still holds its plays"
            )
        if rows.whole and stored < begins[tp]:
            raise ChangelogGone(
                f"{tp.topic} partition {tp.partition} begins at offset {begins[tp]}, the local rows reach {stored}: "
                "counts in between are gone. "
                "Its cleanup.policy must be `compact` alone; restore the topic from a copy, or count afresh with a new ARTIST360_ID"
            )
        at[tp] = max(stored, begins[tp])
        reader.seek(tp, at[tp])
    return at
