"""Claims about a page that is open while the server or the broker goes away and comes back."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.catalogue import generate_songs
from tables.songs import write_songs
from tests.broker.conftest import open_site
from tests.broker.site import Site, play
from tests.broker.waiting import GENEROUS_SECONDS, tail, until
from tests.browser.acts import sign_in
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles
from tests.faults.own_kafka import OwnKafka

GENEROUS_MS = GENEROUS_SECONDS * 1000
PLAYS = 500
PATHS = ("/", "/ranking?by=country", "/health")
"""As many as a browser keeps streams of one host open beside what it has to ask."""


@pytest.fixture
def kafka_to_kill(tmp_path: Path) -> Iterator[OwnKafka]:
    kafka = OwnKafka(tmp_path / "kafka").start()
    yield kafka
    kafka.stop()


@pytest.fixture
def site(kafka_to_kill: OwnKafka, tmp_path: Path) -> Iterator[Site]:
    songs = tmp_path / "songs.csv"
    write_songs(songs, generate_songs(20))
    with open_site(kafka_to_kill.address, tmp_path / "site", songs) as site:
        site.produce(play() for _ in range(PLAYS))
        yield site


@pytest.fixture
def dashboard(site: Site) -> Dashboard:
    """A server of the test's own, in the place of the one that all others share."""
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    return Dashboard(worker.url, worker.token, worker)


@pytest.fixture
def pages(page: Page, dashboard: Dashboard, troubles: Troubles) -> list[Page]:
    """Several pages of one reader, live."""
    troubles.expects_breaks = True
    troubles.expected_statuses.add(503)
    sign_in(page, dashboard)
    tabs = [page, *(page.context.new_page() for _ in PATHS[1:])]
    for tab, path in zip(tabs, PATHS, strict=True):
        tab.goto(dashboard.url + path)
        expect(tab.locator(".freshness")).to_have_attribute("data-state", "fresh", timeout=GENEROUS_MS)
    return tabs


def await_right(pages: list[Page], plays: int) -> None:
    """Wait until each page is live again, by itself, and shows so many *plays*."""
    home, ranking, health = pages
    for tab in pages:
        expect(tab.locator(".freshness")).to_have_attribute("data-state", "fresh", timeout=GENEROUS_MS)
        expect(tab.locator(".standstill")).to_have_count(0)
    expect(home.locator("[data-figure=plays]")).to_have_attribute("data-exact", str(plays), timeout=GENEROUS_MS)
    expect(ranking.locator(".line[data-key=ES]")).to_have_attribute("data-exact", str(plays), timeout=GENEROUS_MS)
    expect(health.locator("[data-figure=stored]")).to_have_attribute("data-exact", str(plays), timeout=GENEROUS_MS)
    expect(health.locator("[data-figure=lag]")).to_have_attribute("data-exact", "0", timeout=GENEROUS_MS)


def serves(dashboard: Dashboard, plays: int) -> bool:
    """Say whether so many *plays* are served; a worker that ended since it could not count is started again, as whoever runs it does."""
    if not dashboard.worker.running:
        dashboard.worker.start()
    status, answer = dashboard.worker.ask("/v0/pipes/totals.json", token=dashboard.token)
    return status == HTTPStatus.OK and answer["data"][0]["plays"] == plays


def test_a_server_that_is_killed_is_missed_at_once_and_found_again_by_itself(pages: list[Page], site: Site, dashboard: Dashboard) -> None:
    dashboard.worker.kill()
    for tab in pages:
        expect(tab.locator(".standstill[data-kind=offline]")).to_contain_text("The connection is lost", timeout=GENEROUS_MS)
        expect(tab.locator(".freshness")).to_have_attribute("data-state", "offline")
        expect(tab.locator(".standstill")).to_contain_text("What you see is from")
    expect(pages[0].locator("[data-figure=plays]")).to_have_attribute("data-exact", str(PLAYS))
    site.produce(play() for _ in range(PLAYS))
    dashboard.worker.start()
    await_right(pages, 2 * PLAYS)


def test_numbers_that_stand_still_without_a_broker_say_so_and_go_on_with_it(
    pages: list[Page], site: Site, dashboard: Dashboard, kafka_to_kill: OwnKafka
) -> None:
    kafka_to_kill.kill()
    for tab in pages:
        expect(tab.locator(".standstill")).to_be_visible(timeout=GENEROUS_MS)
        assert tab.locator(".freshness").get_attribute("data-state") in ("stale", "offline")
    expect(pages[0].locator("[data-figure=plays]")).to_have_attribute("data-exact", str(PLAYS))
    kafka_to_kill.start()
    site.produce(play() for _ in range(PLAYS))
    until(lambda: serves(dashboard, 2 * PLAYS), "the plays are served", why=lambda: tail(dashboard.worker.log))
    await_right(pages, 2 * PLAYS)
