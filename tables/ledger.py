"""Ledger: one partition's counts, watermark and transaction; what makes a play count exactly once.

State and position move together: a slice's changelog records, rejected records and watermark are one Kafka transaction,
and RocksDB follows the committed changelog. Nothing rests on the group's committed offset.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, InvalidTxnState, ProducerFenced, kafka_errors

from tables.grain import WATERMARK_KEY, PlayKey, Watermark, pack_keys, pack_plays, pack_watermark, unpack_watermark
from tables.store import Rows

BATCH_BYTES = 8 << 20
"""Most bytes of one record batch; the changelogs' `max.message.bytes` is the same."""
LIVE_KEPT_SECONDS = 1200
"""Twice the time in which a play still counts as live (`app.counting.LIVE_SECONDS`), for producers whose clocks differ."""
EXPIRE_EVERY_SECONDS = 30
PRODUCER_FENCED_CODE = 90
"""Brokers since 2.5 say it with this code, which aiokafka 0.14 takes for an unknown error."""

Message = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""Key, value and headers; aiokafka takes headers as a list."""


class Fenced(Exception):
    """The broker aborted the transaction, for another worker that owns the partition now; nothing was written."""


class OutcomeUnknown(Exception):
    """The transaction may or may not have been committed; leave the process, the restart will know."""


class PlaysMissing(Exception):
    """Records between the watermark and the slice never arrived: counting on would lose them."""


class Addition(Protocol):
    """What a slice adds: see `app.counting.Tally`."""

    daily: dict[PlayKey, int]
    live: dict[PlayKey, int]
    counted: int
    newest_ms: int

    @property
    def consumed(self) -> int:
        """Records that went in."""
        ...


@dataclass(slots=True)
class _Nothing:
    daily: dict[PlayKey, int] = field(default_factory=dict)
    live: dict[PlayKey, int] = field(default_factory=dict)
    counted: int = 0
    newest_ms: int = 0
    consumed: int = 0


class LedgerTopics(NamedTuple):
    """The topics that a ledger writes to."""

    daily: str
    live: str
    rejected: str


class Ledger:
    """One partition of the source topic: its rows in both tables, its watermark, its producer."""

    def __init__(self, partition: int, topics: LedgerTopics, daily: Rows, live: Rows, producer: AIOKafkaProducer) -> None:
        """Take the partition's rows and the producer that will fence its former owner; `begin` makes them usable."""
        self.partition = partition
        self.watermark = Watermark()
        self.topic_id = ""
        """Kafka's id of the topic that is counted, for the watermark."""
        self._accepts = False
        self._topics = topics
        self._daily, self._live = daily, live
        self._producer = producer
        self._turn = asyncio.Lock()
        self._newest_second = self._expired_second = 0

    async def fence(self) -> None:
        """Start the transactional producer: from now on a former owner's transactions are refused."""
        kafka_errors.setdefault(PRODUCER_FENCED_CODE, ProducerFenced)
        await self._producer.start()

    def begin(self) -> None:
        """Read the watermark from the recovered rows and accept commits."""
        self.watermark = unpack_watermark(self._daily.values([WATERMARK_KEY])[0])
        self.resume()

    def resume(self) -> None:
        """Accept commits (again)."""
        self._accepts = True

    async def settle(self) -> None:
        """Let a running commit end and accept none until `resume`."""
        async with self._turn:
            self._accepts = False

    @property
    def rows(self) -> tuple[Rows, Rows]:
        """Both tables' rows, for recovery."""
        return self._daily, self._live

    def fresh(self, start: int, records: Sequence[Any]) -> Sequence[Any]:
        """Return those of *records* that are not counted yet.

        Raises:
            PlaysMissing: the slice starts behind the watermark.
        """
        if start > self.watermark.next_offset:
            raise PlaysMissing(
                f"partition {self.partition} is counted up to offset {self.watermark.next_offset}, the slice starts at {start}: "
                f"{start - self.watermark.next_offset} offsets never arrived. Restart the worker; if this comes again, "
                "the topic lost records that were not counted yet"
            )
        if records and records[0].offset >= self.watermark.next_offset:
            return records
        return [record for record in records if record.offset >= self.watermark.next_offset]

    async def commit(self, tally: Addition, rejected: Iterable[Message], *, next_offset: int) -> None:
        """Add *tally* to both tables and move the watermark to *next_offset*: all of it or nothing.

        Changelogs, rejected records and watermark are one Kafka transaction; RocksDB follows once it is committed, so
        that local state is always a prefix of the changelog and a kill between the two is mended by recovery. A settled
        ledger writes nothing (the records come again after the next seek), nor does one that is past *next_offset*.

        Raises:
            Fenced: another worker owns the partition now; nothing was written.
            OutcomeUnknown: the commit may or may not have happened; leave the process, the restart will know.
        """
        async with self._turn:
            if not self._accepts or next_offset <= self.watermark.next_offset:
                return
            before = self.watermark
            watermark = Watermark(
                next_offset,
                before.consumed + tally.consumed,
                before.counted + tally.counted,
                before.rejected + tally.consumed - tally.counted,
                min(tally.newest_ms, int(time.time() * 1000)) if tally.consumed else before.newest_ms,
                self.topic_id,
            )
            daily = _absolute(self._daily, tally.daily)
            daily.append((WATERMARK_KEY, pack_watermark(watermark)))
            live = _absolute(self._live, tally.live)
            self._accepts = False  # whoever breaks in on the transaction leaves a ledger that no longer knows where it is
            reached = await self._transact(daily, live, rejected)
            self._daily.write(daily, through=reached[self._topics.daily])
            if live:
                self._live.write(live, through=reached[self._topics.live])
                self._expire(watermark.newest_ms)
            self.watermark = watermark
            self._accepts = True

    async def begin_at(self, offset: int) -> None:
        """Commit a first watermark at *offset*: a partition never counted begins where its records do."""
        await self.commit(_Nothing(), (), next_offset=offset)

    async def close(self) -> None:
        """Settle, for good."""
        await self.settle()
        await self._producer.stop()

    async def _transact(
        self, daily: Iterable[tuple[bytes, bytes]], live: Iterable[tuple[bytes, bytes]], rejected: Iterable[Message]
    ) -> Mapping[str, int]:
        """Write one transaction; return the offset of its commit marker by topic."""
        committing = False
        try:
            await self._producer.begin_transaction()
            sent = {
                self._topics.daily: await self._send(self._topics.daily, ((key, value, []) for key, value in daily)),
                self._topics.live: await self._send(self._topics.live, ((key, value, []) for key, value in live)),
                self._topics.rejected: await self._send(self._topics.rejected, rejected),
            }
            ends = {topic: [(await future).offset + count for future, count in batches] for topic, batches in sent.items()}
            committing = True
            await self._producer.commit_transaction()
        except Exception as error:
            if self._was_fenced(error):
                raise Fenced(f"partition {self.partition} belongs to another worker now, or its transaction took too long") from error
            if committing:
                raise OutcomeUnknown(f"partition {self.partition}: the broker did not say whether it committed: {error!r}") from error
            raise
        # Each batch is followed by the next one's first offset, the last one by the marker.
        return {topic: max(offsets) for topic, offsets in ends.items() if offsets}

    def _was_fenced(self, error: Exception) -> bool:
        """Say whether *error* comes of the coordinator having aborted the transaction: for a newer owner, or for its age.

        aiokafka hears of it in its sender task. What is called next fails for being in no transaction, and only the
        transaction's own result says why. A commit that meets the aborted transaction is told that its state is wrong.
        """
        result = self._producer._txn_manager.wait_for_transaction_end()  # noqa: SLF001
        why = result.exception() if result.done() and not result.cancelled() else None
        causes = (error, error.__cause__, why, why and why.__cause__)
        return any(isinstance(each, (ProducerFenced, InvalidProducerEpoch, InvalidTxnState)) for each in causes)

    async def _send(self, topic: str, messages: Iterable[Message]) -> list[tuple[asyncio.Future[Any], int]]:
        """Send *messages* in batches built whole; return each batch's future and number of records."""
        sent = []
        now = int(time.time() * 1000)
        batch = self._producer.create_batch()
        for key, value, headers in messages:
            if batch.append(key=key, value=value, timestamp=now, headers=headers) is None:
                sent.append((await self._producer.send_batch(batch, topic, partition=self.partition), batch.record_count()))
                batch = self._producer.create_batch()
                if batch.append(key=key, value=value, timestamp=now, headers=headers) is None:
                    raise ValueError(f"a record of {len(value or b'')} bytes does not fit into a batch of {BATCH_BYTES} bytes")
        if count := batch.record_count():
            batch.close()
            sent.append((await self._producer.send_batch(batch, topic, partition=self.partition), count))
        return sent

    def _expire(self, newest_ms: int) -> None:
        """Forget live rows that no play can count under any more; keys start with their second."""
        self._newest_second = max(self._newest_second, newest_ms // 1000)
        if self._newest_second < self._expired_second + EXPIRE_EVERY_SECONDS:
            return
        self._expired_second = self._newest_second
        kept_from = datetime.fromtimestamp(self._newest_second - LIVE_KEPT_SECONDS, UTC)
        self._live.forget_before(b'["' + kept_from.strftime("%Y-%m-%d %H:%M:%S").encode())


def _absolute(rows: Rows, added: Mapping[PlayKey, int]) -> list[tuple[bytes, bytes]]:
    """Return each packed key with its new absolute value: a record that is applied twice changes nothing."""
    keys = pack_keys(added)
    return [(key, pack_plays(plays + int(old or 0))) for key, plays, old in zip(keys, added.values(), rows.values(keys), strict=True)]
