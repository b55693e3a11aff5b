"""The benchmark's plays: 50,000 songs, 60 countries, 4 services; nearly every play is a key of its own."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # not in its __all__

from app.simulation import COUNTRIES, SOURCES
from tables.songs import Song, Songs

SONGS = 50_000
PARTITIONS = 4
HISTORY_DAYS = 30
RECENT_SECONDS = 60
BATCH = 10_000


def benchmark_songs() -> Songs:
    """Return a dimension in which every song is known."""
    return Songs(Song(song_id(n), "", (f"Artist {n % 5000}",), f"Song {n}", "", f"Album {n % 9000}", "pop", 1.0) for n in range(SONGS))


def song_id(number: int) -> str:
    """Return the external_id of song *number*."""
    return f"{number:06d}benchmarksong360"


def history(count: int, seed: int) -> Iterator[list[bytes]]:
    """Make *count* plays of the days before today."""
    midnight = int(time.time()) // 86400 * 86400
    random = np.random.default_rng(seed)
    for size in _batches(count):
        yield _plays(random, midnight - 1 - random.integers(0, HISTORY_DAYS * 86400, size))


def recent(count: int, seed: int) -> Iterator[list[bytes]]:
    """Make *count* plays of the last minute before each is made."""
    random = np.random.default_rng(seed)
    for size in _batches(count):
        yield _plays(random, int(time.time()) - random.integers(0, RECENT_SECONDS, size))


def fill(broker: str, topic: str, batches: Iterator[list[bytes]]) -> int:
    """Create *topic* and send *batches* to it; return the number of plays."""
    admin = AdminClient({"bootstrap.servers": broker})
    for done in admin.create_topics([NewTopic(topic, PARTITIONS)]).values():
        done.result()
    producer = Producer(
        {
            "bootstrap.servers": broker,
            "compression.type": "lz4",
            "enable.idempotence": True,
            "linger.ms": 20,
            "queue.buffering.max.messages": 500_000,
        }
    )
    sent = 0
    for plays in batches:
        for play in plays:
            while True:
                try:
                    producer.produce(topic, play, partition=sent % PARTITIONS)
                    break
                except BufferError:
                    producer.poll(0.05)
            sent += 1
        producer.poll(0)
    producer.flush()
    return sent


def _batches(count: int) -> Iterator[int]:
    for start in range(0, count, BATCH):
        yield min(BATCH, count - start)


def _plays(random: np.random.Generator, seconds: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[bytes]:
    size = len(seconds)
    songs, countries, sources = random.integers(0, SONGS, size), random.integers(0, 60, size), random.integers(0, 4, size)
    return [
        b'{"external_id": "%s", "play_time": "%s", "country": "%s", "source": "%s"}'
        % (
            song_id(song).encode(),
            datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S").encode(),
            _COUNTRIES[country],
            _SOURCES[source],
        )
        for song, second, country, source in zip(songs.tolist(), seconds.tolist(), countries.tolist(), sources.tolist(), strict=True)
    ]


_COUNTRIES = [country.code.encode() for country in COUNTRIES[:60]]
_SOURCES = [source.encode() for source in list(SOURCES)[:4]]
