"""Topics: creates what is missing and refuses what does not fit, before anything is consumed."""

import logging
import time
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # not in its __all__

from app.settings import Settings
from tables.count_table import DAILY, DAILY_CONFIG, LIVE, LIVE_CONFIG

log = logging.getLogger(__name__)

REJECTED_CONFIG = {"retention.ms": "-1", "max.message.bytes": str(16 << 20), "message.timestamp.type": "LogAppendTime"}
"""Rejected records are kept until someone has looked at them."""


class Topic(NamedTuple):
    """A topic that the product needs."""

    name: str
    config: dict[str, str]


class BrokerUnreachable(Exception):
    """No broker answers at the configured address."""


class TopicMismatch(Exception):
    """A topic is not as the settings say."""


def wanted_topics(settings: Settings, source_config: dict[str, str] | None = None) -> list[Topic]:
    """Return every topic for *settings*; *source_config* is for a source topic that does not exist yet."""
    return [
        Topic(settings.topic, source_config or {}),
        Topic(settings.rejected_topic, REJECTED_CONFIG),
        Topic(settings.changelog(DAILY), DAILY_CONFIG),
        Topic(settings.changelog(LIVE), LIVE_CONFIG),
    ]


def declare_topics(settings: Settings, topics: Iterable[Topic]) -> set[str]:
    """Create those of *topics* that are missing, with `settings.partitions` each; return their names when all can be used.

    Raises:
        TopicMismatch: an existing topic has another number of partitions.
        BrokerUnreachable: no broker answered.
    """
    topics = list(topics)
    admin = AdminClient(dict(settings.librdkafka))
    existing = existing_topics(admin, settings)
    missing = [NewTopic(topic.name, settings.partitions, config=topic.config) for topic in topics if topic.name not in existing]
    for name, done in admin.create_topics(missing).items() if missing else ():
        try:
            done.result()
            log.info("created the topic %s", name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another worker was faster
                raise
    while not all(topic.name in (found := existing_topics(admin, settings)) for topic in topics):
        time.sleep(0.05)  # a new topic takes the broker a moment
    for topic in topics:
        if (partitions := found[topic.name]) != settings.partitions:
            raise TopicMismatch(
                f"the topic {topic.name} has {partitions} partitions and ARTIST360_PARTITIONS is {settings.partitions}: set it to "
                f"{partitions} if that was always so; a topic whose partitions were added later needs a new ARTIST360_ID"
            )
    return {topic.topic for topic in missing}


def existing_topics(admin: AdminClient, settings: Settings) -> dict[str, int]:
    """Return each usable topic's number of partitions."""
    try:
        topics = admin.list_topics(timeout=10).topics
    except KafkaException as error:
        raise BrokerUnreachable(
            f"no Kafka broker answers at {settings.broker} ({error.args[0].str()}): start one with `artist360 broker start`, "
            "or set ARTIST360_BROKER to one that runs"
        ) from error
    return {
        name: len(topic.partitions)
        for name, topic in topics.items()
        if topic.error is None and all(partition.leader >= 0 for partition in topic.partitions.values())
    }


def topic_id(settings: Settings, name: str) -> str:
    """Return Kafka's id of the topic *name*: one that is deleted and made again has another."""
    admin = AdminClient(dict(settings.librdkafka))
    return str(admin.describe_topics(TopicCollection([name]))[name].result().topic_id)
