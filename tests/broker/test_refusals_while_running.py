"""Refusals while plays are counted: a topic that changes under a worker ends it, with what was found and what to do."""

import re
import time

import pytest
from confluent_kafka.admin import NewPartitions  # type: ignore[attr-defined]  # not in its __all__

from app.transport import GATHER_MILLISECONDS
from tests.broker.site import ANSWER_SECONDS, Site, play
from tests.broker.waiting import until
from tests.broker.worker_process import WorkerProcess
from tests.faults.bent_worker import BROKER_AGREES

REFUSED = 70
NOTICED_SECONDS = 20.0
"""Two looks at the topic, and what a busy machine adds."""
ANSWERED_SECONDS = 10 * GATHER_MILLISECONDS / 1000
"""A fetch waits for records that long at most, and what it takes with it is in the paused worker's socket, deleted or not."""
COUNT_AFRESH = "Restore the topic, or give the application a new ARTIST360_ID to count afresh"


def test_partitions_that_are_added_while_it_runs_end_the_worker(site: Site) -> None:
    worker = counting(site)
    site.admin.create_partitions([NewPartitions(site.topic, 6)])[site.topic].result(ANSWER_SECONDS)
    assert worker.ended(within=NOTICED_SECONDS) == REFUSED
    assert f"counting ends: TopicMismatch: the topic {site.topic} has 6 partitions and ARTIST360_PARTITIONS is 4" in worker.said
    assert "a topic whose partitions were added later needs a new ARTIST360_ID" in worker.said


def test_a_topic_that_is_deleted_while_it_is_counted_ends_the_worker(site: Site) -> None:
    worker = counting(site)
    site.delete_topic()
    assert worker.ended(within=NOTICED_SECONDS) == REFUSED
    assert f"counting ends: SourceLost: {site.topic} was deleted, counting must go on from offset" in worker.said
    assert COUNT_AFRESH in worker.said


def test_a_topic_that_is_recreated_while_it_is_counted_ends_the_worker(site: Site) -> None:
    worker = counting(site)
    site.delete_topic()
    site.create_topic()
    assert worker.ended(within=NOTICED_SECONDS) == REFUSED
    assert f"counting ends: SourceLost: {site.topic} has the id " in worker.said
    assert f"The topic was recreated, or ARTIST360_TOPIC names another one. {COUNT_AFRESH}" in worker.said


@pytest.mark.parametrize(
    ("bends", "told"),
    [
        ({}, f"SourceLost: .*Retention deleted plays before they were counted. {COUNT_AFRESH}"),
        ({BROKER_AGREES: "yes"}, "SourceUnclear: the broker calls offset .* out of range, and asked for the range, includes it"),
    ],
)
def test_plays_that_retention_deletes_before_a_paused_worker_counts_them_end_it(site: Site, bends: dict[str, str], told: str) -> None:
    worker = counting(site, bends)
    before, marks = site.ends(), site.marks()
    worker.pause()
    answered = time.monotonic() + ANSWERED_SECONDS
    until(lambda: time.monotonic() > answered, "the broker has answered the fetch that was waiting, with nothing")
    site.produce([play("deleted uncounted")] * 400)
    site.delete_records({partition: end + 10 for partition, end in before.items()})
    worker.resume()
    assert worker.ended(within=NOTICED_SECONDS) == REFUSED
    assert re.search(f"counting ends: {told}", worker.said)
    assert site.marks() == marks
    worker.start()
    assert worker.ended() == REFUSED


def counting(site: Site, bends: dict[str, str] | None = None) -> WorkerProcess:
    """Return a worker that runs and has counted everything."""
    site.produce([play()] * 1_000)
    worker = site.worker(role="count")
    worker.bends = bends or {}
    worker.start()
    site.await_counted()
    return worker
