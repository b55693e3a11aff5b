"""The network between a worker and its broker: slow, reset, cut; the counts go on within a minute and are exact."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays, open_site
from tests.broker.oracles import assert_counted
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess
from tests.faults.own_kafka import ProxiedKafka

ALIVE_SECONDS = 60.0
SLOW_SECONDS = 0.5
CUT_SECONDS = 15.0
RESETS = 5
PER_SECOND = 1_500
ENDED_ITSELF = 70


@pytest.fixture
def proxied_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxiedKafka]:
    kafka = ProxiedKafka(tmp_path_factory.mktemp("proxied-kafka")).start()
    yield kafka
    kafka.stop()


@pytest.fixture
def far_site(proxied_kafka: ProxiedKafka, tmp_path: Path, songs_csv: Path) -> Iterator[Site]:
    """A site whose oracles are beside the broker."""
    with open_site(proxied_kafka.address, tmp_path, songs_csv) as opened:
        yield opened


def test_counts_are_exact_over_a_network_that_is_slow_reset_and_cut(far_site: Site, proxied_kafka: ProxiedKafka, plays: Plays) -> None:
    site, proxy = far_site, proxied_kafka.proxy
    with arriving(site, plays(50_000, seed=51), PER_SECOND):
        worker = site.worker(broker=proxied_kafka.proxied_address, slice_records=500).start().await_ready()
        assert proxy.connections

        proxy.delay_seconds = SLOW_SECONDS
        await_counting(site, worker)
        proxy.delay_seconds = 0.0

        for _ in range(RESETS):
            site.await_all_counting()
            proxy.reset()
            await_counting(site, worker)

        proxy.cut()
        cut = time.monotonic()
        until(lambda: time.monotonic() - cut > CUT_SECONDS, "the cut lasts")
        assert site.lag() > 0
        proxy.mend()
        await_counting(site, worker)
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


def await_counting(site: Site, worker: WorkerProcess) -> None:
    """Wait until every partition is counted on; a worker that ended itself is started again, as whoever runs it does."""
    at = site.every_mark()

    def counted_on() -> bool:
        if not worker.running:
            assert worker.ended() == ENDED_ITSELF, tail(worker.log)
            worker.start()
        return all(now.next_offset > then.next_offset for now, then in zip(site.every_mark(), at, strict=True))

    until(counted_on, f"every partition is counted on from {at}", within=ALIVE_SECONDS, why=lambda: tail(worker.log))
