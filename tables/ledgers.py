"""Ledgers: the partitions that this worker owns, from assignment to revocation."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tables.ledger import BATCH_BYTES, Ledger, LedgerTopics
from tables.recovery import Progress, recover
from tables.room import Room
from tables.source import check_id, check_range
from tables.store import Rows

log = logging.getLogger(__name__)


class LedgerPlan(NamedTuple):
    """What every ledger of a worker has in common."""

    application: str
    source: str
    topics: LedgerTopics
    kafka: Mapping[str, Any]
    """Client settings for aiokafka."""
    daily_rows: Callable[[int], Rows]
    live_rows: Callable[[int], Rows]
    topic_id: Callable[[], str]
    """Asks the broker for the source topic's id; blocking."""
    room: Room


class Ledgers:
    """Opens, hands out and closes the ledgers of the assigned partitions."""

    def __init__(self, plan: LedgerPlan) -> None:
        """Own nothing yet."""
        self._plan = plan
        self._open: dict[int, Ledger] = {}
        self._epoch = 0
        self._quiet = self._rebalancing = True
        self._assigned: frozenset[int] = frozenset()
        self._owning: asyncio.Task[Any] | None = None
        self.progress: Progress | None = None
        """Of the recovery that is running, if one is."""

    @property
    def reason_unready(self) -> str:
        """Why the assigned partitions do not count yet; empty when they do."""
        if self.progress is not None:
            return f"the counting worker recovers its tables: {self.progress}"
        return "the counting worker waits for its partitions" if self._quiet else ""

    def holding(self, partition: int, epoch: int) -> Ledger | None:
        """Return the partition's ledger; None when it moved on or the slice was fetched before the last seek."""
        return None if self._quiet or epoch != self._epoch else self._open.get(partition)

    def counting(self) -> list[tuple[int, str]]:
        """Return of each open ledger from where it goes on, and in the topic with which id; safe in any thread."""
        return [(ledger.watermark.next_offset, ledger.topic_id) for ledger in list(self._open.values())]

    def holds(self, ledger: Ledger, epoch: int) -> bool:
        """Say whether *ledger* is the one that a slice of *epoch* may be committed to."""
        return self.holding(ledger.partition, epoch) is ledger

    def rebalance(self) -> None:
        """Hand out no ledger until the next seek: a rebalance begins."""
        self._quiet = self._rebalancing = True

    async def quiesce(self) -> None:
        """Let running commits end, break off a running recovery, and `rebalance`."""
        self.rebalance()
        self._assigned = frozenset()
        await self._break_off()
        for ledger in self._open.values():
            await ledger.settle()

    async def reassign(self, partitions: Iterable[int]) -> None:
        """Know what is assigned now, and close the other ledgers before their databases are closed."""
        self._assigned = frozenset(partitions)
        await self._release(self._open.keys() - self._assigned)

    async def own(self, partitions: Iterable[int]) -> None:
        """Fence, recover and begin the ledgers of *partitions*; do nothing if a rebalance has overtaken the call."""
        wanted = frozenset(partitions)
        if not wanted <= self._assigned:
            return
        await self._break_off()
        self._owning = asyncio.current_task()
        try:
            await self._plan.room.wait()  # opening a database writes to it, and recovery fills it
            if opened := [self._new_ledger(partition) for partition in sorted(wanted - self._open.keys())]:
                await self._begin(opened)
        finally:
            self._owning = None
        self._rebalancing = False
        if not wanted:
            self._quiet = False  # there are more workers than partitions: nothing will be sought

    async def _break_off(self) -> None:
        if self._owning is not None and not self._owning.done():
            self._owning.cancel()
            await asyncio.wait([self._owning])

    async def _release(self, partitions: Iterable[int]) -> None:
        for partition in list(partitions):
            await self._open.pop(partition).close()

    async def _begin(self, opened: Sequence[Ledger]) -> None:
        """Fence, recover and begin *opened*: all of them or none."""
        self.progress = Progress()
        try:
            await asyncio.gather(*(ledger.fence() for ledger in opened))
            recovered = await recover([rows for ledger in opened for rows in ledger.rows], self._plan.kafka, self._report)
            for ledger in opened:
                ledger.begin()
            await self._check_source(opened)
        except BaseException:
            await asyncio.gather(*(ledger.close() for ledger in opened))
            raise
        finally:
            self.progress = None
        self._open.update((ledger.partition, ledger) for ledger in opened)
        owned = ", ".join(str(ledger.partition) for ledger in opened)
        log.info("counting partitions %s: recovered %s records in %.1f s", owned, f"{recovered.records:,}", recovered.seconds)

    def seeked(self, epoch: int) -> Mapping[int, int] | None:
        """Return where each partition goes on; slices fetched before seek *epoch* are stale from now on. None during a rebalance."""
        if self._rebalancing:
            return None
        self._epoch, self._quiet = epoch, False
        for ledger in self._open.values():
            ledger.resume()
        return {partition: ledger.watermark.next_offset for partition, ledger in self._open.items()}

    async def close(self) -> None:
        """Close every ledger."""
        await self.quiesce()
        await self._release(self._open.keys())

    def _new_ledger(self, partition: int) -> Ledger:
        producer = AIOKafkaProducer(
            **self._plan.kafka,
            transactional_id=f"{self._plan.application}-{partition}",
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",  # aiokafka's lz4 compresses at level 9: five times the time, and larger
            max_batch_size=BATCH_BYTES,
            max_request_size=2 * BATCH_BYTES,
        )
        return Ledger(partition, self._plan.topics, self._plan.daily_rows(partition), self._plan.live_rows(partition), producer)

    async def _check_source(self, opened: Iterable[Ledger]) -> None:
        """Refuse to go on from an offset that the source topic does not hold; a partition never counted starts at its first."""
        topic_id = await asyncio.to_thread(self._plan.topic_id)
        by_tp = {TopicPartition(self._plan.source, ledger.partition): ledger for ledger in opened}
        reader = AIOKafkaConsumer(**self._plan.kafka)
        await reader.start()
        try:
            begins, ends = await reader.beginning_offsets(list(by_tp)), await reader.end_offsets(list(by_tp))
        finally:
            await reader.stop()
        for tp, ledger in by_tp.items():
            at = ledger.watermark.next_offset
            ledger.topic_id = topic_id
            check_id(tp.topic, topic_id, ledger.watermark.topic_id, at)
            if ledger.watermark.consumed == 0 and at <= begins[tp]:
                await ledger.begin_at(begins[tp])
            else:
                check_range(tp.topic, tp.partition, begins[tp], ends[tp], at)

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        log.info("recovering: %s", progress)
