"""Following: what has been read of the changelogs and waits to be folded, cut where tables and watermark agree. No I/O."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message

from tables.grain import WATERMARK_KEY, Watermark, unpack_watermark
from tables.warehouse import Batch, TopicPosition

log = logging.getLogger(__name__)

MOST_ROWS = 150_000
"""Rows held before they are folded; with one transaction of each partition, what bounds the server's memory while it catches up."""
SAFE_SECONDS = 300.0
"""A follower that was at a changelog's end this recently cannot have missed what compaction removed: its lag is 600 s."""


class FlushPlan(NamedTuple):
    """What a flush follows."""

    source: str
    daily: str
    live: str
    partitions: int
    kafka: Mapping[str, Any]
    """Client settings for a consumer of confluent-kafka."""
    flush_seconds: float

    @property
    def changelogs(self) -> list[TopicPosition]:
        """Every changelog partition."""
        return [TopicPosition(topic, partition) for topic in (self.daily, self.live) for partition in range(self.partitions)]


class Stale(Exception):
    """Following was interrupted for so long that it must begin anew."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How the warehouse stands, replaced whole after each flush."""

    ready: bool = False
    reason: str = "the follower has not started"
    as_of: float = 0.0
    """Every play recorded until then is in the warehouse; seconds since 1970."""
    log_end: Mapping[int, int] | None = None
    """The source topic's end by partition, at the last flush."""


class Following:
    """What has been read of the changelogs and not been folded yet: bookkeeping, with the time passed in."""

    def __init__(self, watermarks: Mapping[int, Watermark], plan: FlushPlan) -> None:
        """Go on from *watermarks*, those of the warehouse."""
        self._plan = plan
        self._waiting: dict[int, dict[bytes, bytes]] = {partition: {} for partition in range(plan.partitions)}
        self._read: dict[int, int] = {}
        """Daily changelog offsets after the newest row that waits."""
        self._batch = Batch()
        self._watermarks = dict(watermarks)
        self._behind = set(plan.changelogs)
        self._busy: dict[TopicPosition, float] = {}
        """Since when a changelog was not at its end."""
        self._complete: dict[int, float] = {}
        """When all records of a partition of the source were folded, as far as was seen; seconds since 1970."""
        self._taken_at: float | None = None

    @property
    def rows(self) -> int:
        """Rows held in memory."""
        return self._batch.rows + sum(map(len, self._waiting.values()))

    @property
    def full(self) -> bool:
        """Whether enough rows are held, and some of them can be folded: a transaction is read to its watermark, however many it has."""
        return self.rows >= MOST_ROWS and bool(self._batch.positions or any(map(self._too_many, self._waiting)))

    def take(self, messages: Sequence[Message], now: float) -> None:
        """Take *messages* in, at *now* on a steady clock; a watermark makes its partition's rows before it foldable.

        Raises:
            Stale: the last call is so long ago that compaction may have passed; follow anew.
        """
        if self._taken_at is not None and now - self._taken_at > SAFE_SECONDS:
            raise Stale
        self._taken_at = now
        daily, live = self._plan.daily, self._plan.live
        batch, waiting, read, busy = self._batch, self._waiting, self._read, self._busy
        for message in messages:
            partition: Any = message.partition()  # typed as optional; set on every message
            if (error := message.error()) is not None:
                self._take_error(message, error)
                continue
            key: Any = message.key()
            value: Any = message.value()
            next_offset = (message.offset() or 0) + 1
            if message.topic() == live:
                tp = TopicPosition(live, partition)
                batch.live.setdefault(partition, {})[key] = value
                batch.positions[tp] = next_offset
            else:
                tp = TopicPosition(daily, partition)
                if key == WATERMARK_KEY:
                    batch.daily.setdefault(partition, {}).update(waiting[partition])
                    waiting[partition] = {}
                    batch.positions[tp] = next_offset
                    batch.watermarks[partition] = unpack_watermark(value)
                else:
                    waiting[partition][key] = value
                    read[partition] = next_offset
            if tp not in busy:
                busy[tp] = now
        for tp, since in busy.items():
            if now - since > SAFE_SECONDS:
                self._behind.add(tp)

    def cut(self) -> Batch:
        """Return what can be folded; the warehouse takes it, or following starts anew.

        While catching up with a compacted changelog, all of its rows can stand before its one watermark: when they are
        too many to hold they are folded without one, and the warehouse then claims none for their partition.
        """
        batch, self._batch = self._batch, Batch()
        for partition, rows in self._waiting.items():
            if self._too_many(partition):
                batch.daily.setdefault(partition, {}).update(rows)
                batch.positions[TopicPosition(self._plan.daily, partition)] = self._read[partition]
                batch.watermarks[partition] = None
                self._waiting[partition] = {}
        self._watermarks.update({partition: watermark or Watermark() for partition, watermark in batch.watermarks.items()})
        return batch

    def _too_many(self, partition: int) -> bool:
        """Say whether the rows that wait for a watermark of *partition* do so while catching up, and are its share of what is held."""
        behind = TopicPosition(self._plan.daily, partition) in self._behind
        return behind and len(self._waiting[partition]) > MOST_ROWS // self._plan.partitions

    @property
    def behind(self) -> int:
        """Changelogs whose end has not been reached since the start, or for so long that compaction may have passed."""
        return len(self._behind)

    def as_of(self, now: float, log_end: Mapping[int, int], before: float = 0.0) -> float:
        """Return until when every record of the source is counted and folded; seconds since 1970, as *now* is.

        A partition where records wait is complete until it had none that waited, or until its newest counted play: a record on one that
        was silent for an hour makes nothing an hour older. One that was never counted, or seen without such, leaves it at *before*.
        """
        moments = []
        for partition, end in log_end.items():
            mark = self._watermarks.get(partition, Watermark())
            if mark.next_offset >= end:
                self._complete[partition] = now
            moments.append(max(self._complete.get(partition, 0.0), mark.newest_ms / 1000 or before))
        return min([now, *moments])

    def freshness(self, before: Freshness, now: float, log_end: Mapping[int, int] | None) -> Freshness:
        """Return how the warehouse stands after a flush at *now*; without *log_end*, as fresh as it was *before*."""
        as_of = before.as_of if log_end is None else self.as_of(now, log_end, before.as_of)
        reason = ""
        if self._behind:
            reason = f"the follower reads the changelogs: {self.behind} of {len(self._plan.changelogs)} partitions to go"
        elif not as_of:
            reason = (
                f"none of the records on a partition of {self._plan.source} is counted yet: the counting worker starts, or does not run"
            )
        return Freshness(not reason, reason, as_of, log_end or before.log_end)

    def _take_error(self, message: Message, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  (its public name)
            tp = TopicPosition(message.topic() or "", message.partition() or 0)
            self._busy.pop(tp, None)
            self._behind.discard(tp)
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):  # noqa: SLF001
            raise KafkaException(error)
        else:
            log.warning("following the changelogs: %s", error)
