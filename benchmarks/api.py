"""The API's speed: every endpoint under load while plays are counted; then each by itself, beside ClickHouse over the same rows."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import duckdb
import psutil

from app.broker_room import free_port
from app.catalogue import generate_songs
from app.settings import Settings
from app.topics import declare_topics, wanted_topics
from benchmarks.beside_clickhouse import beside_clickhouse
from benchmarks.processes import Measured
from benchmarks.questions import HISTORY_DAYS, Asking, Question
from benchmarks.scenarios import LIVE_RATE, Bench, Result
from benchmarks.yardstick import Yardstick
from tables.songs import write_songs
from web.endpoints import ENDPOINTS

PLAYS_OF_EACH = 2.9
"""So many times the plays that other scenarios take: by default 5,800,000, which make 5,000,000 daily rows."""
RATE = 200.0
WARM_UP_SECONDS, SECONDS = 5, 60
CALM_SECONDS, CALM_SHARE = 3.0, 0.3
"""A process that has done with everything uses less than this share of a core over so many seconds."""
SEED = 360


class Heard(NamedTuple):
    """What became of a question under load: milliseconds from when it was due, and a status or what went wrong."""

    endpoint: str
    milliseconds: float
    outcome: str
    late_milliseconds: float
    """Of these, until the asker put it out to be asked."""


def api(bench: Bench) -> list[Result]:
    """Ask 200 questions a second of 5,000,000 daily rows while 5,000 plays/s are counted; then one after the other."""
    catalogue = generate_songs()
    asking = Asking(catalogue, SEED)
    settings = replace(bench.settings("api", "count"), songs=bench.folder / "api-songs.csv")
    write_songs(bench.folder / "api-songs.csv", catalogue)
    declare_topics(settings, wanted_topics(settings))
    with _produced(settings, "--rate", "0", "--count", str(round(bench.plays * PLAYS_OF_EACH)), "--days", str(HISTORY_DAYS)) as history:
        history.wait()
    counting = Measured(settings)
    serving = Measured(replace(settings, role="serve", data=bench.folder / "api-server", web_port=free_port()))
    serving.ready()
    _until_counted(serving, counting)
    with _produced(settings, "--rate", str(LIVE_RATE)):
        loaded = _loaded(bench, serving, asking)
    _until_counted(serving)
    counting.stop()
    serving.stop()
    loaded[0].beside["daily rows"] = _daily_rows(serving.settings)
    return [*loaded, *beside_clickhouse(bench.folder, serving.settings, asking)]


def _loaded(bench: Bench, serving: Measured, asking: Asking) -> list[Result]:
    """Ask under load; return the figures of everything and of each endpoint."""
    _until(lambda: serving.get("evolution_per_second", "seconds=1")[0]["plays"] > 0)
    warm_up = list(asking.mixed(round(RATE * WARM_UP_SECONDS)))
    measured = list(asking.mixed(round(RATE * SECONDS)))
    assert len({*warm_up, *measured}) == len(warm_up) + len(measured), "a question is asked twice"
    _open_loop(bench, serving, warm_up)
    counted, cpu, stolen, started = _counted(serving), serving.cpu_seconds(), psutil.cpu_times().steal, time.monotonic()
    with Yardstick() as yardstick:
        heard = _open_loop(bench, serving, measured)
    seconds = time.monotonic() - started
    stolen = psutil.cpu_times().steal - stolen
    cpu, counted = serving.cpu_seconds() - cpu, _counted(serving) - counted
    failed = Counter((one.endpoint, one.outcome) for one in heard if one.outcome != "200")
    for (endpoint, outcome), times in failed.items():
        print(f"api: {times} questions to {endpoint} failed: {outcome}", file=sys.stderr)
    beside = {
        "plays/s": counted / seconds,
        "% of a core": cpu / seconds * 100,
        "load average": os.getloadavg()[0],
        "ns a step": yardstick.nanoseconds,
        "% of a core stolen": stolen / seconds * 100,
        "p99 of the asker's lateness": _p99(sorted(one.late_milliseconds for one in heard)),
    }
    return [
        _result("api", heard, beside),
        *(_result(f"api_{one.name}", [each for each in heard if each.endpoint == one.name], {}) for one in ENDPOINTS),
    ]


def _result(name: str, heard: Sequence[Heard], beside: dict[str, float]) -> Result:
    latencies = sorted(one.milliseconds for one in heard)
    failed = sum(one.outcome != "200" for one in heard)
    figures = {"p99": _p99(latencies), "most": latencies[-1], "questions": float(len(heard)), "failed": float(failed)}
    return Result(name, statistics.median(latencies), "ms", {**figures, **beside})


def _p99(ascending: Sequence[float]) -> float:
    return ascending[min(len(ascending) - 1, int(len(ascending) * 0.99))]


def _open_loop(bench: Bench, serving: Measured, questions: Sequence[Question]) -> list[Heard]:
    """Ask *questions* from another process."""
    file = bench.folder / "api-questions.json"
    file.write_text(json.dumps([question.path for question in questions]))
    token = serving.settings.data / "admin.token"
    command = [sys.executable, "-m", "benchmarks.open_loop", str(serving.settings.web_port), str(token), str(file), str(RATE)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return [Heard(question.endpoint, *heard) for question, heard in zip(questions, json.loads(done.stdout), strict=True)]


@contextmanager
def _produced(settings: Settings, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Send simulated plays while the block runs."""
    command = [sys.executable, "-m", "app.cli", "produce", *arguments]
    with subprocess.Popen(command, env={**os.environ, **settings.environment()}, stdout=subprocess.DEVNULL) as producer:
        try:
            yield producer
        finally:
            producer.terminate()


def _until_counted(serving: Measured, *others: Measured) -> None:
    """Wait until everything that was sent is counted, and the server and *others* have done with it: RocksDB compacts for a while."""
    _until(lambda: all(row["lag"] == 0 for row in serving.get("conservation")))

    def calm() -> bool:
        before = [process.cpu_seconds() for process in (serving, *others)]
        time.sleep(CALM_SECONDS)
        after = [process.cpu_seconds() for process in (serving, *others)]
        return all(late - early < CALM_SHARE * CALM_SECONDS for early, late in zip(before, after, strict=True))

    _until(calm)


def _daily_rows(settings: Settings) -> float:
    with duckdb.connect(str(settings.data / "warehouse.duckdb"), read_only=True) as warehouse:
        ((rows,),) = warehouse.execute("SELECT count(*) FROM daily").fetchall()
    return float(rows)


def _counted(serving: Measured) -> int:
    return sum(row["counted"] for row in serving.get("conservation"))


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.2)
