"""Place: a counting worker's place in the consumer group, held under its name by one data folder at a time.

A static member (its instance id is the worker's name) keeps its partitions over a restart. The group would also give them
to another process of that name, and the two would take them from each other in turn.
"""

import asyncio
import logging
import time
from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from app.settings import Settings
from app.topics import ANSWER_SECONDS

log = logging.getLogger(__name__)

SESSION_SECONDS = 10.0
"""A killed worker's partitions wait this long for another; Faust's own default is 60."""
GRACE_SECONDS = 5.0
LOOK_SECONDS = 0.5


class NameTaken(Exception):
    """Another process counts under this worker's name: says what to do."""


class GroupLost(Exception):
    """The consumer group does not have this worker any more, or does not take it: says why and what to do."""


class Holder(NamedTuple):
    """Who has the name."""

    client_id: str
    host: str


def client_id(settings: Settings, identity: str) -> str:
    """Return by what the group shows the worker of the data folder with *identity*."""
    return f"{settings.id}.{settings.worker}.{identity}"


async def await_place(settings: Settings, own: str) -> None:
    """Return once no other client than *own* has the worker's name in the group; a killed one's leftover goes with its session.

    Raises:
        NameTaken: someone lives under the name.
    """
    admin = AdminClient(dict(settings.librdkafka))
    until = time.monotonic() + SESSION_SECONDS + GRACE_SECONDS
    said = False
    while (holder := await asyncio.to_thread(_holder, admin, settings, own)) is not None:
        if time.monotonic() > until:
            raise name_taken(settings, f"has had it for more than {SESSION_SECONDS:.0f} s: {holder.client_id} at {holder.host}")
        if not said:
            said = True
            log.warning(
                "another data folder's worker has the name %s in the group %s (%s at %s): waiting up to %.0f s for it to be forgotten,"
                " should it have been killed",
                *(settings.worker, settings.id, *holder),
                SESSION_SECONDS + GRACE_SECONDS,
            )
        await asyncio.sleep(LOOK_SECONDS)


def name_taken(settings: Settings, how: str) -> NameTaken:
    """Return the refusal to count under a name that another process has, and *how*."""
    return NameTaken(
        f"the name {settings.worker} in the group {settings.id} is another process's, which {how}. Each counting worker needs an "
        "ARTIST360_WORKER and an ARTIST360_DATA of its own: stop one of the two, or give it another name"
    )


def group_lost(settings: Settings, error: BaseException) -> GroupLost:
    """Return the refusal to go on without a place in the group, which *error* took."""
    return GroupLost(
        f"the group {settings.id} does not have this worker: {error!r}. A restart joins it again; if it ends like this again, look "
        f"for consumers with the group id {settings.id} that are no workers of this application, and stop them or take another ARTIST360_ID"
    )


def _holder(admin: AdminClient, settings: Settings, own: str) -> Holder | None:
    """Return who else has the worker's name; nobody while the broker does not say, since joining will show it."""
    try:
        group = admin.describe_consumer_groups([settings.id], request_timeout=ANSWER_SECONDS)[settings.id].result()
    except KafkaException as error:
        log.debug("the broker does not tell the members of the group %s: %s", settings.id, error)
        return None
    for member in group.members:
        if member.group_instance_id == settings.worker and member.client_id != own:
            return Holder(member.client_id, member.host)
    return None
