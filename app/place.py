"""Place: a counting worker's place in the consumer group, held under its name by one data folder at a time.

A static member (its instance id is the worker's name) keeps its partitions over a restart. The group would also give them
to another process of that name, and the two would take them from each other in turn.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, MemberDescription  # type: ignore[attr-defined]  # not in its __all__

from app.contact import ANSWER_SECONDS
from app.settings import Settings

log = logging.getLogger(__name__)

SESSION_SECONDS = 10.0
"""A killed worker's partitions wait this long for another; Faust's own default is 60."""
GRACE_SECONDS = 5.0
NOT_YET = (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR)
"""A broker that has just started reads its groups first; joining waits for that too."""
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
    while (holder := await _holder(admin, settings, own, until)) is not None:
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


async def _holder(admin: AdminClient, settings: Settings, own: str, until: float) -> Holder | None:
    """Return who else has the worker's name; nobody when the broker does not say *until* then, since joining will show it."""
    while True:
        try:
            members = await asyncio.to_thread(_members, admin, settings.id)
        except KafkaException as error:
            if error.args[0].code() in NOT_YET and time.monotonic() < until:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            log.debug("the broker does not tell the members of the group %s: %s", settings.id, error)
            return None
        others = (member for member in members if member.group_instance_id == settings.worker and member.client_id != own)
        return next((Holder(member.client_id, member.host) for member in others), None)


def _members(admin: AdminClient, group: str) -> Sequence[MemberDescription]:
    members: Sequence[MemberDescription] = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)[group].result().members
    return members
