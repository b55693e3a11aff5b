"""What fault tests start from: a site on the session's Kafka or on one of its own, and how many kills are wanted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.broker.conftest import open_site, plays, site, songs, songs_csv
from tests.broker.site import Site
from tests.conftest import REPORTS
from tests.faults.own_kafka import OwnKafka

__all__ = ["own_kafka", "own_site", "plays", "site", "songs", "songs_csv"]

HERE = Path(__file__).parent
LONG_KILLS = 100
"""So many `--kills` ask for the long run of everything."""


class Wanted(NamedTuple):
    """What `--kills` and `--seed` ask for, and where to tell what came of it."""

    kills: int
    seed: int
    tell: Callable[[str], None]

    @property
    def long(self) -> bool:
        return self.kills >= LONG_KILLS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is here, and leave out what only a long run is for."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)
    if config.getoption("kills") < LONG_KILLS:
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def wanted(request: pytest.FixtureRequest) -> Wanted:
    reports: list[str] = request.config.stash[REPORTS]
    return Wanted(request.config.getoption("kills"), request.config.getoption("seed"), reports.append)


@pytest.fixture
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnKafka]:
    kafka = OwnKafka(tmp_path_factory.mktemp("own-kafka")).start()
    yield kafka
    kafka.stop()


@pytest.fixture
def own_site(own_kafka: OwnKafka, tmp_path: Path, songs_csv: Path) -> Iterator[Site]:
    """A site on a Kafka that may be killed."""
    with open_site(own_kafka.address, tmp_path, songs_csv) as opened:
        yield opened
