"""Contact: the first word with the broker; when there is none, why not and which setting mends it, within seconds.

A client by itself tries for ever, and whoever waits for its answer hears only that there was none.
"""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata  # type: ignore[attr-defined]  # not in its __all__

ANSWER_SECONDS = 10.0
HEAR_SECONDS = 0.05
LOG_LEVEL = 2
"""A line for each refused connection is noise: what a person needs to know is raised."""

LOGIN = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED})  # noqa: SLF001  (its public name)
TLS = frozenset({KafkaError._SSL})  # noqa: SLF001
ALL_DOWN = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001


class BrokerUnreachable(Exception):
    """No broker answers at the configured address, or none takes this client: says why and what to do."""


def meet(kafka: Mapping[str, Any]) -> AdminClient:
    """Return a client of a cluster that has answered. *kafka*: client settings for confluent-kafka.

    Raises:
        BrokerUnreachable: none answered within ANSWER_SECONDS, or all refuse this client.
    """
    heard: list[KafkaError] = []
    settings: dict[str, Any] = {**kafka, "error_cb": heard.append, "log_level": LOG_LEVEL}
    admin = AdminClient(settings)
    answer: Future[ClusterMetadata] = Future()
    # It cannot be broken off, and nobody should wait for it at the end of the process either.
    threading.Thread(target=_ask, args=(admin, answer), daemon=True).start()
    while not answer.done():
        admin.poll(HEAR_SECONDS)
        refusals = [error for error in heard if error.code() in LOGIN | TLS]
        if refusals and any(error.code() == ALL_DOWN for error in heard):
            raise unreachable(kafka, refusals[-1])
    try:
        answer.result()
    except KafkaException as error:
        told = [other for other in heard if other.code() != ALL_DOWN]
        raise unreachable(kafka, told[-1] if told else error.args[0]) from error
    return admin


def _ask(admin: AdminClient, answer: "Future[ClusterMetadata]") -> None:
    try:
        answer.set_result(admin.list_topics(timeout=ANSWER_SECONDS))
    except KafkaException as error:
        answer.set_exception(error)


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
