"""The dashboard with plays coming in, and a Chromium to look at it with."""

import os
import shutil
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from app.broker import BrokerStatus
from app.catalogue import generate_songs
from app.producer import produce
from tables.songs import write_songs
from tests.broker.site import Site
from tests.broker.waiting import until
from tests.broker.worker_process import WorkerProcess
from tests.browser.troubles import Troubles

HERE = Path(__file__).parent
SONGS = 2_000
HISTORY_PLAYS = 50_000
HISTORY_DAYS = 30
RATE = 500
INSTALLED = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The lightest first: without a window around its pages it opens one in half the time."""


@dataclass(frozen=True)
class Dashboard:
    """A server with a month of plays behind it and RATE a second coming in."""

    url: str
    token: str
    worker: WorkerProcess


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def dashboard(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("dashboard")
    songs = generate_songs(SONGS)
    write_songs(folder / "songs.csv", songs)
    site = Site(str(kafka.address), folder, folder / "songs.csv")
    site.create_topic()
    client = {"bootstrap.servers": site.broker}
    produce(client, site.topic, songs, rate=0, count=HISTORY_PLAYS, days=HISTORY_DAYS, bad_share=0.001, say=lambda _line: None)
    over = threading.Event()
    sending = threading.Thread(
        target=produce, args=(client, site.topic, songs), kwargs={"rate": RATE, "seed": 8, "stop": over, "say": lambda _line: None}
    )
    sending.start()
    try:
        worker = site.worker(flush_seconds=1.0).start().await_ready()
        until(lambda: sum(row["counted"] for row in worker.conservation()) > HISTORY_PLAYS, "the history is counted")
        yield Dashboard(worker.url, worker.token, worker)
    finally:
        over.set()
        sending.join()
        site.close()


@pytest.fixture(scope="package")  # no longer: while Playwright's loop runs in this thread, no asynchronous test of another package can
def browser() -> Iterator[Browser]:
    """A Chromium: one that is installed, or Playwright's own."""
    with sync_playwright() as playwright:
        installed = next((path for path in map(shutil.which, INSTALLED) if path), None)
        arguments = ["--font-render-hinting=none"]  # which squeezes the letters without a window
        arguments += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # Chromium refuses root with its sandbox
        try:
            found = playwright.chromium.launch(executable_path=installed, args=arguments)
        except PlaywrightError as error:
            why = f"no Chromium: install one (apt install chromium) or run `playwright install chromium`. {error.message.splitlines()[0]}"
            if os.environ.get("CI"):
                pytest.fail(why)
            warnings.warn_explicit(f"NOTHING LOOKS AT THE DASHBOARD: {why}", pytest.PytestWarning, str(HERE), 1)
            pytest.skip(why)
        yield found
        with suppress(PlaywrightError):  # it may have been closed from outside
            found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: no cookie, no storage."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def troubles(page: Page, dashboard: Dashboard) -> Iterator[Troubles]:
    """Fail a test one of whose pages wrote an error or warning, broke its content policy or asked another host."""
    found = Troubles(page.context, dashboard.url)
    yield found
    page.unroute_all(behavior="ignoreErrors")  # a question that is still answered must not fail the next test
    assert found.noted == []
