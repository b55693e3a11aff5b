"""Token topic: where tokens are made and revoked at run time, followed by every server and written by `artist360 token`."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from app.contact import LOG_LEVEL, BrokerUnreachable
from app.settings import Settings
from app.topic_reader import NoSuchTopic, read_committed, topics_there
from tables.consuming import ALONE
from web.token_format import Revoked, Token, Unreadable, pack, unpack
from web.tokens import Known, Tokens

log = logging.getLogger(__name__)

FETCH_RECORDS = 1_000
CONSUME_SECONDS = 0.2
LOOK_SECONDS = 5.0
"""Between two looks whether the broker still answers: a client that has lost it is just quiet."""
ANSWER_SECONDS = 2.0
RETRY_SECONDS = 1.0
WRITE_SECONDS = 15.0
CONSUMER_SETTINGS = {**ALONE, "fetch.wait.max.ms": 100, "log_level": LOG_LEVEL}


class NoSuchToken(Exception):
    """A token that is to be revoked is not there."""


class TokenTopic(threading.Thread):
    """Follows the topic for a server. What fails is said and tried again; the tokens that are known then stay in use."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        """Read nothing until `start`; what is read goes into *tokens*."""
        super().__init__(name="tokens", daemon=True)
        self._settings, self._topic, self._tokens = settings, settings.tokens_topic, tokens
        self._stopping = threading.Event()
        self._failed = ""
        """What it failed of and has not mended since."""

    @property
    def reason_unready(self) -> str:
        """Return why a token might be good and not be known; empty when all were read."""
        return "" if self._tokens.complete else f"the tokens in {self._topic} are not read yet{self._failed and ': '}{self._failed}"

    def stop(self) -> None:
        """Return when the thread has ended."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Follow until stopped."""
        while not self._stopping.is_set():
            try:
                self._follow()
            except Exception as error:
                if str(error) != self._failed:  # said once: it may go on for hours
                    self._failed = str(error)
                    foreseen = isinstance(error, (KafkaException, NoSuchTopic))
                    log.warning(
                        "following %s failed and is tried again; until then what is known of tokens stays in use: %s",
                        *(self._topic, error),
                        exc_info=not foreseen,
                    )
                self._stopping.wait(RETRY_SECONDS)

    def _follow(self) -> None:
        """Read the topic from its beginning, again if need be: a record that comes twice changes nothing."""
        consumer = Consumer({**self._settings.reader, **CONSUMER_SETTINGS})
        try:
            reached = self._beginnings(consumer)
            consumer.assign([TopicPartition(self._topic, *start) for start in reached.items()])
            behind, looked = set(reached), time.monotonic()
            while not self._stopping.is_set():
                self._take(consumer.consume(FETCH_RECORDS, CONSUME_SECONDS), reached, behind)
                if not behind:
                    self._followed()
                if time.monotonic() - looked > LOOK_SECONDS:
                    self._look(consumer, reached)
                    looked = time.monotonic()
        finally:
            consumer.close()

    def _beginnings(self, consumer: Consumer) -> dict[int, int]:
        """Return each partition's first offset."""
        partitions = consumer.list_topics(self._topic, timeout=ANSWER_SECONDS).topics[self._topic].partitions
        if not partitions:
            raise NoSuchTopic(f"there is no topic {self._topic}: a server that starts creates it, without the tokens that were in it")
        return {partition: self._range(consumer, partition)[0] for partition in partitions}

    def _take(self, messages: Sequence[Message], reached: dict[int, int], behind: set[int]) -> None:
        """Take *messages* in, note in *reached* the offset after them, and take out of *behind* whose end was read."""
        taken = []
        for message in messages:
            partition, offset = message.partition() or 0, message.offset() or 0
            if (error := message.error()) is None:
                taken.append(message)
                reached[partition] = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  (its public name)
                behind.discard(partition)
                reached[partition] = offset
            else:
                raise KafkaException(error)
        if taken:
            self._tokens.take(_records(taken))

    def _followed(self) -> None:
        self._tokens.complete = True
        if self._failed:
            self._failed = ""
            log.warning("%s is followed again", self._topic)

    def _look(self, consumer: Consumer, reached: Mapping[int, int]) -> None:
        """See whether the broker answers, and whether the topic is still the one that was read."""
        for partition, offset in reached.items():
            if offset > self._range(consumer, partition)[1]:
                raise NoSuchTopic(f"{self._topic} was made anew, without the tokens that were in it")

    def _range(self, consumer: Consumer, partition: int) -> tuple[int, int]:
        low, high = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=ANSWER_SECONDS)
        return low, high


def read_tokens(settings: Settings) -> Known:
    """Return every token that was made, and which of them were revoked.

    Raises:
        NoSuchTopic: no server ever ran.
        BrokerUnreachable: no broker answered.
    """
    _require(settings)
    tokens = Tokens()
    tokens.take(_records(read_committed(settings, settings.tokens_topic)))
    return tokens.known


def write_record(settings: Settings, record: Token | Revoked) -> None:
    """Write *record*; when this returns every in-sync replica has it.

    Raises:
        NoSuchTopic: no server ever ran.
        BrokerUnreachable: no broker answered, or the record may or may not be written.
    """
    _require(settings)
    failed: list[KafkaError] = []
    producer = Producer(
        {
            **settings.librdkafka,
            "acks": "all",
            "enable.idempotence": True,
            "message.timeout.ms": round(WRITE_SECONDS * 1000),
            "log_level": LOG_LEVEL,
        }
    )
    key, value = pack(record)
    producer.produce(settings.tokens_topic, value, key, on_delivery=lambda error, _: failed.append(error) if error else None)
    left = producer.flush(2 * WRITE_SECONDS)
    if left or failed:
        why = failed[0].str() if failed else "no answer"
        raise BrokerUnreachable(
            f"the Kafka at {settings.broker} does not say whether it wrote the record ({why}): `artist360 token list` will"
        )


def revoke(settings: Settings, token_id: str, now: float) -> Revoked:
    """Revoke the token *token_id*, at *now* in seconds since 1970, and return how; the first revocation stands.

    Raises:
        NoSuchToken: there is no such token.
        NoSuchTopic, BrokerUnreachable: see `write_record`.
    """
    known = read_tokens(settings)
    if token_id not in known.tokens:
        raise NoSuchToken(
            f"{settings.tokens_topic} has no token {token_id}: `artist360 token list` shows those that there are. The admin's is not among "
            "them: delete the file admin.token and start the servers again for another"
        )
    if token_id not in known.revoked:
        write_record(settings, Revoked(token_id, int(now)))
    return known.revoked.get(token_id) or Revoked(token_id, int(now))


def _require(settings: Settings) -> None:
    if settings.tokens_topic not in topics_there(settings):
        raise NoSuchTopic(
            f"the Kafka at {settings.broker} has no topic {settings.tokens_topic}: a server creates it when it first starts; "
            "set ARTIST360_ID or ARTIST360_BROKER if yours is elsewhere"
        )


def _records(messages: Iterable[Message]) -> Iterator[Token | Revoked]:
    """Yield what *messages* say. A token of which something cannot be read opens nothing: it may be its revocation."""
    for message in messages:
        try:
            yield unpack(message.key(), message.value())
        except Unreadable as error:
            log.error("%s/%s/%s: %s", message.topic(), message.partition(), message.offset(), error)
            if error.id is not None:
                yield Revoked(error.id, message.timestamp()[1] // 1000)
