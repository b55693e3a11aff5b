"""Sites on the session's Kafka, and plays to send there."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.broker import BrokerStatus
from app.catalogue import generate_songs
from app.simulation import Simulation
from tables.songs import Songs, write_songs
from tests.broker.site import PARTITIONS, Site
from tests.broker.worker_process import WorkerProcess

HERE = Path(__file__).parent
SONGS = 1_500
RECENT_SECONDS = 240
HISTORY_DAYS = 30
SERVED_PLAYS = 500

Plays = Callable[..., list[bytes]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session")
def songs() -> Songs:
    return generate_songs(SONGS)


@pytest.fixture(scope="session")
def songs_csv(songs: Songs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalogue") / "songs.csv"
    write_songs(path, songs)
    return path


@pytest.fixture(scope="session")
def plays(songs: Songs) -> Plays:
    """Make plays: a fifth of them minutes old, the others of a month, 1 % bad, 1 % of songs that nobody catalogued."""

    def made(count: int, *, seed: int) -> list[bytes]:
        simulation = Simulation(songs, seed=seed, bad_share=0.01, unknown_share=0.01)
        now, recent = time.time(), count // 5
        past = [play for batch in simulation.history(count - recent, now - RECENT_SECONDS, HISTORY_DAYS) for play in batch]
        return past + simulation.plays(recent, now - RECENT_SECONDS, RECENT_SECONDS)

    return made


@contextmanager
def open_site(broker: str, folder: Path, songs_csv: Path, partition_count: int = PARTITIONS) -> Iterator[Site]:
    site = Site(broker, folder, songs_csv, partition_count=partition_count)
    site.create_topic()
    try:
        yield site
    finally:
        site.close()


@pytest.fixture
def site(kafka: BrokerStatus, tmp_path: Path, songs_csv: Path) -> Iterator[Site]:
    with open_site(str(kafka.address), tmp_path, songs_csv) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory, songs_csv: Path, plays: Plays) -> Iterator[WorkerProcess]:
    """A server that answers for some plays, and gets no more of them."""
    with open_site(str(kafka.address), tmp_path_factory.mktemp("served"), songs_csv) as opened:
        opened.produce(plays(SERVED_PLAYS, seed=23))
        server = opened.worker().start().await_ready()
        opened.await_served(server)
        yield server
