"""Contact: the first words with the broker, or with a partition's leader; when there is none, why not and which setting mends it.

A client by itself tries for ever, and whoever waits for its answer hears only that there was none.
"""

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

ANSWER_SECONDS = 10.0
TRIES_SECONDS = (0.5, 1.0, 2.0, 6.5)
"""A refusal is heard between two tries; the last one is for a large cluster far away."""
AGAIN_SECONDS = 0.1
LOG_LEVEL = 2
"""A line for each refused connection is noise: what a person needs to know is raised."""

LOGIN = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED})  # noqa: SLF001  (its public name)
TLS = frozenset({KafkaError._SSL})  # noqa: SLF001
ALL_DOWN = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001
LEADERLESS = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})


class BrokerUnreachable(Exception):
    """No broker answers at the configured address, or none takes this client: says why and what to do."""


def meet(kafka: Mapping[str, Any]) -> AdminClient:
    """Return a client of a cluster that has answered. *kafka*: client settings for confluent-kafka.

    Raises:
        BrokerUnreachable: none answered within 10 s, or all refuse this client.
    """
    heard: list[KafkaError] = []
    settings: dict[str, Any] = {**kafka, "error_cb": heard.append, "log_level": LOG_LEVEL}
    admin = AdminClient(settings)
    why: KafkaError
    for seconds in TRIES_SECONDS:
        try:
            admin.list_topics(timeout=seconds)
        except KafkaException as error:
            admin.poll(0)  # calls `heard`
            told = [other for other in heard if other.code() != ALL_DOWN]
            refusals = [other for other in told if other.code() in LOGIN | TLS]
            why = (refusals or told or [error.args[0]])[-1]
            if refusals and len(told) < len(heard):
                break
        else:
            return admin
    del admin  # now, not when the error is forgotten: a client that speaks TLS while the process ends may crash it
    raise unreachable(kafka, why)


def unreachable(kafka: Mapping[str, Any], error: KafkaError) -> BrokerUnreachable:
    """Return what a person can do about *error*, which kept the client of *kafka* from an answer."""
    address = kafka["bootstrap.servers"]
    if error.code() in LOGIN:
        return BrokerUnreachable(
            f"the Kafka at {address} does not let the user {kafka.get('sasl.username')} in ({error.str()}): "
            "set ARTIST360_BROKER_USER and ARTIST360_BROKER_PASSWORD, or the file that ARTIST360_BROKER_PASSWORD_FILE names, to what it "
            "knows, and ARTIST360_BROKER_MECHANISM to what it speaks"
        )
    if error.code() in TLS:
        return BrokerUnreachable(
            f"there is no TLS connection with the Kafka at {address} ({error.str()}): ARTIST360_BROKER_CA must hold the certificate of who "
            "signed the broker's, ARTIST360_BROKER must name hosts that stand in it, and ARTIST360_BROKER_CERTIFICATE and "
            "ARTIST360_BROKER_KEY be what a broker that asks for them trusts"
        )
    return BrokerUnreachable(
        f"no Kafka broker answers at {address} ({error.str()}): start one with `artist360 broker start`, "
        "or set ARTIST360_BROKER to one that runs, and ARTIST360_BROKER_PROTOCOL and what goes with it to what it asks for"
    )


def range_of(consumer: Consumer, partition: TopicPartition, seconds: float) -> tuple[int, int]:
    """Return the first offset that *partition* holds and its end; wait while it has no leader, as when it is new or its broker goes.

    Raises:
        KafkaException: no broker answered within so many *seconds*, or there was no leader all the while.
    """
    begun = time.monotonic()
    while True:
        try:
            start, end = consumer.get_watermark_offsets(partition, timeout=seconds)
        except KafkaException as error:
            if error.args[0].code() not in LEADERLESS or time.monotonic() - begun > seconds:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return start, end
