"""Claims about the page of a whole ranking, in a real Chromium with the real server behind it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Page, expect

from tests.broker.site import play
from tests.browser.acts import figure, freeze, on, past, phase, radio, settled, sign_in
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles

KINDS = {
    "artist": ["artist"],
    "song_title": ["song_id", "song_title"],
    "album_name": ["album_name", "artists"],
    "country": ["country"],
    "source": ["source"],
    "genre": ["genre"],
}
ROWS = 50
UNPLAYED = "TV"
"""A country from which no play comes by itself."""


def shown(page: Page) -> list[tuple[str, int]]:
    """Return key and plays of each line."""
    lines: list[list[Any]] = page.locator(".line[data-key]").evaluate_all(
        "(lines) => lines.map(({dataset}) => [dataset.key, Number(dataset.exact)])"
    )
    return [(str(key), int(plays)) for key, plays in lines]


def asked(dashboard: Dashboard, by: str, **params: Any) -> list[tuple[str, int]]:
    """Return what the API says of a ranking, as `shown` reads it from the page."""
    rows = dashboard.worker.get("ranking_by", by=by, **params)["data"]
    between = "\n" if by == "album_name" else " "
    return [(between.join(row[column] for column in KINDS[by]), row["plays"]) for row in rows]


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("by", KINDS)
def test_a_ranking_is_that_of_the_api(page: Page, dashboard: Dashboard, by: str) -> None:
    sign_in(page, dashboard, f"/ranking?{urlencode({'by': by, **past()})}")
    assert shown(page) == asked(dashboard, by, limit=ROWS, **past())
    expect(page.get_by_role("heading", level=1)).to_contain_text("Top")


def test_an_album_leads_to_the_page_of_its_name_and_first_artist(page: Page, dashboard: Dashboard) -> None:
    album = next(row for row in dashboard.worker.get("ranking_by", by="album_name", limit=ROWS, **past())["data"] if row["album_name"])
    sign_in(page, dashboard, f"/ranking?{urlencode({'by': 'album_name', **past()})}")
    page.locator(".line").get_by_role("link", name=album["album_name"], exact=True).first.click()
    page.wait_for_url("**/album?*")
    assert query(page)["album_artist"] == [album["artists"]]
    on(page, "album")
    assert figure(page, "plays") == album["plays"]


def test_what_the_address_narrows_is_narrowed_as_the_api_does(page: Page, dashboard: Dashboard) -> None:
    filters = {"country": "ES", "source": "spotify", **past()}
    sign_in(page, dashboard, f"/ranking?{urlencode({'by': 'song_title', **filters})}")
    assert shown(page) == asked(dashboard, "song_title", limit=ROWS, **filters)
    expect(radio(page, "Platform", "Spotify")).to_be_checked()
    expect(page.get_by_label("Country")).to_have_value("ES")


def test_income_share_and_place_of_a_line_are_those_of_the_stream(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking?by=country")
    said = freeze(page, dashboard)
    page.reload()
    settled(page)
    all_plays = said.rows["totals"][0]["plays"]
    for place, (line, row) in enumerate(zip(page.locator(".line").all()[:5], said.rows["ranking"][:5], strict=True), 1):
        expect(line.locator(".place")).to_contain_text(str(place))
        expect(line.locator(".line-share")).to_contain_text(f"{row['plays'] / all_plays:.1%}")
        expect(line.locator(".line-income")).to_have_attribute("title", f"€{row['income']:,.4f}")


def test_a_ranking_goes_on_live(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking?by=source")
    before = sum(plays for _, plays in shown(page))
    sums = "[...document.querySelectorAll('.line')].reduce((sum, {dataset}) => sum + Number(dataset.exact), 0)"
    page.wait_for_function(f"before => {sums} > before", arg=before)


def test_a_play_that_is_sent_arrives_on_the_open_page(page: Page, dashboard: Dashboard) -> None:
    settings = dashboard.worker.settings
    sign_in(page, dashboard, f"/ranking?by=country&country={UNPLAYED}")
    expect(page.get_by_text("No plays here")).to_be_visible()
    producer = Producer({"bootstrap.servers": settings.broker})
    for plays in (1, 2):
        producer.produce(settings.topic, play(country=UNPLAYED))
        assert producer.flush() == 0
        expect(page.locator(f".line[data-key={UNPLAYED}]")).to_have_attribute("data-exact", str(plays), timeout=20_000)


def test_its_pages_follow_one_another_without_gap(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, f"/ranking?{urlencode({'by': 'song_title', **past()})}")
    first = shown(page)
    total = int(page.locator(".pager-range").get_attribute("data-total") or 0)
    expect(page.locator(".pager-range")).to_have_text(f"1–50 of {total:,}")
    page.get_by_role("link", name="Next").click()
    settled(page)
    expect(page.locator(".pager-range")).to_have_text(f"51–100 of {total:,}")
    assert query(page)["offset"] == ["50"]
    expect(page.locator(".line .place").first).to_contain_text("51")
    assert first + shown(page) == asked(dashboard, "song_title", limit=2 * ROWS, **past())
    page.get_by_role("link", name="Last").click()
    settled(page)
    assert shown(page)[-1] == asked(dashboard, "song_title", limit=10_000, **past())[-1]
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.go_back()
    page.go_back()
    settled(page)
    assert shown(page) == first


def test_a_page_behind_the_last_leads_back(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking?by=source&offset=500")
    expect(page.get_by_text("The platforms end before place 501")).to_be_visible()
    page.get_by_role("link", name="To the first").click()
    expect(page.locator(".line[data-key]").first).to_be_visible()


def test_filters_are_chosen_by_keyboard_and_undone_by_going_back(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking")
    radio(page, "Platform", "All").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?source="))
    settled(page)
    source = query(page)["source"][0]
    focused = page.evaluate("[document.activeElement.name, document.activeElement.value]")
    assert focused == ["source", source]
    page.keyboard.press("Tab")
    expect(page.get_by_label("Country")).to_be_focused()
    page.keyboard.type("Spa")
    expect(page).to_have_url(re.compile("country=ES"))
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")  # from All
    expect(page).to_have_url(re.compile("days=30"))
    settled(page)
    assert query(page) == {"source": [source], "country": ["ES"], "days": ["30"]}
    assert page.title() == f"Top artists in Spain on {source.title()}, last 30 days · Artist 360"
    page.go_back()
    expect(radio(page, "Period", "All")).to_be_checked()
    page.go_back()
    page.go_back()
    settled(page)
    assert query(page) == {}
    expect(radio(page, "Platform", "All")).to_be_checked()
    expect(page.get_by_label("Country")).to_have_value("")


def test_a_choice_goes_back_to_the_first_page(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking?offset=50")
    radio(page, "Period", "7 d").check()
    settled(page)
    assert query(page) == {"days": ["7"]}


def test_everything_that_was_played_can_be_chosen(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking")
    services = {row["source"] for row in dashboard.worker.get("ranking_by", by="source", limit=100)["data"]}
    assert {element.get_attribute("value") for element in page.locator("input[name=source]").all()} == {"", *services}
    countries = {row["country"] for row in dashboard.worker.get("ranking_by", by="country", limit=300)["data"]}
    options = page.locator("select[name=country] option")
    assert {element.get_attribute("value") for element in options.all()} == {"", *countries}
    names = options.all_inner_texts()
    assert names[0] == "World"
    assert names[1:] == page.evaluate("(names) => names.toSorted((one, other) => one.localeCompare(other))", names[1:])


@pytest.mark.parametrize("by", ["artist", "song_title", "album_name"])
def test_a_search_finds_among_all_of_them_and_stays_narrowed(page: Page, dashboard: Dashboard, by: str) -> None:
    last = dashboard.worker.get("ranking_by", by=by, limit=10_000, **past())["data"][-1]
    name = last["artist" if by == "artist" else by]
    sign_in(page, dashboard, f"/ranking?{urlencode({'by': by, **past()})}")
    page.get_by_role("searchbox").fill(name.upper())
    expect(page).to_have_url(re.compile("[?&]q="))
    settled(page)
    key = " ".join(last[column] for column in KINDS[by]) if by != "album_name" else "\n".join(last[column] for column in KINDS[by])
    assert (key, last["plays"]) in shown(page)
    page.reload()
    settled(page)
    expect(page.get_by_role("searchbox")).to_have_value(name.upper())
    assert (key, last["plays"]) in shown(page)


def test_a_search_that_finds_nothing_says_so_and_leads_back(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking?by=artist&q=zzzzqqqqxxxx")
    expect(page.get_by_text("No artists with a name like zzzzqqqqxxxx")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".line[data-key]").first).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_what_narrows_it_beyond_the_controls_is_told_and_can_be_left(page: Page, dashboard: Dashboard) -> None:
    genre = dashboard.worker.get("ranking_by", by="genre", limit=1)["data"][0]["genre"]
    sign_in(page, dashboard, f"/ranking?{urlencode({'genre': genre})}")
    page.get_by_role("list", name="Narrowed to").get_by_role("link").click()
    settled(page)
    assert query(page) == {}


def test_an_address_that_the_api_does_not_allow_is_told_and_not_asked_again(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(400)
    sign_in(page, dashboard, "/health")
    page.goto(f"{dashboard.url}/ranking?country=Atlantis")
    phase(page, "misasked")
    expect(page.get_by_text("Country is 'Atlantis'; allowed:")).to_be_visible()
    page.get_by_role("link", name="Open it without").click()
    settled(page)
    expect(page.locator(".line[data-key]").first).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, dashboard: Dashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, dashboard, "/ranking?by=song_title&source=spotify&genre=latin")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{dashboard.url}/ranking?by=album_name")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_moves_when_the_rows_come(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/health")
    page.route("**/live?*", lambda _route: None)
    page.goto(f"{dashboard.url}/ranking?by=song_title")
    place = "[...document.querySelectorAll('.tools, .lines thead, .line:nth-child(50)')].map((e) => e.getBoundingClientRect().top)"
    expect(page.locator(".line")).to_have_count(ROWS)
    page.evaluate("document.fonts.ready")
    before = page.evaluate(place)
    page.unroute_all()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    settled(page)
    expect(page.locator(".line[data-key]")).to_have_count(ROWS)
    assert page.evaluate(place) == before
