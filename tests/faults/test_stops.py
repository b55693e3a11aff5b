"""Stops: SIGTERM ends a worker in order within ten seconds, whatever it is at."""

import time
from collections.abc import Callable

import pytest

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.broker.worker_process import STOP_SECONDS, WorkerProcess
from tests.faults.bent_worker import HANGS
from tests.faults.own_kafka import OwnKafka

SETTLED_SECONDS = 12.0
"""Longer than a session: the worker knows that its broker is gone."""


def test_a_worker_whose_loop_stands_still_says_where_and_ends(site: Site, plays: Plays) -> None:
    site.produce(plays(2_000, seed=75))
    worker = site.worker()
    worker.bends = {HANGS: "1"}
    assert worker.start().ended() == 1
    assert "_stand_still" in worker.said
    worker.bends = {}
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


def said(worker: WorkerProcess, words: str) -> Callable[[], bool]:
    """Return a condition: *worker* has said *words* once more than until now."""
    before = worker.said.count(words) if worker.log.exists() else 0
    return lambda: worker.said.count(words) > before


@pytest.mark.parametrize(
    "words",
    [
        "recovering: ",
        "(Re-)joining group",
        *(pytest.param(words, marks=pytest.mark.long) for words in ("Worker]: Starting", "created the topic", "counting partitions")),
    ],
)
def test_a_worker_obeys_at_every_stage_of_its_start(site: Site, plays: Plays, words: str) -> None:
    site.produce(plays(20_000, seed=71))
    worker = site.worker()
    if words == "recovering: ":
        worker.start().await_ready()
        site.await_served(worker)
        worker.kill()
    there = said(worker, words)
    worker.start()
    until(there, words, why=lambda: tail(worker.log))
    assert worker.stop(ends=(0, 1, 70, -15)) < STOP_SECONDS
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


@pytest.mark.parametrize("role", ["all", *(pytest.param(role, marks=pytest.mark.long) for role in ("count", "serve"))])
def test_a_worker_whose_broker_is_gone_obeys(own_site: Site, own_kafka: OwnKafka, plays: Plays, role: str) -> None:
    site = own_site
    with arriving(site, plays(20_000, seed=72), 1_000):
        others = [] if role == "all" else [site.worker("other", role="serve" if role == "count" else "count").start()]
        worker = site.worker(role=role).start()
        site.await_all_counting()
        if role != "count":
            worker.await_ready()
        own_kafka.kill()
        gone = time.monotonic()
        until(lambda: time.monotonic() - gone > SETTLED_SECONDS or not worker.running, "the broker is away for long")
        if worker.running:
            assert worker.stop(ends=(0, 70)) < STOP_SECONDS
        own_kafka.start()
        worker.start()
        for other in others:
            if not other.running:
                other.start()
        site.await_all_counting()
    server = next(each for each in site.workers if each.settings.role != "count")
    site.await_served(server)
    assert_counted(site, server, site.truth())


def test_a_second_order_to_stop_changes_nothing(site: Site, plays: Plays) -> None:
    with arriving(site, plays(20_000, seed=73), 2_000):
        worker = site.worker(slice_records=500).start().await_ready()
        worker.terminate()
        assert worker.stop() < STOP_SECONDS
        assert site.open_transactions() == 0
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())
