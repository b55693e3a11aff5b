"""Running: a broker of its own, and the scenarios on it one after the other."""

from collections.abc import Callable, Iterator
from pathlib import Path

from app import broker
from benchmarks import plays
from benchmarks.api import api
from benchmarks.page import page
from benchmarks.processes import Measured
from benchmarks.scenarios import Bench, Result, catch_up_history, catch_up_recent, live, live_streams
from tables.songs import write_songs


def run(names: list[str], folder: Path, count: int, runs: int, say: Callable[[str], None]) -> Iterator[Result]:
    """Start a broker in *folder* and yield the results of the scenarios *names*."""
    status = broker.start(folder / "broker", port=0, say=say)
    assert status.address is not None
    songs = folder / "songs.csv"
    write_songs(songs, plays.benchmark_songs())
    try:
        for name in names:
            say(f"{name} …")
            yield from SCENARIOS[name](Bench(status.address, folder, songs, count, runs))
    finally:
        for process in list(Measured.running):  # a scenario that failed leaves them
            process.stop()
        broker.stop(folder / "broker", say=say)


SCENARIOS: dict[str, Callable[[Bench], list[Result]]] = {
    "catch_up_history": catch_up_history,
    "catch_up_recent": catch_up_recent,
    "live": live,
    "live_streams": live_streams,
    "api": api,
    "page": page,
}
