"""Audit: recounts the topic with a consumer, a parser and sums of its own, below exactly the watermarks that answers name."""

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from app.audit_rules import read_play
from app.contact import range_of

FactKey = tuple[str, str, str, str, int]
"""(date, song, country, source, partition)"""
Vector = tuple[int, ...]
"""A watermark, the first offset that is not counted, for each partition from 0 on."""
Say = Callable[[str], None]

FETCH_RECORDS = 10_000
QUIET_SECONDS = 30.0
"""A broker that has records sends some sooner."""
SAY_SECONDS = 5.0
BROKER_SECONDS = 10.0
CONSUMER = {
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
    "check.crcs": True,
    "fetch.wait.max.ms": 100,
    "queued.max.messages.kbytes": 32 << 10,
    "log_level": 2,
}


class CannotProve(Exception):
    """What was counted cannot be counted again; the message says why."""


class Counts:
    """What some records count as."""

    def __init__(self) -> None:
        """Be those of no record."""
        self.by_date: dict[str, Counter[FactKey]] = {}
        self.consumed: Counter[int] = Counter()
        self.rejected: Counter[int] = Counter()

    @property
    def plays(self) -> int:
        """How many of the records are plays."""
        return self.consumed.total() - self.rejected.total()

    def take(self, partition: int, value: bytes | None, timestamp_ms: int) -> None:
        """Count one record."""
        self.consumed[partition] += 1
        play = read_play(value, timestamp_ms)
        if play is None:
            self.rejected[partition] += 1
        else:
            self.by_date.setdefault(play.date, Counter())[(*play, partition)] += 1

    def add(self, other: "Counts") -> None:
        """Count what *other* has counted."""
        self.consumed.update(other.consumed)
        self.rejected.update(other.rejected)
        for date, counts in other.by_date.items():
            self.by_date.setdefault(date, Counter()).update(counts)


class Recount:
    """One pass over a topic, for several *vectors* at once, each at least the one before in every partition."""

    def __init__(self, kafka: Mapping[str, Any], topic: str, vectors: Sequence[Vector], say: Say) -> None:
        """Connect with the client settings *kafka*, for a consumer; close it in the end."""
        self._topic, self._vectors, self._say = topic, vectors, say
        self._between = [Counts() for _ in vectors]
        """The records from the vector before on, below this one."""
        self._consumer = Consumer({**kafka, **CONSUMER})
        self.starts: dict[int, int] = {}
        """The first offset that each partition still holds."""

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def find_starts(self) -> None:
        """Ask what the topic holds.

        Raises:
            CannotProve: a partition ends before what was counted.
            KafkaException: no broker answers, or a partition has no leader for 10 s.
        """
        for partition, watermark in enumerate(self._vectors[-1]):
            self.starts[partition], end = self._range(partition)
            if end < watermark:
                raise CannotProve(
                    f"cannot prove partition {partition}, offsets {end}..{watermark - 1}: the topic {self._topic} ends at {end} now. "
                    "It was recreated, or is not the one that was counted"
                )

    def read(self) -> None:
        """Count every record below the last vector.

        Raises:
            CannotProve: retention passed the reader, or the broker sends nothing more.
            KafkaException: the broker refuses.
        """
        goals = {partition: goal for partition, goal in enumerate(self._vectors[-1]) if goal > self.starts[partition]}
        bounds = {partition: [vector[partition] for vector in self._vectors] for partition in goals}
        positions = {partition: self.starts[partition] for partition in goals}
        self._consumer.assign([TopicPartition(self._topic, partition, start) for partition, start in positions.items()])
        heard = said = time.monotonic()
        while unfinished := {partition for partition, goal in goals.items() if positions[partition] < goal}:
            messages = self._consumer.consume(FETCH_RECORDS, 0.2)
            self._take(messages, bounds, positions)
            now = time.monotonic()
            if messages:
                heard = now
            elif now - heard > QUIET_SECONDS:
                raise CannotProve(
                    f"cannot prove partitions {sorted(unfinished)}: the broker sent nothing for {QUIET_SECONDS:g} s; run it again"
                )
            if now - said > SAY_SECONDS:
                said, left = now, sum(goals[partition] - positions[partition] for partition in unfinished)
                self._say(f"{sum(counts.consumed.total() for counts in self._between):,} records recounted, {left:,} offsets to go")
            if done := [TopicPartition(self._topic, partition) for partition in unfinished if positions[partition] >= goals[partition]]:
                self._consumer.pause(done)  # plays keep arriving

    def at_each_vector(self) -> Iterator[tuple[Vector, Counts]]:
        """Yield each vector with the counts below it; they grow from one to the next."""
        counts = Counts()
        for vector, between in zip(self._vectors, self._between, strict=True):
            counts.add(between)
            yield vector, counts

    def _range(self, partition: int) -> tuple[int, int]:
        return range_of(self._consumer, TopicPartition(self._topic, partition), BROKER_SECONDS)

    def _take(self, messages: Sequence[Message], bounds: Mapping[int, list[int]], positions: dict[int, int]) -> None:
        """Count *messages* between the vectors where they belong, and move *positions* past them."""
        between, last = self._between, len(self._vectors)
        for message in messages:
            partition, offset = message.partition() or 0, message.offset() or 0
            if (error := message.error()) is not None:
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  (its public name)
                    self._refuse(partition, positions, error)
                positions[partition] = max(positions[partition], offset)  # records that only control transactions have offsets too
                continue
            place = bisect_right(bounds[partition], offset)
            if place < last:
                between[place].take(partition, message.value(), message.timestamp()[1])
            positions[partition] = offset + 1

    def _refuse(self, partition: int, positions: Mapping[int, int], error: KafkaError) -> None:
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):  # noqa: SLF001
            start, _ = self._range(partition)
            gone = f"{positions[partition]}..{start - 1}"
            raise CannotProve(f"cannot prove partition {partition}, offsets {gone}: they were deleted during the recount")
        if error.fatal() or not error.retriable():
            raise KafkaException(error)
