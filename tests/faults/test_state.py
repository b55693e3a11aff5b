"""Damaged state: files of a stopped or killed worker are damaged, and it counts on with the truth."""

import random
from pathlib import Path

import pytest

from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess
from tests.test_damaged_warehouse import delete, flip, garbage, truncate, zero_the_beginning

ENDED_ITSELF = 70
DAMAGES = {
    "a flipped SST": ("daily-*.db/*.sst", flip),
    "a truncated SST": ("daily-*.db/*.sst", truncate),
    "a zeroed SST": ("live-*.db/*.sst", zero_the_beginning),
    "a damaged MANIFEST": ("daily-*.db/MANIFEST-*", garbage),
    "a deleted CURRENT": ("daily-*.db/CURRENT", delete),
    "a flipped DuckDB file": ("warehouse.duckdb", flip),
    "a truncated DuckDB file": ("warehouse.duckdb", truncate),
    "a zeroed DuckDB file": ("warehouse.duckdb", zero_the_beginning),
    "a deleted DuckDB file": ("warehouse.duckdb", delete),
}


SHORT = ("a deleted CURRENT", "a zeroed DuckDB file")
KILLED = ("a flipped SST", "a flipped DuckDB file")


@pytest.mark.parametrize(
    ("what", "end"),
    [
        *((what, "kill") for what in KILLED),
        *(pytest.param(what, "stop", marks=[pytest.mark.long] * (what not in SHORT)) for what in DAMAGES),
    ],
)
def test_a_worker_heals_from(site: Site, plays: Plays, what: str, end: str) -> None:
    pattern, damage = DAMAGES[what]
    site.produce(plays(20_000, seed=95))
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    if end == "kill":
        worker.stop()  # RocksDB has files then
        site.produce(plays(5_000, seed=96))
        worker.start().await_ready()
        site.await_served(worker)
        worker.kill()
    else:
        worker.stop()
    for number, path in enumerate(found(worker, pattern)):
        damage(path, random.Random(number))
    site.produce(plays(20_000, seed=95))  # the same keys again: every old value is read
    worker.start()
    await_served(site, worker)
    assert_counted(site, worker, site.truth())


def found(worker: WorkerProcess, pattern: str) -> list[Path]:
    files = sorted(worker.settings.data.rglob(pattern))
    assert files, sorted(worker.settings.data.rglob("*.db"))
    return files


def await_served(site: Site, worker: WorkerProcess) -> None:
    """Wait until *worker* answers for everything; damage that it meets ends it, and it is started again."""
    ends = site.ends()

    def served() -> bool:
        if not worker.running:
            assert worker.ended() == ENDED_ITSELF, tail(worker.log)
            worker.start()
        return {row["partition"]: row["watermark"] for row in worker.conservation()} == ends and not worker.reason_unready()

    until(served, "the worker has healed", why=lambda: tail(worker.log))
