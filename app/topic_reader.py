"""Topic reader: reads a topic once, from its beginning to its present end, for a command that then reports."""

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from app.contact import LOG_LEVEL, BrokerUnreachable, meet, range_of
from app.settings import Settings
from app.topics import existing_topics
from tables.consuming import ALONE

ANSWER_SECONDS = 30.0
CONSUMED_MOST = 1_000
CONSUME_SECONDS = 0.1
FETCH_MILLISECONDS = 50
"""That a partition is at its end is known only after an empty fetch."""


class NoSuchTopic(Exception):
    """A topic that a command reads is not there."""


def topics_there(settings: Settings) -> dict[str, int]:
    """Return each usable topic's number of partitions, without a word of the client's own.

    Raises:
        BrokerUnreachable: no broker answered.
    """
    return existing_topics(meet(settings.librdkafka), settings)


def read_committed(
    settings: Settings, topic: str, *, newest_offsets: int | None = None, answer_seconds: float = ANSWER_SECONDS
) -> Iterator[Message]:
    """Yield the committed records of *topic* from its first up to its present end; an open transaction's start is an end.

    With *newest_offsets* only those among so many last offsets of each partition. The broker has *answer_seconds* for each answer.

    Raises:
        BrokerUnreachable: no broker answers, or not any more.
    """
    consumer = Consumer(
        {
            **settings.reader,
            **ALONE,
            "auto.offset.reset": "earliest",  # retention may pass the reader, who wants what is left
            "fetch.wait.max.ms": FETCH_MILLISECONDS,
            "log_level": LOG_LEVEL,
        }
    )
    try:
        ends = _ends(consumer, settings, topic, answer_seconds)
        if newest_offsets is not None:
            ends = {partition: (max(start, end - newest_offsets), end) for partition, (start, end) in ends.items()}
        consumer.assign([TopicPartition(topic, partition, start) for partition, (start, _) in ends.items()])
        left = {partition: end for partition, (start, end) in ends.items() if start < end}
        heard = time.monotonic()
        while left:
            for message in consumer.consume(CONSUMED_MOST, CONSUME_SECONDS):
                heard = time.monotonic()
                partition = message.partition() or 0
                if (error := message.error()) is not None:
                    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  (its public name)
                        raise KafkaException(error)
                    left.pop(partition, None)
                elif (message.offset() or 0) < left.get(partition, 0):
                    yield message
                else:
                    left.pop(partition, None)
            if time.monotonic() - heard > answer_seconds:
                raise BrokerUnreachable(f"the Kafka at {settings.broker} stopped answering while {topic} was read: see whether it runs")
    finally:
        consumer.close()


def _ends(consumer: Consumer, settings: Settings, topic: str, answer_seconds: float) -> dict[int, tuple[int, int]]:
    """Return each partition's first offset and its end."""
    try:
        partitions = consumer.list_topics(topic, timeout=answer_seconds).topics[topic].partitions
        found = {number: range_of(consumer, TopicPartition(topic, number), answer_seconds) for number in partitions}
    except KafkaException as error:
        raise BrokerUnreachable(f"the Kafka at {settings.broker} does not say where {topic} ends ({error.args[0].str()})") from error
    return found
