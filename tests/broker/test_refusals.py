"""Refusals: where counting on would be wrong, a worker ends at once and says what to do."""

from tests.broker.site import Site, free_port, play
from tests.broker.worker_process import WorkerProcess

REFUSED = 70
RECREATED = (
    "The topic was recreated, or ARTIST360_TOPIC names another one. "
    "Restore the topic, or give the application a new ARTIST360_ID to count afresh"
)


def test_another_number_of_partitions_than_the_topic_has_is_refused(site: Site) -> None:
    worker = site.worker(partitions=3).start()
    assert worker.ended() != 0
    assert f"the topic {site.topic} has 4 partitions and ARTIST360_PARTITIONS is 3: set it to 4" in worker.said


def test_no_broker_at_the_address_ends_any_worker_with_what_to_do(site: Site) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    for worker in [site.worker(role, broker=nowhere, role=role).start() for role in ("all", "count", "serve")]:
        assert worker.ended() != 0
        assert f"no Kafka broker answers at {nowhere}" in worker.said
        assert "artist360 broker start" in worker.said


def test_a_topic_that_was_recreated_is_refused(site: Site) -> None:
    worker = site.counting_worker(1_000)
    site.delete_topic()
    site.create_topic()
    site.produce([play("of the new topic")] * 40)
    assert_refused(site, worker, RECREATED)


def test_a_topic_that_was_recreated_and_grew_past_the_watermark_is_refused(site: Site) -> None:
    worker = site.counting_worker(1_000)
    site.delete_topic()
    site.create_topic()
    site.produce([play("of the new topic")] * 4_000)
    assert_refused(site, worker, RECREATED)


def test_plays_that_retention_deleted_before_they_were_counted_are_a_refusal(site: Site) -> None:
    worker = site.counting_worker(1_000)
    before = site.ends()
    site.produce([play("deleted uncounted")] * 400)
    site.delete_records({partition: end + 10 for partition, end in before.items()})
    assert_refused(site, worker, "Retention deleted plays before they were counted.")


def test_plays_that_retention_deleted_after_they_were_counted_are_not_missed(site: Site) -> None:
    worker = site.counting_worker(1_000)
    site.delete_records(site.ends())
    site.produce([play("after")] * 40)
    worker.start()
    site.await_counted()
    assert sum(mark.counted for mark in site.marks().values()) == 1_040
    worker.stop()


def test_a_topic_whose_first_plays_are_gone_is_counted_from_its_first_offset(site: Site) -> None:
    site.produce([play("gone")] * 400)
    site.delete_records(site.ends())
    site.produce([play("there")] * 40)
    worker = site.worker(role="count").start()
    site.await_counted()
    marks, counts = site.marks(), site.truth().per_partition(site.truth().plays)
    assert [(marks[partition].counted, marks[partition].consumed) for partition in sorted(marks)] == [(count, count) for count in counts]
    assert sum(counts) == 40
    worker.stop()


def assert_refused(site: Site, worker: WorkerProcess, why: str) -> None:
    before = site.marks()
    worker.start()
    assert worker.ended() == REFUSED
    assert why in worker.said
    assert "counting must go on from" in worker.said
    assert site.marks() == before
