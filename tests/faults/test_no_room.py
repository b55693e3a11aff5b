"""No room: a worker started, stopped or rebalanced on a disk with nothing left waits, says so, and goes on with the truth."""

import shutil
from pathlib import Path

import pytest

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.broker.worker_process import STOP_SECONDS, WorkerProcess
from tests.faults.test_disk import LEFT_MEGABYTES, NEEDED_MEGABYTES, fill, small_disk

__all__ = ["small_disk"]

WANTED = f"MB free and {NEEDED_MEGABYTES} MB are needed"
SHARED = ["worker-1", "worker-1", "worker-2", "worker-2"]


@pytest.mark.parametrize("lost", [False, pytest.param(True, marks=pytest.mark.long)], ids=["state kept", "state lost"])
def test_a_worker_that_starts_with_nothing_left_waits_before_it_opens_anything(
    site: Site,
    plays: Plays,
    small_disk: Path,
    lost: bool,  # noqa: FBT001
) -> None:
    worker, filler = counted(site, plays, small_disk), small_disk / "filler"
    if lost:
        shutil.rmtree(worker.settings.data / site.name)
    fill(filler, leave=0)
    site.produce(plays(5_000, seed=112))
    for _ in range(2):
        worker.start()
        until_it_waits(worker)
        assert worker.stop() < STOP_SECONDS
    worker.start()
    until_it_waits(worker)
    filler.unlink()
    worker.await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())
    assert "damaged" not in worker.said


@pytest.mark.long
def test_a_worker_that_waits_gives_partitions_away_and_goes_on_with_the_others(site: Site, plays: Plays, small_disk: Path) -> None:
    worker, filler = counted(site, plays, small_disk), small_disk / "filler"
    with arriving(site, plays(10_000, seed=113), 1_000):
        worker.start().await_ready()
        site.await_all_counting()
        fill(filler, leave=LEFT_MEGABYTES)
        until_it_waits(worker)
        other = site.worker("worker-2", role="count").start()
        until(lambda: sorted(site.owners().values()) == SHARED, "two partitions moved", why=lambda: tail(worker.log))
        moved = [partition for partition, owner in site.owners().items() if owner == "worker-2"]
        at = site.marks()
        until(lambda: all(site.marks()[each].next_offset > at[each].next_offset for each in moved), "they count there")
        until_it_waits(worker)
        other.stop()
        until(lambda: set(site.owners().values()) == {"worker-1"}, "all are back", why=lambda: tail(worker.log))
        until_it_waits(worker)
        filler.unlink()
        worker.await_ready()
        site.await_all_counting()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


def counted(site: Site, plays: Plays, disk: Path) -> WorkerProcess:
    """Return a worker that has counted, with its data on *disk*, and was stopped."""
    site.produce(plays(20_000, seed=111))
    worker = site.worker(data=disk / "data", disk_free_megabytes=NEEDED_MEGABYTES)
    worker.start().await_ready()
    site.await_served(worker)
    worker.stop()
    return worker


def until_it_waits(worker: WorkerProcess) -> None:
    def waits() -> bool:
        assert worker.running, tail(worker.log)
        return WANTED in worker.reason_unready()

    until(waits, "it says that there is no room", why=lambda: f"{worker.reason_unready()}\n{tail(worker.log)}")
