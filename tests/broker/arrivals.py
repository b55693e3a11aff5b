"""Arrivals: plays that keep coming while something happens, and which of them the broker acknowledged."""

import threading
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

from confluent_kafka import KafkaError

from tests.broker.site import Site
from tests.broker.waiting import until

TICK_SECONDS = 0.1


class Arrivals(threading.Thread):
    """Sends *values* at *per_second*; an idempotent producer, as the README asks for."""

    def __init__(self, site: Site, values: Iterator[bytes | None], per_second: int) -> None:
        super().__init__(name="arrivals", daemon=True)
        self._site, self._values, self._per_second = site, values, per_second
        self._over = threading.Event()
        self._failed: BaseException | None = None
        self._offsets = [array("q") for _ in range(site.partition_count)]
        self._checksums = [array("L") for _ in range(site.partition_count)]

    @property
    def acknowledged(self) -> int:
        """How many plays the broker has."""
        return sum(map(len, self._checksums))

    def run(self) -> None:
        try:
            with self._site.producer(enable_idempotence=True) as producer:
                while not self._over.wait(TICK_SECONDS):
                    self._site.send(producer, islice(self._values, round(self._per_second * TICK_SECONDS)), heard=self._hear)
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            self._failed = error

    def end(self) -> None:
        """Send no more; raises what sending ran into."""
        self._over.set()
        self.join()
        if self._failed is not None:
            raise AssertionError("plays could not be sent") from self._failed

    def acknowledged_in(self, partition: int) -> Iterator[tuple[int, int]]:
        """Yield offset and checksum of each acknowledged play."""
        return zip(self._offsets[partition], self._checksums[partition], strict=True)

    def _hear(self, error: KafkaError | None, message: Any) -> None:
        if error is None:
            self._offsets[message.partition()].append(message.offset())
            self._checksums[message.partition()].append(checksum(message.value()))


def checksum(value: bytes | None) -> int:
    return zlib.crc32(value or b"")


@contextmanager
def arriving(site: Site, values: Sequence[bytes | None] | Iterator[bytes | None], per_second: int = 5_000) -> Iterator[Arrivals]:
    """Let plays arrive meanwhile; a sequence of them over and over."""
    arrivals = Arrivals(site, cycle(values) if isinstance(values, Sequence) else values, per_second)
    arrivals.start()
    try:
        until(lambda: arrivals.acknowledged or not arrivals.is_alive(), "plays arrive")
        yield arrivals
    finally:
        arrivals.end()
