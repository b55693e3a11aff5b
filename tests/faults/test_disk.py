"""Full disks: nothing is acknowledged that is not kept, the server says why it is not ready, and all of it heals by itself."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted, assert_serves
from tests.broker.site import Site
from tests.broker.waiting import until
from tests.broker.worker_process import STOP_SECONDS, WorkerProcess

ENDED_ITSELF = 70
DISK_MEGABYTES = 96
NEEDED_MEGABYTES = 24
LEFT_MEGABYTES = 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of DISK_MEGABYTES."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", folder], capture_output=True, check=False)  # noqa: S607
    if mounted.returncode:
        pytest.skip(f"NOT TESTED HERE, full disks: no file system can be mounted ({mounted.stderr.decode().strip()})")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S607 - after a failure a worker still uses it


def test_counting_and_flush_wait_while_the_disk_is_full_and_go_on_by_themselves(site: Site, plays: Plays, small_disk: Path) -> None:
    filler = small_disk / "filler"
    with arriving(site, plays(10_000, seed=97), 1_000):
        worker = site.worker(data=small_disk / "data", disk_free_megabytes=NEEDED_MEGABYTES).start().await_ready()
        site.await_all_counting()
        fill(filler, leave=LEFT_MEGABYTES)
        until(lambda: "MB free and 24 MB are needed" in worker.reason_unready(), "it says so", why=worker.reason_unready)
        # What had room before it said so is committed, if anything is, long before so many more plays arrived.
        waiting = site.lag()
        until(lambda: site.lag() > waiting + 1_500, "plays wait")
        at, waiting = site.every_mark(), site.lag()
        until(lambda: site.lag() > waiting + 1_500, "more plays wait")
        assert site.every_mark() == at
        assert worker.ask("/livez", token=None)[0] == 200

        assert worker.stop() < STOP_SECONDS
        worker.start()
        until(lambda: "MB are needed" in worker.reason_unready(), "it says so after a restart too", why=worker.reason_unready)
        filler.unlink()
        worker.await_ready()
        site.await_all_counting()
    site.await_served(worker)
    assert worker.said.count("MB free again: going on") == 1
    assert_counted(site, worker, site.truth())
    worker.stop()


@pytest.mark.long
def test_writes_that_find_no_room_lose_nothing_either(site: Site, plays: Plays, small_disk: Path) -> None:
    filler = small_disk / "filler"
    with arriving(site, plays(10_000, seed=98), 1_000):
        counting = site.worker("counting", role="count", data=small_disk / "counting", disk_free_megabytes=0).start()
        server = site.worker("server", role="serve", data=small_disk / "server", disk_free_megabytes=0).start().await_ready()
        site.await_all_counting()
        fill(filler, leave=0)
        until(lambda: "the flush failed and tries again" in server.reason_unready(), "it says so", why=server.reason_unready)
        counting.stop()  # its RocksDB has something to write out, and cannot
        filler.unlink()
        counting.start()
        site.await_all_counting()
        server.await_ready()
    site.await_served(server)
    assert_counted(site, server, site.truth())
    for worker in (counting, server):
        worker.stop()


def test_a_rocksdb_that_cannot_write_ends_the_process_and_acknowledges_nothing(site: Site, plays: Plays) -> None:
    worker = site.worker(role="count").start()
    site.produce(plays(10_000, seed=99), partition=0)
    site.await_counted()
    forbid_files_beyond(worker, 1 << 20)
    site.produce(plays(250_000, seed=100), partition=0)  # more than RocksDB holds in memory
    assert worker.ended() == ENDED_ITSELF
    assert "counting ends: " in worker.said
    assert "File too large" in worker.said
    worker.start()
    server = site.worker("server", role="serve").start().await_ready()
    site.await_counted()
    site.await_served(server)
    assert_counted(site, server, site.truth())


def test_a_duckdb_that_cannot_write_degrades_and_heals(site: Site, plays: Plays) -> None:
    with arriving(site, plays(10_000, seed=101), 1_000):
        site.worker("counting", role="count").start()
        server = site.worker("server", role="serve").start().await_ready()
        site.await_all_counting()
        forbid_files_beyond(server, 1 << 12)
        until(lambda: "the flush failed and tries again" in server.reason_unready(), "it says so", why=server.reason_unready)
        forbid_files_beyond(server, resource.RLIM_INFINITY)
        server.await_ready()
    site.await_counted()
    site.await_served(server)
    assert_serves(server, site.truth())


def fill(filler: Path, *, leave: int) -> None:
    """Take all of the disk but *leave* megabytes."""
    free = psutil.disk_usage(str(filler.parent)).free - (leave << 20)
    with suppress(OSError), filler.open("wb") as file:  # what others write meanwhile may make it less
        file.write(b"\0" * free)


def forbid_files_beyond(worker: WorkerProcess, size: int) -> None:
    psutil.Process(worker.pid).rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
