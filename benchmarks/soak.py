"""`python -m benchmarks.soak --minutes 60`: counts and serves 5,000 plays/s, and says each minute what that takes of memory and disk.

Writes `benchmarks/results/soak.json`: what may grow is what is kept for a key, and nothing else.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from app import broker
from app.broker_room import free_port
from app.settings import Settings
from app.songs_file import songs_in_use
from app.topics import declare_topics, wanted_topics
from benchmarks.processes import Measured

RESULTS = Path(__file__).parent / "results"
RATE = 5_000
MINUTE_SECONDS = 60.0
SOURCE_CONFIG = {"retention.bytes": str(256 << 20), "segment.bytes": str(32 << 20)}
"""Bounded, as `artist360 up` bounds its topic: counts outlive their plays."""


class Minute(NamedTuple):
    """What stands at a moment; sizes in megabytes."""

    minute: int
    counted: int
    keys: int
    lag: int
    counting_memory: float
    serving_memory: float
    rocksdb: float
    duckdb: float
    daily_changelog: float
    live_changelog: float


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory(prefix="artist360-soak-") as folder:
        soaked = []
        for minute in soak(Path(folder), minutes):
            soaked.append(minute)
            print(" ".join(f"{name} {value:,.0f}" for name, value in _shown(minute)), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "soak.json").write_text(json.dumps([dict(_shown(minute)) for minute in soaked], indent=1) + "\n")


def soak(folder: Path, minutes: int) -> Iterator[Minute]:
    """Start everything below *folder*, and yield what stands after each minute."""
    kafka = broker.start(folder / "broker", port=0)
    settings = Settings(broker=str(kafka.address), data=folder / "counting", id="soak", role="count", web_port=free_port())
    path, _ = songs_in_use(settings)
    settings = replace(settings, songs=path)
    declare_topics(settings, wanted_topics(settings, SOURCE_CONFIG))
    counting = Measured(settings)
    serving = Measured(replace(settings, role="serve", data=folder / "serving", worker="server"))
    producer = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "produce", "--rate", str(RATE)],
        env={**os.environ, **settings.environment()}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        serving.ready()
        started = time.monotonic()
        for minute in range(1, minutes + 1):
            time.sleep(max(0.0, started + minute * MINUTE_SECONDS - time.monotonic()))
            yield _stand(minute, counting, serving, folder / "broker" / "kafka")
    finally:
        producer.terminate()
        producer.wait()
        for process in (counting, serving):
            process.stop()
        broker.stop(folder / "broker")


def _stand(minute: int, counting: Measured, serving: Measured, topics: Path) -> Minute:
    rows = serving.get("conservation")
    assert all(row["stored"] == row["counted"] == row["consumed"] - row["rejected"] for row in rows), rows
    return Minute(
        minute,
        sum(row["counted"] for row in rows),
        int(serving.metric("artist360_stored_counts")),
        sum(row["lag"] for row in rows),
        counting.megabytes(),
        serving.megabytes(),
        _megabytes(counting.settings.data / "soak"),
        _megabytes(serving.settings.data, r"warehouse\.duckdb(\.wal)?"),
        _megabytes(topics, None, "soak-daily-changelog-*"),
        _megabytes(topics, None, "soak-live-changelog-*"),
    )


def _megabytes(folder: Path, name: str | None = None, folders: str = "") -> float:
    """Return what the files in *folder* take, or those in its *folders*, or only those called *name*."""
    places = folder.glob(folders) if folders else [folder]
    blocks = 0
    for within, _, files in (step for place in places for step in os.walk(place)):
        for file in files:
            if name is None or re.fullmatch(name, file):
                with suppress(FileNotFoundError):  # RocksDB, DuckDB and Kafka take files away at any time
                    blocks += Path(within, file).stat().st_blocks
    return blocks * 512 / (1 << 20)  # Kafka's indexes are sparse


def _shown(minute: Minute) -> list[tuple[str, float]]:
    kept = ("rocksdb", "duckdb", "daily_changelog")
    a_key = [(f"{name}_bytes_a_key", getattr(minute, name) * (1 << 20) / max(minute.keys, 1)) for name in kept]
    return [*minute._asdict().items(), *a_key]


if __name__ == "__main__":
    main()
