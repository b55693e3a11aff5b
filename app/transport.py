"""The batching transport: hands the agent one slice of a partition at a time, where Faust hands it one record.

This module touches private parts of Faust's and aiokafka's consumers, as `tables/store.py` and one line of `tables/ledger.py` do; all are
pinned, and `tests/broker/test_transport.py` fails when they change. What it overrides, and why:

- Faust spawns a task pair per record, which bounds a stream at about 10,000 records/s: a slice is one message.
- Faust reads uncommitted records outside its own exactly-once mode: plays of an aborted transaction would count.
- Faust recovers tables from changelogs one event at a time and waits for the last offset, which is a commit marker and
  never arrives: changelogs look empty to it here, and the ledgers recover themselves, in batches.
- Faust seeks to the group's committed offsets after a rebalance: here to the ledgers' watermarks.
- Faust keeps each offset of a gap between two messages to find out what it may commit to the group, a number a play:
  slices follow on each other and are acknowledged in order, so the newest acknowledged one is the answer.
- Faust passes over the errors of the group that aiokafka keeps for its user, and aiokafka then waits, for ever; and it knows
  no word for a member whose name another process took: it would take the name back, and so on in turn. Both end the process.
- The broker gathers records for GATHER_MILLISECONDS, since a small transaction costs nearly as much as a large one.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import OffsetResetStrategy
from aiokafka.errors import OffsetOutOfRangeError, UnknownMemberIdError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import JoinGroupRequest
from faust.transport.consumer import RecordMap
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

SCHEME = "slices"
GATHER_MILLISECONDS = 200
GATHER_BYTES = 256 * 1024
FENCED_INSTANCE_CODE = 82
"""The broker's word for a static member whose instance id another member took; aiokafka 0.14 does not know it."""


class Slice(NamedTuple):
    """Every committed record of a partition's offsets [start, next): control records leave legitimate gaps in between."""

    partition: int
    start: int
    next: int
    records: Sequence[ConsumerRecord[bytes, bytes]]
    epoch: int
    """Number of the seek that it was fetched after; an older slice than the last seek is stale."""


class Positions(Protocol):
    """Where consuming starts: what the transport asks of the application."""

    source: str
    client_id: str
    """By which the group shows this member."""

    def seeked(self, epoch: int) -> Mapping[int, int] | None:
        """Return the next offset to count by partition, from now on only slices of *epoch* are fresh; None during a rebalance."""
        ...

    def out_of_range(self, partition: int, at: int) -> None:
        """Hear that the source has no offset *at*; blocking; does not return."""
        ...

    def replaced(self) -> None:
        """Hear that another process took this one's place in the group; does not return."""
        ...

    def ended(self, error: BaseException) -> None:
        """Hear that membership in the group ended with *error*; returns when nobody counts any more."""
        ...

    def rebalances(self) -> None:
        """A rebalance begins: no slice is fresh until the seek that ends it, and it waits for those that are being counted."""
        ...


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches in a thread of its own, so that heartbeats go on while the loop counts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.starts: dict[TP, int] = {}
        self.epoch = 0
        self.sought: Any = None
        """The assignment that was last sought."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._client._client_id = cast(Positions, self.consumer.app).client_id  # Faust's setting is read too early
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = GATHER_MILLISECONDS
        consumer._fetch_min_bytes = GATHER_BYTES
        return consumer

    async def on_start(self) -> None:
        """Start the consumer; it joins the group when it subscribes, later."""
        await super().on_start()
        if (coordinator := getattr(self._consumer, "_coordinator", None)) is not None:
            hold_place(coordinator, cast(Positions, self.consumer.app))

    def allow_resets(self) -> None:
        """Let newly assigned partitions, changelogs among them, begin anywhere until the seek."""
        if self._consumer is not None:
            self._consumer._fetcher._default_reset_strategy = OffsetResetStrategy.EARLIEST

    async def seek_slices(self, starts: Mapping[TP, int], epoch: int) -> None:
        """Start at *starts*. Runs in the thread and never yields, so that no slice spans the seek."""
        if epoch < self.epoch:
            return  # overtaken by a later seek
        consumer = self._ensure_consumer()
        # Changelogs are assigned with the source, and would be fetched in advance and never read.
        consumer.pause(*(tp for tp in consumer.assignment() if TP(*tp) not in starts))
        # Without a reset strategy an offset that retention deleted is an error, never a silent jump.
        consumer._fetcher._default_reset_strategy = OffsetResetStrategy.NONE
        for tp, offset in starts.items():
            consumer.seek(TopicPartition(*tp), offset)
        self.starts, self.epoch, self.sought = dict(starts), epoch, consumer._subscription.subscription.assignment

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> RecordMap:
        try:
            fetched: dict[TP, list[Any]] = dict(
                await super()._fetch_records(consumer, active_partitions, timeout=timeout, max_records=max_records)
            )
        except BaseException as error:
            self.sought = None  # records of other partitions may be lost with it: no slice until the next seek
            if isinstance(error, OffsetOutOfRangeError):
                for tp, at in error.args[0].items():
                    await asyncio.to_thread(cast(Positions, self.consumer.app).out_of_range, tp.partition, at)
            raise
        assignment = consumer._subscription.subscription.assignment
        if assignment is not self.sought or not assignment.active:
            return {}  # of a new assignment: the seek that follows it fetches these again
        for tp, start in self.starts.items():
            state = assignment.state_value(TopicPartition(*tp))
            position = state.position if state.has_valid_position else start
            records = fetched.pop(tp, [])
            if position > start:  # records, or control records alone: an idle position moves the watermark too
                fetched[tp] = [Slice(tp.partition, start, position, records, self.epoch)]
                self.starts[tp] = position
        return fetched


def hold_place(coordinator: Any, positions: Positions) -> None:
    """Let *positions* hear when a static member loses its place in the group.

    aiokafka's heartbeats and commits do not name the instance, so a member that was replaced hears that it is unknown, as does
    one whose session is over. It must not forget its id then: only joining with it tells which of the two is the case.
    """
    send = coordinator._send_req

    async def send_as_member(request: Any) -> Any:
        answer = await send(request)
        code = getattr(answer, "error_code", 0)
        if code == FENCED_INSTANCE_CODE:
            positions.replaced()
        if code == UnknownMemberIdError.errno and isinstance(request, JoinGroupRequest):
            coordinator.member_id = JoinGroupRequest.UNKNOWN_MEMBER_ID  # its session is over: it joins as a new member
        return answer

    def reset_generation() -> None:
        coordinator.generation = OffsetCommitRequest.DEFAULT_GENERATION_ID
        coordinator.request_rejoin()

    def push_error_to_user(error: BaseException) -> Awaitable[None]:
        positions.ended(error)
        raise error

    def over(task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            positions.ended(error)

    coordinator._send_req, coordinator.reset_generation = send_as_member, reset_generation
    coordinator._push_error_to_user = push_error_to_user
    coordinator._coordination_task.add_done_callback(over)


class Consumer(driver.Consumer):
    """Delivers slices of the source topic and leaves recovery to the ledgers."""

    _thread: ConsumerThread
    epoch = 0

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Answer that every changelog is empty: there is nothing that Faust should recover."""
        return dict.fromkeys(partitions, 0)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Begin a rebalance."""
        cast(Positions, self.app).rebalances()
        self._thread.allow_resets()
        await super().on_partitions_revoked(revoked)

    def on_buffer_full(self, tp: TP) -> None:
        """Keep fetching: Faust would pause the partition, and sleep a second once all are paused. The bounded buffer blocks."""

    async def perform_seek(self) -> None:
        """Seek the source to the watermarks, whatever the group committed.

        Faust also does it when a rebalance interrupts a fetch; the seek that ends the rebalance is the one that counts.
        """
        positions = cast(Positions, self.app)
        offsets = positions.seeked(self.epoch + 1)
        if offsets is None:
            return
        self.epoch += 1
        self.app.flow_control.suspend()  # Faust clears buffers when it resumes: no slice may be in one before that
        starts = {tp: offsets[tp.partition] for tp in self.assignment() if tp.topic == positions.source and tp.partition in offsets}
        await self._thread.call_thread(self._thread.seek_slices, starts, self.epoch)
        for tp, offset in starts.items():
            self._read_offset[tp] = self._committed_offset[tp] = offset or None
            self._acked.pop(tp, None)
            self._acked_index.pop(tp, None)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Keep nothing: slices follow on each other."""

    def _new_offset(self, tp: TP) -> int | None:
        """Return the offset to commit to the group, for tools that show lag; nothing here reads it."""
        acked = self._acked[tp]
        if not acked:
            return None
        newest = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return newest + 1

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if type(record) is not Slice:
            return super()._to_message(tp, record)
        newest = record.records[-1] if record.records else None
        timestamp = newest.timestamp / 1000 if newest else 0.0
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.next - 1,
            timestamp,
            timestamp_type=0,
            headers=None,
            key=None,
            value=cast(Any, record),
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )


class Transport(driver.Transport):
    """Faust's aiokafka transport with sliced consumers."""

    Consumer = Consumer


def register() -> None:
    """Make `slices://` broker URLs use this transport."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
