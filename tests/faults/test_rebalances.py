"""Rebalances: zombies, joins, leaves and take-overs on eight partitions; no moment at which two workers count one partition."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.broker import BrokerStatus
from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays, open_site
from tests.broker.oracles import assert_exact_and_rebuilt, assert_prefix
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess
from tests.faults.conftest import Wanted
from tests.faults.running_truth import following
from tests.faults.sampler import sampling

PARTITIONS = 8
PER_SECOND = 2_000
SMALL_SLICE_RECORDS = 500
TAKEOVER_SECONDS = 15.0
SESSION_SECONDS = 10.0
FENCED = 70
ROUNDS, ROUNDS_LONG = 2, 10


@pytest.fixture
def wide_site(kafka: BrokerStatus, tmp_path: Path, songs_csv: Path) -> Iterator[Site]:
    with open_site(str(kafka.address), tmp_path, songs_csv, partition_count=PARTITIONS) as opened:
        yield opened


def test_what_a_zombie_writes_late_changes_nothing(wide_site: Site, plays: Plays) -> None:
    site = wide_site
    server = site.worker("server", role="serve", flush_seconds=0.2)
    with following(site) as truth, arriving(site, plays(50_000, seed=41), PER_SECOND), sampling(server, truth) as sampler:
        zombie, other = counting(site, "worker-1"), counting(site, "worker-2")
        server.start()
        until_shared(site)
        site.await_all_counting()
        lost = owned(site, "worker-1")
        site.pause_inside_a_transaction(zombie)
        await_taken_over(site, other, lost)
        assert owned(site, "worker-2") == set(range(PARTITIONS))
        zombie.resume()
        assert zombie.ended() == FENCED
        assert "belongs to another worker now" in zombie.said
        assert_prefix(site)
        zombie.start()
        until_shared(site)
        site.await_all_counting()
    assert sampler.samples
    assert_exact_and_rebuilt(site, server)


def test_a_killed_workers_partitions_are_counted_by_the_other_in_time(wide_site: Site, plays: Plays, wanted: Wanted) -> None:
    site = wide_site
    with arriving(site, plays(50_000, seed=42), PER_SECOND):
        one, two = counting(site, "worker-1"), counting(site, "worker-2")
        until_shared(site)
        for killed, other in ((one, two), (two, one))[: 2 if wanted.long else 1]:
            site.await_all_counting()
            lost = owned(site, killed.settings.worker)
            killed.kill()
            await_taken_over(site, other, lost)
            killed.start()
            until_shared(site)
    site.await_counted()
    truth = site.truth()
    site.assert_changelog_is(truth)
    site.assert_rejected_once(truth)


def test_a_member_that_restarts_within_its_session_gets_its_partitions_back_and_moves_no_others(wide_site: Site, plays: Plays) -> None:
    site = wide_site
    with arriving(site, plays(50_000, seed=43), PER_SECOND):
        one, two = counting(site, "worker-1"), counting(site, "worker-2")
        until_shared(site)
        site.await_all_counting()
        mine = owned(site, "worker-1")
        recoveries = two.said.count("counting partitions")
        one.kill()
        one.start()
        site.await_all_counting()
        assert owned(site, "worker-1") == mine
        assert two.said.count("counting partitions") == recoveries


def test_a_worker_that_joins_and_leaves_again_and_again_loses_and_doubles_nothing(wide_site: Site, plays: Plays, wanted: Wanted) -> None:
    site = wide_site
    server = site.worker("server", role="serve", flush_seconds=0.2)
    with following(site) as truth, arriving(site, plays(50_000, seed=44), PER_SECOND), sampling(server, truth) as sampler:
        counting(site, "worker-1")
        server.start()
        guest = site.worker("worker-2", role="count", slice_records=SMALL_SLICE_RECORDS)
        for number in range(ROUNDS_LONG if wanted.long else ROUNDS):
            guest.start()
            until_shared(site)
            site.await_all_counting()
            guest.kill() if number % 2 else guest.stop()
            until(lambda: owned(site, "worker-1") == set(range(PARTITIONS)), "the other has everything", why=lambda: str(site.owners()))
            site.await_all_counting()
            assert_prefix(site)
            sampler.check()
        guest.start()
    assert sampler.samples
    assert_exact_and_rebuilt(site, server)


def counting(site: Site, name: str) -> WorkerProcess:
    return site.worker(name, role="count", slice_records=SMALL_SLICE_RECORDS).start()


def owned(site: Site, worker: str) -> set[int]:
    return {partition for partition, owner in site.owners().items() if owner == worker}


def until_shared(site: Site) -> None:
    half = PARTITIONS // 2
    until(
        lambda: len(owned(site, "worker-1")) == len(owned(site, "worker-2")) == half,
        f"each worker owns {half} partitions",
        why=lambda: f"{site.owners()}\n" + "\n".join(tail(worker.log) for worker in site.workers),
    )


def await_taken_over(site: Site, other: WorkerProcess, lost: set[int]) -> None:
    """Wait until *other* has counted on in all of *lost*; that takes no longer than is promised."""
    started, at = time.monotonic(), site.every_mark()
    until(
        lambda: all(site.every_mark()[partition].next_offset > at[partition].next_offset for partition in lost),
        f"{lost} are counted by {other.settings.worker}",
        why=lambda: f"{site.owners()}\n{tail(other.log)}",
    )
    assert time.monotonic() - started <= TAKEOVER_SECONDS
