"""Kills: SIGKILL, SIGTERM, lost state and fenced owners; afterwards every count is the truth."""

import random
import re
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted, assert_serves
from tests.broker.site import Site, Stored, read_warehouse
from tests.broker.waiting import tail, until
from tests.broker.worker_process import STOP_SECONDS, WorkerProcess

KILLS = 5
OPEN_AT_LEAST = 2
"""Kills that must have fallen inside a transaction."""
KILLS_MOST = 15
SMALL_SLICE_RECORDS = 500
FENCED = 70


def test_a_counting_worker_killed_again_and_again_counts_each_play_once(site: Site, plays: Plays) -> None:
    site.produce(plays(100_000, seed=21))
    worker = site.worker(slice_records=SMALL_SLICE_RECORDS)
    chance = random.Random(21)
    kills = inside = 0
    while kills < KILLS or inside < OPEN_AT_LEAST:
        assert kills < KILLS_MOST, f"{inside} of {kills} kills fell inside a transaction"
        if kills >= KILLS:
            site.produce(plays(10_000, seed=100 + kills))
        goal = site.counted_offsets() + chance.randrange(1, 8) * SMALL_SLICE_RECORDS
        worker.start()
        site.await_offsets(goal)
        site.pause_inside_a_transaction(worker)
        worker.kill()
        assert site.lag() > 0, "it was killed too late: everything was counted"
        kills, inside = kills + 1, inside + (site.open_transactions() > 0)
    worker.start().await_ready()
    site.await_served(worker)
    truth = site.truth()
    assert_counted(site, worker, truth)
    worker.stop()
    assert read_warehouse(worker.settings.data, site.folder / "copy").daily == truth.daily


def test_a_server_killed_at_its_flush_stands_at_a_prefix_and_ends_with_the_same_facts(site: Site, plays: Plays) -> None:
    site.produce(plays(20_000, seed=22))
    site.worker("counting", role="count", slice_records=SMALL_SLICE_RECORDS).start()
    server = site.worker("server", role="serve", flush_seconds=0.05)
    chance = random.Random(22)
    left: list[Stored] = []
    with arriving(site, plays(50_000, seed=28)):
        while len(left) < KILLS:
            server.start()
            until_written(server, times=chance.randrange(2, 12))
            server.kill()
            left.append(read_warehouse(server.settings.data, site.folder / "copy"))
            assert folded(left[-1]) < site.counted_offsets(), "it was killed too late: it had folded everything"
    server.start()
    site.await_counted()
    site.await_served(server)
    truth = site.truth()
    for stored in left:
        below = {partition: mark.next_offset for partition, mark in stored.watermarks.items()}
        assert stored.daily == truth.daily_below(below)
    assert 0 < folded(left[0]) < folded(left[-1])
    assert_serves(server, truth)
    server.stop()
    assert read_warehouse(server.settings.data, site.folder / "copy").daily == truth.daily


@pytest.mark.parametrize("gone", [("RocksDB",), ("DuckDB",), ("RocksDB", "DuckDB")], ids="+".join)
def test_lost_state_is_rebuilt_and_counting_goes_on(site: Site, plays: Plays, gone: tuple[str, ...]) -> None:
    site.produce(plays(20_000, seed=23))
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    worker.stop()
    lost = [path for name in gone for path in state(worker)[name]]
    assert lost, f"no {gone} in {[str(path.relative_to(site.folder)) for path in worker.settings.data.rglob('*')]}"
    for path in lost:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())

    site.produce(plays(5_000, seed=24))
    site.await_served(worker)
    assert_counted(site, worker, site.truth())
    worker.stop()
    assert read_warehouse(worker.settings.data, site.folder / "copy").daily == site.truth().daily


def test_a_fenced_worker_ends_itself_and_writes_nothing_more(site: Site, plays: Plays) -> None:
    with arriving(site, plays(50_000, seed=25)):  # a worker with nothing to commit would never hear of it
        worker = site.worker(slice_records=SMALL_SLICE_RECORDS).start()
        site.await_all_counting()
        Producer({"bootstrap.servers": site.broker, "transactional.id": f"{site.name}-2"}).init_transactions(30)
        fenced_at = site.marks()[2]
        assert worker.ended() == FENCED
        # A commit in the middle of the fencing runs into an IllegalStateException of the broker, which answers -1: it does not say.
        assert re.search(
            "counting ends: (Fenced: partition 2 belongs to another worker now|"
            "OutcomeUnknown: partition 2: the broker did not say whether it committed)",
            worker.said,
        )
        until(lambda: site.lag() > 0, "plays wait")
        assert site.marks()[2] == fenced_at

    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


def test_sigterm_ends_a_busy_worker_in_time_and_the_counts_go_on(site: Site, plays: Plays) -> None:
    site.produce(plays(200_000, seed=27))
    worker = site.worker(slice_records=SMALL_SLICE_RECORDS)
    for _ in range(2):
        goal = site.counted_offsets() + 1
        worker.start()
        site.await_offsets(goal)
        assert worker.stop() < STOP_SECONDS
        assert site.lag() > 0, "it was stopped too late: everything was counted"
        assert site.open_transactions() == 0
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


# -- what the tests wait for -------------------------------------------------------------------------------------------


def until_written(server: WorkerProcess, *, times: int) -> None:
    """Wait until the flush has changed its file or write-ahead log *times*."""
    seen: set[tuple[int, int]] = set()

    def changed() -> bool:
        for path in server.settings.data.glob("warehouse.duckdb*"):
            with suppress(FileNotFoundError):  # a checkpoint takes the log away, perhaps since it was listed
                status = path.stat()
                seen.add((status.st_size, status.st_mtime_ns))
        return len(seen) > times

    until(changed, f"the flush writes {times} times", why=lambda: tail(server.log))


# -- what is on the disk ------------------------------------------------------------------------------------------------


def state(worker: WorkerProcess) -> dict[str, list[Path]]:
    """What a worker keeps on its disk."""
    data = worker.settings.data
    return {"RocksDB": [path for path in data.rglob("*") if path.suffix == ".db"], "DuckDB": list(data.glob("warehouse.duckdb*"))}


def folded(stored: Stored) -> int:
    """How many offsets the facts of a file reach, over all partitions."""
    return sum(mark.next_offset for mark in stored.watermarks.values())
