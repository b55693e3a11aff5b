"""The running truth: follows the topic of plays while it grows, and knows what counts below any offset at any moment."""

import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, TopicPartition

from tests.broker.arrivals import Arrivals, checksum
from tests.broker.site import Site
from tests.broker.truth import OUTAGE, committed_reader, read_play, record_of
from tests.broker.waiting import until


class Below(NamedTuple):
    """What a partition holds below an offset."""

    records: int
    plays: int


class RunningTruth(threading.Thread):
    """Reads committed records with a parser and a client that the product does not use."""

    def __init__(self, site: Site) -> None:
        super().__init__(name="running truth", daemon=True)
        self._site = site
        self._over = threading.Event()
        self._failed: BaseException | None = None
        self._offsets = [array("q") for _ in range(site.partition_count)]
        self._plays = [array("q", [0]) for _ in range(site.partition_count)]
        """How many of the first so many records count."""
        self._checksums = [array("L") for _ in range(site.partition_count)]
        self._next = [0] * site.partition_count

    @property
    def plays(self) -> int:
        """How many have been read."""
        return sum(each[-1] for each in self._plays)

    def run(self) -> None:
        consumer = committed_reader(self._site.broker)
        try:
            consumer.assign([TopicPartition(self._site.topic, partition, 0) for partition in range(self._site.partition_count)])
            while not self._over.is_set():
                for message in consumer.consume(5_000, 0.1):
                    self._take(message)
        except BaseException as error:  # noqa: BLE001 - told to whoever asks
            self._failed = error
        finally:
            consumer.close()

    def end(self) -> None:
        self._over.set()
        self.join()

    def below(self, partition: int, offset: int) -> Below:
        """Return what the records before *offset* are; waits until they are read."""
        until(
            lambda: self._failed or self._next[partition] >= offset,
            f"partition {partition} is read to {offset}",
            why=lambda: str(self._next),
        )
        if self._failed is not None:
            raise AssertionError("the truth could not be read") from self._failed
        records = bisect_left(self._offsets[partition], offset)
        return Below(records, self._plays[partition][records])

    def assert_holds(self, arrivals: Arrivals) -> None:
        """Every play that was acknowledged is in the topic, where it was said to be."""
        for partition, offsets in enumerate(self._offsets):
            for offset, expected in arrivals.acknowledged_in(partition):
                self.below(partition, offset + 1)
                place = bisect_left(offsets, offset)
                assert offsets[place] == offset, f"partition {partition} lost the acknowledged play at {offset}"
                assert self._checksums[partition][place] == expected, f"partition {partition} holds another play at {offset}"

    def _take(self, message: Any) -> None:
        partition = message.partition()
        if (error := message.error()) is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                self._next[partition] = message.offset()
            else:
                assert error.code() in OUTAGE, error
            return
        record = record_of(message)
        self._offsets[partition].append(record.offset)
        self._plays[partition].append(self._plays[partition][-1] + (read_play(record) is not None))
        self._checksums[partition].append(checksum(record.value))
        self._next[partition] = record.offset + 1


@contextmanager
def following(site: Site) -> Iterator[RunningTruth]:
    """Read the truth meanwhile."""
    truth = RunningTruth(site)
    truth.start()
    try:
        yield truth
    finally:
        truth.end()
