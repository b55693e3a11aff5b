"""Flush: follows every changelog and folds it into the warehouse each second, cut where tables and watermark agree.

It assigns itself all partitions and joins no group, so that any number of servers follow side by side. Daily records
after a partition's last watermark wait for the next one: any snapshot's daily counts are a prefix of what was counted.
Live records do not wait.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tables.consuming import ALONE
from tables.following import MOST_ROWS, SAFE_SECONDS, FlushPlan, Following, Freshness, Stale
from tables.resting import Pauses
from tables.room import Room
from tables.songs import Songs
from tables.warehouse import Warehouse

log = logging.getLogger(__name__)

FETCH_RECORDS = 256
"""So many take half a millisecond of Python to take in, after which others get its lock; see `tables.resting`."""
SHARE_OF_PROCESSOR = 0.3
"""What reading records and keys takes while others are answered: some 30 ms a second, which become 100."""
ROWS_PER_SECOND = 20_000
"""Twice what 5,000 plays a second make in both tables: what comes faster is a backlog, with less rest, and none for MOST_ROWS."""
OFFSETS_TIMEOUT_SECONDS = 2.0
NOW = -1
"""The time that asks Kafka for a partition's end: so all are asked for at once, and not one after the other."""
CONSUMER_SETTINGS = {
    **ALONE,
    "fetch.wait.max.ms": 100,
    "queued.max.messages.kbytes": 32 << 10,
    "max.partition.fetch.bytes": 4 << 20,
}
RETRY_SECONDS = 1.0


class Flush(threading.Thread):
    """The follower's thread. Errors outside the counting path degrade: it says so, reopens the warehouse and tries again."""

    def __init__(
        self, warehouse: Warehouse, plan: FlushPlan, songs: Callable[[], Songs], room: Room, folded: Callable[[float], object]
    ) -> None:
        """Open and follow nothing until `start`.

        *songs* gives those of now, which name what is served; *room* is for its file; *folded* is told how many seconds each fold took.
        """
        super().__init__(name="flush", daemon=True)
        self.freshness = Freshness()
        self.listeners: set[Callable[[], None]] = set()
        """Called in this thread each time that the freshness was renewed."""
        self._warehouse, self._plan, self._songs, self._room, self._folded = warehouse, plan, songs, room, folded
        self._stopping = threading.Event()
        self._pauses = Pauses(SHARE_OF_PROCESSOR, min(ROWS_PER_SECOND * plan.flush_seconds, SHARE_OF_PROCESSOR * MOST_ROWS))
        self._failed = ""
        """What it failed of and has not mended since."""

    def stop(self) -> None:
        """End after the running fold; returns when the thread has ended."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def renew(self, freshness: Freshness) -> None:
        """Say that the warehouse stands at *freshness* from now on, to whoever listens."""
        self.freshness = freshness
        for heard in tuple(self.listeners):
            heard()

    def run(self) -> None:
        """Open the warehouse and follow until stopped."""
        usable = False
        while not self._stopping.is_set():
            try:
                if not usable:
                    if self._lacks_room():
                        continue  # opening the file writes to it
                    self._warehouse.reopen()
                usable = True
                self._follow()
            except Stale:
                log.warning("the follower was stopped for more than %.0f s, it reads on as if it had just started", SAFE_SECONDS)
                self._warehouse.forget()  # until it is ready again, what it folds may lack keys that compaction removed
            except Exception as error:  # whatever it is: a follower that ends would never heal
                usable = False
                self._warehouse.suspect(error)
                if str(error) != self._failed:  # said once: it may go on for hours, and the log may be on the disk that is full
                    self._failed = str(error)
                    log.exception("the flush failed; it reopens the warehouse and follows on from its positions")
                self.renew(Freshness(reason=f"the flush failed and tries again: {error}", as_of=self.freshness.as_of))
                self._stopping.wait(RETRY_SECONDS)

    def _follow(self) -> None:
        self.renew(Freshness(reason="the follower reads the changelogs", as_of=self.freshness.as_of))
        consumer = Consumer({**self._plan.kafka, **CONSUMER_SETTINGS})
        try:
            consumer.assign(self._starts(consumer))
            following = Following(self._warehouse.balance.watermarks, self._plan)
            while not self._stopping.is_set():
                self._flush(consumer, following)
        finally:
            consumer.close()

    def _starts(self, consumer: Consumer) -> list[TopicPartition]:
        """Return where each changelog goes on, after a check that it still holds that offset."""
        positions = self._warehouse.positions()
        if foreign := positions.keys() - set(self._plan.changelogs):
            log.error("the warehouse was filled from other changelogs (%s): rebuilding it", ", ".join(sorted({tp.topic for tp in foreign})))
            self._warehouse.rebuild()
            positions = {}
        starts = []
        for tp in self._plan.changelogs:
            low, high = consumer.get_watermark_offsets(TopicPartition(*tp), timeout=OFFSETS_TIMEOUT_SECONDS)
            position = positions.get(tp, low)
            if position > high:
                log.error(
                    "%s partition %s ends at %s, the warehouse reaches %s: it was filled from another changelog, rebuilding it",
                    *tp,
                    high,
                    position,
                )
                self._warehouse.rebuild()
                return self._starts(consumer)
            starts.append(TopicPartition(*tp, max(position, low)))
        return starts

    def _flush(self, consumer: Consumer, following: Following) -> None:
        """Read for a flush interval, or until enough rows wait, and fold what can be cut."""
        until = time.monotonic() + self._plan.flush_seconds
        self._pauses.begin()  # anew, so that no pause is made for what else this thread did
        while (left := until - time.monotonic()) > 0 and not following.full and not self._stopping.is_set():
            following.take(consumer.consume(FETCH_RECORDS, min(left, 0.1)), _steady())
            self._rest()
        if self._lacks_room():
            return
        self._warehouse.rename(self._songs())  # before the cut: an error must not lose rows that were cut and not folded
        now, log_end = time.time(), self._log_end(consumer)
        batch = following.cut()
        if batch.positions:
            began = time.perf_counter()
            self._pauses.keep_up(batch.rows)
            self._pauses.begin()
            self._warehouse.fold(batch, self._rest)
            self._folded(time.perf_counter() - began)
        freshness = following.freshness(self.freshness, now, log_end)
        if freshness.ready:  # nobody is answered before, and catching up goes faster without
            self._warehouse.load()
        self.renew(freshness)
        if self._failed:
            self._failed = ""
            log.warning("the flush goes on")

    def _rest(self) -> None:
        """Leave Python's lock to others for a moment, if anybody is answered and this goes on."""
        if self.freshness.ready and not self._stopping.is_set():
            self._pauses.rest()

    def _lacks_room(self) -> bool:
        """Say whether the disk has no room for the file; if so, tell whoever asks and wait a moment."""
        if lacking := self._room.lacking:
            self.renew(replace(self.freshness, ready=False, reason=lacking))
            self._stopping.wait(RETRY_SECONDS)
        return bool(lacking)

    def _log_end(self, consumer: Consumer) -> dict[int, int] | None:
        """Return the source topic's ends; None while no broker answers, when answers go on from what is known."""
        asked = [TopicPartition(self._plan.source, partition, NOW) for partition in range(self._plan.partitions)]
        why: object
        try:
            ends = consumer.offsets_for_times(asked, timeout=OFFSETS_TIMEOUT_SECONDS)
        except KafkaException as error:
            why = error
        else:
            silent = next((end for end in ends if end.error is not None or end.offset < 0), None)
            if silent is None:
                return {end.partition: end.offset for end in ends}
            why = f"partition {silent.partition}: {silent.error or 'no answer'}"
        log.warning("the broker does not say how long %s is: %s", self._plan.source, why)
        return None


def _steady() -> float:
    """Return seconds on a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
