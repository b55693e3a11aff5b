"""Source watch: sees while plays are counted that their topic is deleted, recreated or has other partitions, or lost some of them."""

import asyncio
import logging
from functools import cached_property
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # not in its __all__

from app.settings import Settings
from app.topics import check_partitions
from tables.ledgers import Ledgers
from tables.source import SourceUnclear, check_id, check_range

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
ANSWER_SECONDS = 2.0
"""A worker that stops waits for a running look."""
GONE_LOOKS = 2
"""A broker that starts may not know its topics for a moment."""


class Found(NamedTuple):
    """The source topic as the broker has it."""

    topic_id: str | None
    """None: there is no such topic."""
    partitions: int = 0


class SourceWatch:
    """Holds the source topic against what the ledgers count. A broker that does not answer is no reason to refuse."""

    def __init__(self, settings: Settings, ledgers: Ledgers) -> None:
        """Ask nobody yet."""
        self._settings, self._ledgers = settings, ledgers
        self._gone_looks = 0

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient({**self._settings.librdkafka, "log_level": 2})  # the other clients say it when no broker answers

    async def look(self) -> None:
        """Compare the topic with the one that is counted.

        Raises:
            SourceLost: it is gone, or another one.
            TopicMismatch: partitions were added, and whatever arrives on them would never be counted.
        """
        try:
            found = await asyncio.to_thread(self._ask)
        except KafkaException as error:
            log.debug("the broker does not say how %s is: %s", self._settings.topic, error)
            return
        self._gone_looks = 0 if found.topic_id else self._gone_looks + 1
        if 0 < self._gone_looks < GONE_LOOKS:
            return
        self._check_id(found.topic_id)
        if found.topic_id:
            check_partitions(self._settings, self._settings.topic, found.partitions)

    def look_at_range(self, partition: int, at: int) -> None:
        """Find out why the broker says that offset *at* is out of range, and raise it. Blocking.

        Raises:
            SourceLost: it is; the topic lost records that are not counted, or is another one.
            SourceUnclear: it is not, says the same broker.
            KafkaException: the broker does not say.
        """
        self._check_id(self._ask().topic_id)
        earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        check_range(self._settings.topic, partition, self._offset(partition, earliest), self._offset(partition, latest), at)
        raise SourceUnclear(
            f"the broker calls offset {at} of {self._settings.topic} partition {partition} out of range,"
            " and asked for the range, includes it. Nothing is counted on such a word: start it again, it goes on from its watermark"
        )

    def _check_id(self, topic_id: str | None) -> None:
        for at, counted_id in self._ledgers.counting():
            check_id(self._settings.topic, topic_id, counted_id, at)

    def _ask(self) -> Found:
        name = self._settings.topic
        try:
            topic = self._admin.describe_topics(TopicCollection([name]), request_timeout=ANSWER_SECONDS)[name].result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return Found(None)
            raise
        return Found(str(topic.topic_id), len(topic.partitions))

    def _offset(self, partition: int, which: OffsetSpec) -> int:
        tp = TopicPartition(self._settings.topic, partition)
        offset: int = self._admin.list_offsets({tp: which}, request_timeout=ANSWER_SECONDS)[tp].result().offset
        return offset
