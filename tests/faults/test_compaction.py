"""Compaction: the broker cleans the changelogs as eagerly as it can while followers start, catch up and are killed."""

import random

from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource
from confluent_kafka.admin._resource import ResourceType

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.oracles import assert_exact_and_rebuilt, assert_prefix
from tests.broker.site import ANSWER_SECONDS, Site
from tests.broker.truth import read_topic
from tests.broker.waiting import until
from tests.faults.bent_worker import CLOCK_SECONDS
from tests.faults.conftest import Wanted
from tests.faults.running_truth import following
from tests.faults.sampler import sampling

EAGER_BROKER = {"log.cleaner.backoff.ms": "100"}
EAGER_CHANGELOG = {
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.001",
    "delete.retention.ms": "100",
    "message.timestamp.type": "CreateTime",  # by the workers' clock, an hour behind: the product's own lag of ten minutes is over at once
}
HOUR_SECONDS = 3_600
KILLS, KILLS_LONG = 3, 10
PER_SECOND = 2_000
DISTINCT_PLAYS = 1_000
"""Few, so that nearly every record of the changelog is soon an old value."""


def test_followers_of_a_changelog_that_is_compacted_under_them_stay_exact(own_site: Site, plays: Plays, wanted: Wanted) -> None:
    site, chance = own_site, random.Random(81)
    alter(site, ResourceType.BROKER, "1", EAGER_BROKER)
    server = site.worker("server", role="serve", flush_seconds=0.1)
    with following(site) as truth, arriving(site, plays(DISTINCT_PLAYS, seed=81), PER_SECOND), sampling(server, truth) as sampler:
        worker = site.worker("worker-1", role="count", slice_records=200)
        worker.bends = {CLOCK_SECONDS: str(-HOUR_SECONDS)}
        worker.start()
        site.await_all_counting()
        alter(site, ResourceType.TOPIC, site.changelog, EAGER_CHANGELOG)
        for _ in range(KILLS_LONG if wanted.long else KILLS):
            server.start()
            await_compacted(site)
            site.await_offsets(site.counted_offsets() + chance.randrange(1_000, 8_000))
            server.kill()
            sampler.check()
            assert_prefix(site)
        worker.kill()
        worker.start()
        server.start()
        site.await_all_counting()
    assert sampler.samples
    assert_exact_and_rebuilt(site, server)


def await_compacted(site: Site) -> None:
    """Wait until the broker has cleaned more than it had until now."""
    before = swept(site)
    until(lambda: swept(site) > before, "the broker compacts", why=lambda: f"{before} offsets were swept, {swept(site)} are")


def swept(site: Site) -> int:
    """How many offsets of the daily changelog hold no record any more, markers included."""
    changelog = read_topic(site.broker, site.changelog)
    return sum(changelog.ends.values()) - len(changelog.records)


def alter(site: Site, kind: ResourceType, name: str, settings: dict[str, str]) -> None:
    resource = ConfigResource(kind, name)
    for setting, value in settings.items():
        entry = ConfigEntry(setting, value, ConfigSource.DYNAMIC_TOPIC_CONFIG, incremental_operation=AlterConfigOpType.SET)
        resource.add_incremental_config(entry)
    for done in site.admin.incremental_alter_configs([resource]).values():
        done.result(ANSWER_SECONDS)
