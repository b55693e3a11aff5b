"""Scenarios: what is measured, with the broker on the same cores."""

import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from confluent_kafka import Producer

from app.broker_room import free_port
from app.settings import Settings
from app.simulation import COUNTRIES
from benchmarks import plays
from benchmarks.listeners import Listeners
from benchmarks.processes import Measured

PLAIN_FAUST_PLAYS = 20_000
"""Enough to see its pace: it takes some ten seconds."""
LIVE_RATE = 5_000
LIVE_SECONDS = 30
MARKERS = 100
STREAMS, PAGES = 1_000, 20
PAGE = {
    "totals": "totals?",
    "now": "evolution_per_second?seconds=120",
    "artist": "ranking_by?by=artist&limit=10",
    "song": "ranking_by?by=song_title&limit=10",
    "source": "ranking_by?by=source&limit=8",
}
"""What a page of one country subscribes to: with 20 countries, 100 distinct subscriptions."""


@dataclass(frozen=True)
class Result:
    """A figure, and what it stands beside in the same run."""

    name: str
    value: float
    unit: str
    beside: dict[str, float]


@dataclass(frozen=True)
class Bench:
    """The broker and the folder that all scenarios share."""

    broker: str
    folder: Path
    songs: Path
    plays: int
    runs: int

    def settings(self, topic: str, role: str) -> Settings:
        """Return the settings of a fresh worker on *topic*."""
        name = f"{topic}-{uuid.uuid4().hex[:6]}"
        return Settings(
            broker=self.broker, data=self.folder / name, songs=self.songs, id=name, topic=topic, partitions=plays.PARTITIONS, role=role,
            web_port=free_port(),
        )  # fmt: skip


def catch_up_history(bench: Bench) -> list[Result]:
    """Count plays of past days, nearly every key distinct; then what it left: memory, and recovery of a deleted state."""
    topic = _topic("history")
    plays.fill(bench.broker, topic, plays.history(bench.plays, seed=1))
    rates, memory, recovered, bare = [], [], [], []
    for _ in range(bench.runs):
        bare.append(bench.plays / _beside("bare_loop", bench.broker, topic, str(bench.plays)))
        rate, counting, serving = _catch_up(bench, topic)
        rates.append(rate)
        memory.append((counting.peak_megabytes(), serving.peak_megabytes()))
        counting.stop()
        recovered.append(_recover(counting.settings))
        serving.stop()
    plain = _plain_faust(bench)
    counting_mb, serving_mb = (statistics.median(figures) for figures in zip(*memory, strict=True))
    beside = {"bare loop": statistics.median(bare), "plain Faust table": plain}
    return [
        Result("catch_up_history", statistics.median(rates), "plays/s", beside),
        Result("recovery", statistics.median(recovered), "records/s", {}),
        Result("memory_counting", counting_mb, "MB", {}),
        Result("memory_serving", serving_mb, "MB", {}),
    ]


def catch_up_recent(bench: Bench) -> list[Result]:
    """Count plays of the last minute, so that the live table is written too."""
    topic = _topic("recent")
    plays.fill(bench.broker, topic, plays.recent(bench.plays, seed=2))
    rates, bare = [], []
    for _ in range(bench.runs):
        bare.append(bench.plays / _beside("bare_loop", bench.broker, topic, str(bench.plays)))
        rate, counting, serving = _catch_up(bench, topic)
        rates.append(rate)
        counting.stop()
        serving.stop()
    return [Result("catch_up_recent", statistics.median(rates), "plays/s", {"bare loop": statistics.median(bare)})]


def live(bench: Bench) -> list[Result]:
    """Count and serve 5,000 plays/s; how much of a core it takes, and how long a play takes to be seen."""
    with _live_site(bench) as (topic, counting, serving):
        cpu, started = counting.cpu_seconds() + serving.cpu_seconds(), time.monotonic()
        counted = serving.get("totals")[0]["plays"]
        time.sleep(LIVE_SECONDS)
        seconds = time.monotonic() - started
        share = (counting.cpu_seconds() + serving.cpu_seconds() - cpu) / seconds
        rate = (serving.get("totals")[0]["plays"] - counted) / seconds
        latencies = sorted(_latencies(bench, topic, serving))
    p99 = latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))]
    return [
        Result("live_cpu", share * 100, "% of a core", {"plays/s": rate}),
        Result("live_event_to_view_p99", p99, "s", {"median": statistics.median(latencies), "markers": len(latencies)}),
    ]


def live_streams(bench: Bench) -> list[Result]:
    """Keep a thousand streams open on a server of 5,000 plays/s; how much of a core the server takes."""
    with _live_site(bench) as (_topic, _counting, serving):
        pages = [_page_of(country.code) for country in COUNTRIES[:PAGES]]
        token, port = serving.token(), serving.settings.web_port
        without, started = serving.cpu_seconds(), time.monotonic()
        time.sleep(LIVE_SECONDS / 3)
        without = (serving.cpu_seconds() - without) / (time.monotonic() - started)
        with Listeners(port, token, pages * (STREAMS // PAGES)) as listeners:
            _wait(lambda: len(listeners.begun) == STREAMS)
            cpu, started, begun, turns = serving.cpu_seconds(), time.monotonic(), listeners.bytes, listeners.turns
            asked, counted = serving.metric("artist360_stream_questions_total"), serving.get("totals")[0]["plays"]
            time.sleep(LIVE_SECONDS)
            seconds = time.monotonic() - started
            share = (serving.cpu_seconds() - cpu) / seconds
            asked = (serving.metric("artist360_stream_questions_total") - asked) / seconds
            rate = (serving.get("totals")[0]["plays"] - counted) / seconds
            assert serving.metric("artist360_streams") == STREAMS
    beside = {
        "without streams": without * 100,
        "plays/s": rate,
        "turns/s": (listeners.turns - turns) / seconds / STREAMS,
        "each subscription asked every s": PAGES * len(PAGE) / asked,
        "bytes/s a stream": (listeners.bytes - begun) / seconds / STREAMS,
    }
    return [Result("live_streams_cpu", share * 100, "% of a core", beside)]


def _page_of(country: str) -> str:
    return "/live?" + urllib.parse.urlencode({name: f"{asked}&country={country}" for name, asked in PAGE.items()})


@contextmanager
def _live_site(bench: Bench) -> Iterator[tuple[str, Measured, Measured]]:
    """Yield the topic that 5,000 plays arrive on each second, the worker that counts them and the server."""
    topic = _topic("live")
    plays.fill(bench.broker, topic, iter(()))
    settings = bench.settings(topic, "count")
    counting, serving = Measured(settings), Measured(_server_of(bench, settings))
    serving.ready()
    counting.logged("counting partitions")
    producer = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "produce", "--rate", str(LIVE_RATE)],
        env={**os.environ, **settings.environment()}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(lambda: serving.get("totals")[0]["plays"] > LIVE_RATE * 5)
        yield topic, counting, serving
    finally:
        producer.terminate()
        producer.wait()
        counting.stop()
        serving.stop()


def _catch_up(bench: Bench, topic: str) -> tuple[float, Measured, Measured]:
    """Count all of *topic*; the clock runs from the partitions' assignment until DuckDB holds everything."""
    settings = bench.settings(topic, "count")
    serving_settings = _server_of(bench, settings)
    serving = Measured(serving_settings)
    serving.logged("Worker.*: Ready")  # not to serve, since nothing is counted yet, but to follow
    counting = Measured(settings)
    counting.logged("counting partitions")
    started = time.monotonic()
    serving.ready()
    _wait(lambda: sum(row["stored"] for row in serving.get("conservation")) >= bench.plays, every=0.2)
    return bench.plays / (time.monotonic() - started), counting, serving


def _recover(settings: Settings) -> float:
    """Delete the state directory, start again; return changelog records per second, as the worker's log says."""
    shutil.rmtree(settings.data)
    worker = Measured(settings)
    records, seconds = worker.logged(r"recovered ([\d,]+) records in ([\d.]+) s").groups()
    worker.stop()
    return int(records.replace(",", "")) / float(seconds)


def _latencies(bench: Bench, topic: str, serving: Measured) -> Iterator[float]:
    """Send marked plays one after the other; yield how long each takes until a view shows it, seconds."""
    producer = Producer({"bootstrap.servers": bench.broker, "linger.ms": 0})
    for number in range(MARKERS):
        song = f"marker{number:05d}{uuid.uuid4().hex[:8]}"
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        started = time.monotonic()
        producer.produce(topic, f'{{"external_id":"{song}","play_time":"{now}","country":"ES","source":"spotify"}}'.encode())
        producer.flush()
        _wait(partial(_seen, serving, song))
        yield time.monotonic() - started


def _seen(serving: Measured, song: str) -> bool:
    return bool(serving.get("totals", f"song_id={song}")[0]["plays"] == 1)


def _plain_faust(bench: Bench) -> float:
    topic = _topic("plain")
    plays.fill(bench.broker, topic, plays.history(PLAIN_FAUST_PLAYS, seed=3))
    environment = {"BROKER": bench.broker, "TOPIC": topic, "COUNT": str(PLAIN_FAUST_PLAYS), "DATA": str(bench.folder / topic)}
    return PLAIN_FAUST_PLAYS / _beside("plain_faust", "worker", "-l", "error", environment=environment)


def _beside(module: str, *arguments: str, environment: dict[str, str] | None = None) -> float:
    """Run a program that stands beside; return the seconds that it prints last."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    environment = {**os.environ, **(environment or {})}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True, timeout=600)
    return float(done.stdout.split()[-1])


def _server_of(bench: Bench, counting: Settings) -> Settings:
    return replace(counting, role="serve", data=bench.folder / f"{counting.id}-server")


def _topic(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:6]}"


def _wait(condition: Callable[[], bool], every: float = 0.02) -> None:
    while not condition():
        time.sleep(every)
