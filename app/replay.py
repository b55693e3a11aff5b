"""Replay: sends rejected records to the source topic again, each once only, however often it runs or is killed.

What is sent and the mark that it was sent are one Kafka transaction. A run first starts the one transactional producer
that replays of this topic have: that ends whatever another run left open and refuses it from then on. Only then are the
marks read, so that none can be added behind the reader's back.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import NamedTuple, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from app.rejected import mark_key, read_marks, read_rejected, replayed_topic, require_topic
from app.rejected_format import Edit, Kept, Place
from app.settings import Settings
from app.topic_reader import ANSWER_SECONDS
from app.topics import Topic, declare_topics

REPLAYED_CONFIG = {"cleanup.policy": "compact"}
TRANSACTION_RECORDS = 500
TRANSACTION_BYTES = 8 << 20
TRANSACTION_SECONDS = 30
"""A killed replay holds up readers of the source for so long at most; the next run ends its transaction at once."""
HEAR_SECONDS = 2.0
MESSAGE_BYTES = 16 << 20
"""The client's own bound is out of the way: the topic's decides."""
FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)  # noqa: SLF001  (its public name)
DROPPED = (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)  # noqa: SLF001
"""What the client says of records that it drops because another was refused: that one is the reason."""


class ReplayEnded(Exception):
    """A replay ended before its end; what it had committed is sent, and marked as sent."""


@dataclass(slots=True)
class Replayed:
    """What a replay did, in records."""

    sent: int = 0
    skipped: int = 0
    """Sent before."""
    unedited: int = 0
    """In the file as they were rejected; without a file there are none."""
    unknown: tuple[int, ...] = ()
    """Lines of the file that name no rejected record."""


class Outgoing(NamedTuple):
    """A rejected record to send, with the value that it gets."""

    kept: Kept
    value: bytes | None


def replay(settings: Settings, edits: Mapping[Place, Edit] | None = None, *, kind: str | None = None, dry_run: bool = False) -> Replayed:
    """Send rejected records, of one *kind* if it is given, to the source topic again.

    Without *edits* all as they were, else those whose value was edited. Those sent before are left out, and so is what is
    rejected while this runs: a record that is rejected again is a new rejected record. A dry run sends nothing.

    Raises:
        ReplayEnded: another replay began, or the broker did not take the records.
        NoSuchTopic: there is no source topic, or none of rejected records.
        TopicMismatch: a topic has another number of partitions.
        BrokerUnreachable: no broker answered.
    """
    for topic in (settings.topic, settings.rejected_topic):
        require_topic(settings, topic)
    replayed = Replayed()
    if dry_run:
        for _ in _to_send(settings, edits, kind, replayed):
            pass
        return replayed
    declare_topics(settings, [Topic(settings.topic, {}), Topic(replayed_topic(settings), REPLAYED_CONFIG)])
    with _Sending(settings) as sending:
        for batch in _batches(_to_send(settings, edits, kind, replayed)):
            sending.send(batch)
    return replayed


def _to_send(settings: Settings, edits: Mapping[Place, Edit] | None, kind: str | None, replayed: Replayed) -> Iterator[Outgoing]:
    """Yield what is to be sent, and add up in *replayed* what becomes of each record."""
    marks = read_marks(settings)
    asked = dict(edits or {})
    for kept in read_rejected(settings):
        if kind not in (None, kept.kind):
            continue
        value = kept.value
        if edits is not None:
            if kept.place not in asked or asked[kept.place].source != kept.source:
                continue
            value = asked.pop(kept.place).value
            if value == kept.value:
                replayed.unedited += 1
                continue
        mark = mark_key(kept.source)
        if mark in marks:
            replayed.skipped += 1
            continue
        marks.add(mark)
        replayed.sent += 1
        yield Outgoing(kept, value)
    replayed.unknown = tuple(sorted(edit.line for edit in asked.values()))


def _batches(records: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """Yield *records* in parts of a transaction each."""
    batch: list[Outgoing] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.value or b"")
        if len(batch) >= TRANSACTION_RECORDS or size >= TRANSACTION_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Sending:
    """The transactional producer of all replays of a topic: whoever enters last is the only one that sends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._refused = ""
        silent = logging.getLogger(f"{__name__}.client")  # a fenced producer logs at every level what is raised as well
        silent.setLevel(logging.CRITICAL + 1)
        self._producer = Producer(
            {
                **settings.librdkafka,
                # By topic, as the marks are: applications that count one topic share its rejected records.
                "transactional.id": f"{settings.topic}-replay",
                "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
                "message.max.bytes": MESSAGE_BYTES,
                "compression.type": "lz4",
            },
            logger=silent,
        )

    def __enter__(self) -> Self:
        try:
            self._producer.init_transactions(ANSWER_SECONDS)
        except KafkaException as error:
            raise self._ended(error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            with suppress(KafkaException, SystemError):  # it is over already: an open one would hold up readers of the source
                self._producer.abort_transaction(ANSWER_SECONDS)

    def send(self, batch: Iterable[Outgoing]) -> None:
        """Send *batch* and its marks: all of it or nothing.

        Timestamps are of now: with the old ones retention could delete the records before they are counted.
        """
        source, rejected, marks = self._settings.topic, self._settings.rejected_topic, replayed_topic(self._settings)
        try:
            self._producer.begin_transaction()
            for kept, value in batch:
                origin = f"{rejected}/{kept.place.partition}/{kept.place.offset}"
                partition = kept.source.partition
                heard = partial(self._heard, origin)
                self._producer.produce(source, value, partition=partition, headers={"origin": origin}, on_delivery=heard)
                self._producer.produce(marks, origin, mark_key(kept.source), partition=partition, on_delivery=heard)
            self._producer.flush(ANSWER_SECONDS)
            self._producer.commit_transaction(ANSWER_SECONDS)
        except (KafkaException, SystemError) as error:
            self._hear_out()
            raise self._ended(error) from error

    def _hear_out(self) -> None:
        """Let the client tell which record was refused: it fails the transaction first, and says why in its own time."""
        until = time.monotonic() + HEAR_SECONDS
        while not self._refused and time.monotonic() < until:
            with suppress(KafkaException, SystemError):
                self._producer.poll(0.1)

    def _heard(self, origin: str, error: KafkaError | None, _message: Message) -> None:
        if error is not None and not self._refused and error.code() not in DROPPED:
            self._refused = f"{origin}: {error.str()}"

    def _ended(self, error: BaseException) -> ReplayEnded:
        """Return what a person can do about *error*."""
        reason = self._reason(error)
        if reason.code() in FENCED:
            return ReplayEnded(
                "another replay of this topic has begun and goes on where this one ended; this one sends nothing any more. "
                "Let the other end, and run it again only if that one failed"
            )
        return ReplayEnded(
            f"the Kafka at {self._settings.broker} did not take the records ({self._refused or reason.str()}); run it again once "
            "that is mended: what was sent is marked, and nothing is sent twice"
        )

    def _reason(self, error: BaseException) -> KafkaError:
        reason = _kafka_error(error)
        if reason is None or reason.code() == KafkaError._FATAL:  # noqa: SLF001  (its public name)
            try:  # neither a refused `produce` nor an error that got lost says what was fatal, the next step of the transaction does
                self._producer.abort_transaction(ANSWER_SECONDS)
            except (KafkaException, SystemError) as fatal:
                reason = _kafka_error(fatal) or reason
        if reason is None:
            raise error
        return reason


def _kafka_error(error: BaseException | None) -> KafkaError | None:
    """Return what the client says behind *error*.

    It raises a fatal error while it calls back, and Python wraps it in one about the callback, or loses it.
    """
    while error is not None and not isinstance(error, KafkaException):
        error = error.__cause__
    return error.args[0] if error is not None else None
