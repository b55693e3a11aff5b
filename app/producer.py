"""The producer: sends simulated plays to Kafka at an even rate, or as fast as it can."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from app.contact import LOG_LEVEL, meet
from app.simulation import Pace, Simulation
from tables.songs import Songs

__all__ = ["NotDelivered", "NotReachable", "Produced", "produce"]

HISTORY_COUNT = 1_000_000
TICK_SECONDS = 0.025
BATCH_MOST = 5_000
UNKNOWN_SHARE = 0.0005
"""Of plays of songs that the catalogue does not know."""
SAY_SECONDS = 5.0
TOPIC_SECONDS = 15.0
FLUSH_SECONDS = 30.0
STOPPED_FLUSH_SECONDS = 5.0
QUEUE_FULL_SECONDS = 0.02

CLIENT_OPTIONS: Mapping[str, str | int | bool] = {
    # A retry inside the client must not become a second play.
    "enable.idempotence": True,
    "compression.type": "lz4",
    "linger.ms": 20,
    "batch.num.messages": 20_000,
    "batch.size": 900_000,
    "queue.buffering.max.messages": 200_000,
    # A partition for each play by itself: sticking to one for a while leaves few plays on few partitions.
    "sticky.partitioning.linger.ms": 0,
    # What succeeded is what was sent less what failed, so Python hears of failures only.
    "delivery.report.only.error": True,
    "log_level": LOG_LEVEL,  # `_heard` tells of refused connections now and then
}


class NotReachable(ConnectionError):
    """The Kafka that answers has no such topic; nothing was sent."""


class NotDelivered(RuntimeError):
    """Some plays may not have arrived; `produced` has the counts."""

    def __init__(self, produced: "Produced", why: str) -> None:
        """Tell how many of what was *produced* failed, and *why* the first did."""
        super().__init__(
            f"{produced.failed:,} of {produced.sent:,} plays were not delivered ({why}); "
            "see whether the broker is up and takes them, then send again"
        )
        self.produced = produced


@dataclass(frozen=True, slots=True)
class Produced:
    """How many plays were sent, how many of those failed to arrive or were bad on purpose, and how long it took."""

    sent: int
    failed: int
    bad: int
    seconds: float

    @property
    def rate(self) -> float:
        """Plays sent a second."""
        return self.sent / self.seconds if self.seconds else 0.0


def produce(  # noqa: PLR0913  (keywords, one for each option of the command)
    kafka: Mapping[str, Any],
    topic: str,
    songs: Songs,
    *,
    rate: float = 5000,
    count: int | None = None,
    seed: int = 7,
    days: int = 0,
    bad_share: float = 0.001,
    stop: threading.Event | None = None,
    say: Callable[[str], None] = print,
) -> Produced:
    """Send plays of *songs* until *count* of them are sent or *stop* is set, *rate* a second; 0 is as fast as it can.

    Plays happen now; with *days* their times spread over so many past days, and *count* is HISTORY_COUNT unless given.
    *say* gets a line every SAY_SECONDS. *kafka*: client settings for confluent-kafka.

    Raises:
        ValueError: an argument is out of its range.
        BrokerUnreachable: no broker answered.
        NotReachable: the Kafka has no *topic*.
        NotDelivered: some plays did not arrive.
    """
    for name, value in (("rate", rate), ("count", count or 0), ("days", days)):
        if value < 0:
            raise ValueError(f"{name} is {value}: it is a number from 0 on")
    stop = stop or threading.Event()
    simulation = Simulation(songs, seed=seed, bad_share=bad_share, unknown_share=UNKNOWN_SHARE)
    if days:
        count = HISTORY_COUNT if count is None else count
    past = _Past(simulation, count, days) if days and count else None
    sending = _Sending(kafka, topic, stop, say)
    started = said = time.monotonic()
    said_sent = 0
    try:
        for due in _due(rate, count, stop):
            sending.send(past.take(due) if past else simulation.plays(due, time.time()))
            now = time.monotonic()
            if now - said >= SAY_SECONDS:
                say(f"{(sending.sent - said_sent) / (now - said):,.0f} plays/s, {sending.sent:,} sent")
                said, said_sent = now, sending.sent
    finally:
        sending.finish()
    produced = Produced(sending.sent, sending.failed, simulation.bad, time.monotonic() - started)
    if produced.failed:
        raise NotDelivered(produced, sending.why)
    return produced


def _due(rate: float, count: int | None, stop: threading.Event) -> Iterator[int]:
    """How many plays to send next, again and again; waits in between."""
    pace = Pace(rate, time.monotonic()) if rate else None
    left = count
    while not stop.is_set() and left != 0:
        due = pace.due(time.monotonic()) if pace else BATCH_MOST
        due = due if left is None else min(due, left)
        for done in range(0, due, BATCH_MOST):
            part = min(BATCH_MOST, due - done)
            left = None if left is None else left - part
            yield part
            if stop.is_set():
                return
        if pace and left != 0:
            stop.wait(TICK_SECONDS)


class _Past:
    """Plays of the past days, in whatever numbers they are asked for."""

    def __init__(self, simulation: Simulation, count: int, days: int) -> None:
        self._batches = simulation.history(count, time.time(), days, batch=BATCH_MOST)
        self._rest: list[bytes] = []

    def take(self, due: int) -> list[bytes]:
        while len(self._rest) < due:
            self._rest += next(self._batches)
        taken, self._rest = self._rest[:due], self._rest[due:]
        return taken


class _Sending:
    """The Kafka client and what became of the plays it was given."""

    def __init__(self, kafka: Mapping[str, Any], topic: str, stop: threading.Event, say: Callable[[str], None]) -> None:
        self.sent = 0
        self.failed = 0
        self.why = ""
        self._topic = topic
        self._stop = stop
        self._say = say
        self._said = 0.0
        self._fatal: KafkaError | None = None
        meet(kafka)
        self._client = Producer({**CLIENT_OPTIONS, "error_cb": self._heard, **kafka}, logger=logging.getLogger(__name__))
        # Asked by the client that sends: plays that it takes before it knows the partitions all go to one of them.
        if topic not in self._client.list_topics(timeout=TOPIC_SECONDS).topics:
            raise NotReachable(f"the Kafka at {kafka['bootstrap.servers']} has no topic {topic!r}: start the application, which creates it")

    def send(self, plays: list[bytes]) -> None:
        """Hand *plays* over to the client; while its queue is full, wait for the broker."""
        messages: list[dict[str, Any]] = [{"value": play} for play in plays]
        while messages:
            self._client.produce_batch(self._topic, messages, on_delivery=self._delivered)
            refused = [message for message in messages if "_error" in message]
            self.sent += len(messages) - len(refused)
            self._client.poll(QUEUE_FULL_SECONDS if refused else 0)
            if self._fatal:
                raise KafkaException(self._fatal)
            if refused and self._stop.is_set():
                return
            for message in refused:
                error = message.pop("_error")
                if error.name() != "_QUEUE_FULL":
                    raise KafkaException(error)
            messages = refused

    def finish(self) -> None:
        """Wait until all is delivered; after FLUSH_SECONDS what is left counts as failed."""
        left = self._client.flush(STOPPED_FLUSH_SECONDS if self._stop.is_set() else FLUSH_SECONDS)
        if left:
            self._client.purge()
            self._client.flush(1)
            self.why = self.why or "the broker did not answer in time"

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self.failed += 1
            self.why = self.why or error.str()

    def _heard(self, error: KafkaError) -> None:
        # Lost connections come back by themselves and the plays wait meanwhile; only a fatal error ends the sending.
        if error.fatal():
            self._fatal = error
        elif time.monotonic() - self._said >= SAY_SECONDS:
            self._said = time.monotonic()
            self._say(f"Kafka does not answer, plays wait for it: {error.str()}")
