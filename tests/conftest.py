"""What every test may ask for: one real Kafka for the session, and how hard Hypothesis looks."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from app import broker
from app.broker import BrokerStatus
from tests.certificates import Authority

# Deadlines are off: the machine is shared, and a slow example is no failing one.
settings.register_profile("quick", deadline=None, max_examples=100)
settings.register_profile("ci", deadline=None, max_examples=200, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=5_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "quick"))


REPORTS = pytest.StashKey[list[str]]()
"""What tests have to say that passed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--kills", type=int, default=20, help="how many kills the chaos test makes")
    group.addoption("--seed", type=int, default=1, help="what its chance starts from")
    parser.getgroup("browser").addoption("--screenshots", metavar="FOLDER", help="where pictures of every page are written")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORTS] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for report in config.stash[REPORTS]:
        terminalreporter.write_line(report)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerStatus]:
    """A broker of its own, on a free port; each test brings its own topics."""
    data = tmp_path_factory.mktemp("kafka")
    yield broker.start(data, port=0)
    broker.stop(data)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of the tests."""
    return Authority(tmp_path_factory.mktemp("certificates"), "authority")


@pytest.fixture(scope="module", params=[False, True], ids=["never", "always"])
def worth_it(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sums are never kept, no days of songs bisected and trends made of their own songs' counts alone, or always all of it."""
    with pytest.MonkeyPatch.context() as patch:
        if not request.param:
            patch.setattr("web.trends.ONE_SONG_IN", 0)
        else:
            patch.setattr("tables.counts.FEWEST_TO_KEEP", 0)
            patch.setattr("tables.kept_sums.AGAIN_SECONDS", 0.0)
            patch.setattr("tables.levels.FEWEST_TO_BISECT", 0)
            patch.setattr("tables.levels.ROWS_PER_BISECTED", 0)
        yield
