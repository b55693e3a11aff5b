"""Topics: creates what is missing and refuses what does not fit, before anything is consumed."""

import logging
import shlex
import time
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, TopicMetadata  # type: ignore[attr-defined]  # not in its __all__

from app.contact import ANSWER_SECONDS, meet, unreachable
from app.settings import Settings
from app.topic_needs import mend, unmet
from tables.count_table import DAILY, DAILY_CONFIG, LIVE, LIVE_CONFIG

log = logging.getLogger(__name__)

REJECTED_CONFIG = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(16 << 20),
    "message.timestamp.type": "LogAppendTime",
}
"""Rejected records are kept until someone has looked at them."""
REJECTED_NEEDED = frozenset({"cleanup.policy", "max.message.bytes"})
REJECTED_ADVISED = frozenset({"retention.ms", "retention.bytes"})
"""How many were rejected stands in the watermarks: whoever keeps the records for less loses only their replay."""
TOKENS_CONFIG = {"cleanup.policy": "compact"}
CLOCK = frozenset({"message.timestamp.type"})
"""Without it a worker with a wrong clock cannot write, or loses live rows early."""
SEGMENTS = frozenset({"segment.ms", "segment.bytes"})
"""What deletion and compaction work on: an operator's to choose."""
LOOK_SECONDS = 0.05
"""Between two looks whether a new topic can be used."""
WARNINGS = 4
"""What the client logs by itself: below that it tells users of `artist360 up` about its own queues."""


class Topic(NamedTuple):
    """A topic that the product needs."""

    name: str
    config: dict[str, str]
    """What it is created with."""
    needed: frozenset[str] = frozenset()
    """Settings of *config* without which counts would be wrong, now or after a recovery, or tokens lost."""
    advised: frozenset[str] = frozenset()
    """Settings of *config* whose absence costs something, but no count."""
    partitions: int | None = None
    """None: as many as are set."""


class TopicMismatch(Exception):
    """A topic is not as the settings say."""


class TopicUnusable(Exception):
    """A topic is there or was ordered, and cannot be used all the same: says which, and what to do."""


def wanted_topics(settings: Settings, source_config: dict[str, str] | None = None) -> list[Topic]:
    """Return every topic for *settings*; *source_config* is for a source topic that does not exist yet."""
    return [
        Topic(settings.topic, {"cleanup.policy": "delete", **(source_config or {})}, frozenset({"cleanup.policy"})),
        Topic(settings.rejected_topic, REJECTED_CONFIG, REJECTED_NEEDED, REJECTED_ADVISED),
        Topic(settings.changelog(DAILY), DAILY_CONFIG, frozenset(DAILY_CONFIG) - CLOCK - SEGMENTS, CLOCK),
        Topic(settings.changelog(LIVE), LIVE_CONFIG, frozenset(LIVE_CONFIG) - CLOCK - SEGMENTS, CLOCK),
        Topic(settings.tokens_topic, TOKENS_CONFIG, frozenset(TOKENS_CONFIG), partitions=1),
    ]


def declare_topics(settings: Settings, topics: Iterable[Topic]) -> set[str]:
    """Create those of *topics* that are missing; return their names when all can be used.

    Raises:
        TopicMismatch: an existing topic has another number of partitions, or settings that would make counts wrong.
        TopicUnusable: one of them has a partition without a leader, for longer than ANSWER_SECONDS.
        BrokerUnreachable: no broker answered.
    """
    topics = list(topics)
    admin = meet(settings.librdkafka)
    known = _known_topics(admin, settings)
    missing = [
        NewTopic(topic.name, topic.partitions or settings.partitions, config=topic.config) for topic in topics if topic.name not in known
    ]
    for name, done in admin.create_topics(missing).items() if missing else ():
        try:
            done.result()
            log.info("created the topic %s", name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another worker was faster
                raise
    found = _await_usable(admin, settings, [topic.name for topic in topics])
    for topic in topics:
        if topic.partitions is None:
            check_partitions(settings, topic.name, found[topic.name])
    _check_configs(admin, settings, [topic for topic in topics if topic.needed])
    return {topic.topic for topic in missing}


def _await_usable(admin: AdminClient, settings: Settings, names: Collection[str]) -> dict[str, int]:
    """Return each usable topic's number of partitions once *names* are among them: a new topic takes the broker a moment.

    Raises:
        TopicUnusable: they are not within ANSWER_SECONDS.
        BrokerUnreachable: no broker answered.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        topics = _known_topics(admin, settings)
        wanting = {name: why for name in names if (why := _why_unusable(topics.get(name)))}
        if not wanting:
            return _usable(topics)
        if time.monotonic() > deadline:
            raise TopicUnusable(
                f"the Kafka at {settings.broker} answers, and after {ANSWER_SECONDS:g} s still "
                + "; ".join(f"the topic {name} {why}" for name, why in wanting.items())
                + ": see whether all of its brokers run (`kafka-topics.sh --describe --unavailable-partitions` names those that lead "
                "nothing), bring them back, and start this again"
            )
        time.sleep(LOOK_SECONDS)


def check_partitions(settings: Settings, name: str, partitions: int) -> None:
    """Refuse the topic *name* when its number of *partitions* is not the one that is set.

    Raises:
        TopicMismatch: it is not.
    """
    if partitions != settings.partitions:
        raise TopicMismatch(
            f"the topic {name} has {partitions} partitions and ARTIST360_PARTITIONS is {settings.partitions}: set it to "
            f"{partitions} if that was always so; a topic whose partitions were added later needs a new ARTIST360_ID"
        )


def _check_configs(admin: AdminClient, settings: Settings, topics: Iterable[Topic]) -> None:
    """Refuse *topics* whose settings would make counts wrong; only warn of what costs no count."""
    asked = [(topic, ConfigResource(ConfigResource.Type.TOPIC, topic.name)) for topic in topics]
    answers = admin.describe_configs([resource for _, resource in asked], request_timeout=ANSWER_SECONDS) if asked else {}
    refused = []
    for topic, resource in asked:
        try:
            found = {name: entry.value for name, entry in answers[resource].result().items()}
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise unreachable(settings.librdkafka, error.args[0]) from error
            log.warning("the broker does not tell the settings of %s, so they are not checked: %s", topic.name, error.args[0].str())
            continue
        if problems := unmet(topic.config, topic.needed, found):
            refused.append(f"{topic.name} has {'; '.join(problems)}. {_command(settings, topic, topic.needed, found)}")
        if problems := unmet(topic.config, topic.advised, found):
            mends = _command(settings, topic, topic.advised, found)
            log.warning("%s has %s. No count rests on it, so counting goes on. %s", topic.name, "; ".join(problems), mends)
    if refused:
        raise TopicMismatch("; ".join(refused))


def _command(settings: Settings, topic: Topic, names: frozenset[str], found: Mapping[str, str]) -> str:
    """Return the words that mend *topic*."""
    return (
        f"Set it right with `kafka-configs.sh --bootstrap-server {settings.broker} --alter --entity-type topics "
        f"--entity-name {topic.name} --add-config {shlex.quote(mend(topic.config, names, found))}`"
    )


def existing_topics(admin: AdminClient, settings: Settings) -> dict[str, int]:
    """Return each usable topic's number of partitions.

    Raises:
        BrokerUnreachable: no broker answered.
    """
    return _usable(_known_topics(admin, settings))


def _known_topics(admin: AdminClient, settings: Settings) -> Mapping[str, TopicMetadata]:
    """Return what the broker says of each topic that it knows, usable or not; BrokerUnreachable when none answers."""
    try:
        return admin.list_topics(timeout=ANSWER_SECONDS).topics
    except KafkaException as error:
        raise unreachable(settings.librdkafka, error.args[0]) from error


def _usable(topics: Mapping[str, TopicMetadata]) -> dict[str, int]:
    return {name: len(topic.partitions) for name, topic in topics.items() if not _why_unusable(topic)}


def _why_unusable(topic: TopicMetadata | None) -> str:
    """Return what keeps *topic* from being used, as words after its name; empty when nothing does."""
    if topic is None:
        return "is not there"
    if topic.error is not None:
        return f"has an error ({topic.error.str()})"
    leaderless = [number for number, partition in sorted(topic.partitions.items()) if partition.leader < 0]
    return f"has no leader for partition {', '.join(map(str, leaderless))}" if leaderless else ""


def topic_id(settings: Settings, name: str) -> str:
    """Return Kafka's id of the topic *name*: one that is deleted and made again has another."""
    admin = AdminClient({**settings.librdkafka, "log_level": WARNINGS})
    return str(admin.describe_topics(TopicCollection([name]))[name].result().topic_id)
