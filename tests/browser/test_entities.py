"""Claims about the page of one artist, album, song or country, in a real Chromium with the real server behind it."""

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import figure, freeze, on, past, problem, radio, settled, sign_in
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles

CARDS = {
    "artist": {"country": 8, "source": 6, "song_title": 6, "album_name": 6},
    "album": {"country": 8, "source": 6, "song_title": 10},
    "song": {"artist": 6, "country": 8, "source": 6},
    "country": {"artist": 10, "song_title": 10, "source": 6, "genre": 8},
}
"""The cards of each page, and how many rows each has at most."""
FACTS_PAGE = 5_000


def ask(dashboard: Dashboard, endpoint: str, **params: Any) -> list[dict[str, Any]]:
    return list(dashboard.worker.get(endpoint, **params)["data"])


def shared_song(dashboard: Dashboard) -> dict[str, Any]:
    """Return the most played song of several artists."""
    return next(row for row in ask(dashboard, "ranking_by", by="song_title", limit=200) if "/" in row["artists"])


def own(dashboard: Dashboard, kind: str) -> dict[str, str]:
    """Return the parameters that say which one a page is about."""
    if kind == "artist":
        return {"artist": ask(dashboard, "ranking_by", by="artist", limit=1)[0]["artist"]}
    if kind == "album":
        row = ask(dashboard, "ranking_by", by="album_name", limit=1)[0]
        return {"album": row["album_name"], "album_artist": row["artists"]}
    return {"song_id": shared_song(dashboard)["song_id"]} if kind == "song" else {"country": "ES"}


def address(kind: str, **query: str) -> str:
    return f"/{kind}?{urlencode(query)}"


def card(page: Page, by: str) -> Locator:
    return page.locator(f".card[data-by={by}]")


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def days(page: Page) -> list[tuple[str, int, float]]:
    """Return day, plays and income of each row of the table in place of the graph, ascending."""
    page.get_by_role("button", name="Table of Plays of").click()
    table = page.locator(".days-table tbody tr")
    read = "row => [row.dataset.date, ...[...row.querySelectorAll('td')].slice(0, 2).map(cell => Number(cell.dataset.exact))]"
    rows: list[list[Any]] = table.evaluate_all(f"rows => rows.map({read})")
    return [(str(day), int(plays), float(income)) for day, plays, income in reversed(rows)]


@pytest.mark.parametrize("kind", CARDS)
def test_the_numbers_of_a_page_are_those_of_the_api(page: Page, dashboard: Dashboard, kind: str) -> None:
    filters = {**own(dashboard, kind), **past()}
    sign_in(page, dashboard, address(kind, **filters))
    (totals,) = ask(dashboard, "totals", **filters)
    assert totals["plays"] > 0
    assert figure(page, "plays") == totals["plays"]
    expect(page.locator("[data-figure=plays]")).to_have_attribute("title", f"{totals['plays']:,} plays, €{totals['income']:,.4f}")
    for by, most in CARDS[kind].items():
        rows = ask(dashboard, "ranking_by", by=by, limit=most, **filters)
        shown = card(page, by).locator(".row")
        expect(shown).to_have_count(len(rows))
        for element, row in zip(shown.all(), rows, strict=True):
            expect(element).to_have_attribute("data-exact", str(row["plays"]))
            if element.locator(".earned").count():
                expect(element.locator(".earned")).to_have_attribute("title", f"€{row['income']:,.4f}")
    asked = ask(dashboard, "evolution", **filters)
    assert days(page) == [(row["date"], row["plays"], row["income"]) for row in asked]


def test_the_numbers_of_an_artist_are_those_of_the_single_facts(page: Page, dashboard: Dashboard) -> None:
    """Count again by hand: every stored count of the days, page by page, under the credit that it was counted under."""
    artist, span = own(dashboard, "artist")["artist"], past()
    facts: list[dict[str, Any]] = []
    while True:
        after = {"after": json.dumps([value for name, value in facts[-1].items() if name != "plays"])} if facts else {}
        got = ask(dashboard, "facts", limit=FACTS_PAGE, **span, **after)
        facts += got
        if len(got) < FACTS_PAGE:
            break
    mine = [fact for fact in facts if artist in fact["artists"].split("/")]
    sign_in(page, dashboard, address("artist", artist=artist, **span))
    assert figure(page, "plays") == sum(fact["plays"] for fact in mine)
    for by, column in (("country", "country"), ("source", "source")):
        counts: Counter[str] = Counter()
        for fact in mine:
            counts[fact[column]] += fact["plays"]
        first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: CARDS["artist"][by]]
        shown = card(page, by).locator(".row").evaluate_all("rows => rows.map(({dataset}) => [dataset.key, Number(dataset.exact)])")
        assert shown == [list(item) for item in first]
    per_day: Counter[str] = Counter()
    for fact in mine:
        per_day[fact["date"]] += fact["plays"]
    assert {day: plays for day, plays, _ in days(page) if plays} == dict(per_day)


@pytest.mark.parametrize("kind", CARDS)
def test_performance_is_that_of_the_last_thirty_days_against_the_thirty_before(page: Page, dashboard: Dashboard, kind: str) -> None:
    path = address(kind, **own(dashboard, kind))
    sign_in(page, dashboard, path)
    said = freeze(page, dashboard)
    page.reload()
    settled(page)
    rows = said.rows["month"]
    assert len(rows) == 30
    plays, income = sum(row["plays"] for row in rows), sum(row["income"] for row in rows)
    assert figure(page, "month-plays") == plays
    assert figure(page, "month-income") == pytest.approx(income)
    assert figure(page, "month-rate") == pytest.approx(1000 * income / plays)
    before = sum(row["previous_plays"] for row in rows)
    change = page.locator(".total", has=page.locator("[data-figure=month-plays]")).locator(".growth")
    expect(change).to_have_attribute("title", f"{plays:,}, {before:,} in the 30 days before")


def test_real_time_is_what_comes_first_and_advances_by_itself(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, address("country", country="ES"))
    expect(radio(page, "Graph", "Real time")).to_be_checked()
    newest = int(page.locator(".graph").get_attribute("data-newest") or 0)
    page.wait_for_function("newest => Number(document.querySelector('.graph').dataset.newest) > newest", arg=newest)


def test_real_time_is_narrowed_like_the_rest_of_the_page(page: Page, dashboard: Dashboard) -> None:
    filters = {**own(dashboard, "artist"), "country": "ES", "source": "spotify"}
    sign_in(page, dashboard, address("artist", **filters))
    said = freeze(page, dashboard)
    page.reload()
    settled(page)
    page.get_by_role("button", name="Table of plays per second").click()
    shown = page.locator(".seconds-table tbody td:nth-child(2)").all_inner_texts()
    assert [int(text.replace(",", "")) for text in reversed(shown)] == [row["plays"] for row in said.rows["series"]]
    everywhere = ask(dashboard, "evolution_per_second", seconds=120)
    assert sum(row["plays"] for row in said.rows["series"]) < sum(row["plays"] for row in everywhere)


def test_the_graph_is_chosen_by_keyboard_and_stays_over_a_reload(page: Page, dashboard: Dashboard) -> None:
    artist = own(dashboard, "artist")
    sign_in(page, dashboard, address("artist", **artist))
    radio(page, "Graph", "Real time").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("days=7"))
    settled(page)
    expect(radio(page, "Graph", "7 d")).to_be_focused()
    graph = page.locator(".days-graph")
    expect(graph).to_have_attribute("aria-valuemax", "6")
    expect(page.locator(".plays-change")).to_contain_text("the 7 days before")
    expect(graph).to_have_attribute("aria-valuetext", re.compile(r"plays? so far, €[\d.]+; .*: [\d,]+ plays?$"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("days=30"))
    settled(page)
    expect(graph).to_have_attribute("aria-valuemax", "29")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("show=all"))
    settled(page)
    assert query(page) == {**{name: [value] for name, value in artist.items()}, "show": ["all"]}
    page.reload()
    settled(page)
    expect(radio(page, "Graph", "All")).to_be_checked()
    assert [day for day, *_ in days(page)] == [row["date"] for row in ask(dashboard, "evolution", **artist)]


def test_back_and_forward_go_through_what_was_chosen(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, address("artist", **own(dashboard, "artist")))
    first = page.url
    radio(page, "Graph", "1 m").check()
    settled(page)
    page.get_by_role("combobox", name="Country").select_option("ES")
    settled(page)
    assert query(page)["country"] == ["ES"]
    assert query(page)["days"] == ["30"]
    expect(card(page, "country")).to_have_count(0)  # its only row would be Spain
    page.go_back()
    settled(page)
    expect(page.get_by_role("combobox", name="Country")).to_have_value("")
    expect(card(page, "country")).to_be_visible()
    page.go_back()
    settled(page)
    assert page.url == first
    expect(radio(page, "Graph", "Real time")).to_be_checked()
    page.go_forward()
    settled(page)
    expect(radio(page, "Graph", "1 m")).to_be_checked()


def test_days_between_dates_are_a_choice_too_which_another_one_ends(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, address("artist", **own(dashboard, "artist"), **past()))
    assert page.get_by_role("group", name="Graph").get_by_role("radio").count() == 5
    radio(page, "Graph", "7 d").check()
    settled(page)
    assert query(page).keys() == {"artist", "days"}
    expect(page.get_by_role("group", name="Graph").get_by_role("radio")).to_have_count(4)


@pytest.mark.parametrize("kind", ["artist", "album", "song"])
def test_the_search_leads_to_the_page(page: Page, dashboard: Dashboard, kind: str) -> None:
    row = ask(dashboard, "ranking_by", by={"artist": "artist", "album": "album_name", "song": "song_title"}[kind], limit=1)[0]
    name = row[{"artist": "artist", "album": "album_name", "song": "song_title"}[kind]]
    sign_in(page, dashboard)
    page.keyboard.press("/")
    page.get_by_role("combobox").fill(name)
    page.locator(f".search-option[data-kind={kind}]", has_text=name).first.click()
    on(page, kind)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.title() == f"{name} · Artist 360"


def test_a_name_is_shown_as_the_data_writes_it(page: Page, dashboard: Dashboard) -> None:
    name = own(dashboard, "artist")["artist"]
    sign_in(page, dashboard, address("artist", artist=name.upper()))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.title() == f"{name} · Artist 360"
    sign_in(page, dashboard, address("country", country="spain"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Spain")


def test_an_artist_that_nobody_played_is_told_with_the_way_to_names_like_it(page: Page, dashboard: Dashboard) -> None:
    name = own(dashboard, "artist")["artist"]
    sign_in(page, dashboard, address("artist", artist=f"{name}x"))
    expect(page.get_by_text(f"Nothing called {name}x has been played")).to_be_visible()
    expect(page.locator(".plays")).to_have_count(0)
    page.get_by_role("link", name="Find artists like it").click()
    on(page, "ranking")
    expect(page.locator(".line[data-key]").first).to_contain_text(name)


@pytest.mark.parametrize("kind", CARDS)
def test_an_address_that_names_none_leads_to_all_of_them(page: Page, dashboard: Dashboard, kind: str) -> None:
    sign_in(page, dashboard, f"/{kind}")
    expect(page.get_by_role("heading", name=f"Which {kind}?")).to_be_visible()
    page.locator(".notice").get_by_role("link").click()
    on(page, "ranking")


def test_a_song_names_everyone_it_credits_and_their_shares_come_to_its_income(page: Page, dashboard: Dashboard) -> None:
    song, span = shared_song(dashboard), past()
    artists = song["artists"].split("/")
    sign_in(page, dashboard, address("song", song_id=song["song_id"], **span))
    credit = page.locator(".entity-credit")
    assert credit.get_by_role("link").all_inner_texts() == artists
    (totals,) = ask(dashboard, "totals", song_id=song["song_id"], **span)
    rows = card(page, "artist").locator(".row")
    assert {row.get_attribute("data-key") for row in rows.all()} == set(artists)
    for row in rows.all():
        expect(row).to_have_attribute("data-exact", str(totals["plays"]))  # a play of each of them
        expect(row.locator(".earned")).to_have_attribute("title", f"€{totals['income'] / len(artists):,.4f}")
    expect(page.get_by_text("split evenly between them")).to_be_visible()
    credit.get_by_role("link", name=artists[1], exact=True).click()
    on(page, "artist")
    expect(page.get_by_role("heading", level=1)).to_have_text(artists[1])


def test_a_song_leads_to_its_album_and_the_album_to_its_songs(page: Page, dashboard: Dashboard) -> None:
    row = ask(dashboard, "ranking_by", by="song_title,album_name", limit=1)[0]
    sign_in(page, dashboard, address("song", song_id=row["song_id"]))
    page.locator(".entity-facts").get_by_role("link", name=row["album_name"], exact=True).click()
    on(page, "album")
    assert query(page) == {"album": [row["album_name"]], "album_artist": [row["artists"].split("/")[0]]}
    expect(page.get_by_role("heading", level=1)).to_have_text(row["album_name"])
    card(page, "song_title").get_by_role("link", name=row["song_title"], exact=True).click()
    on(page, "song")
    assert query(page)["song_id"] == [row["song_id"]]


def test_view_all_shows_the_whole_ranking_as_the_page_is_narrowed(page: Page, dashboard: Dashboard) -> None:
    filters = {**own(dashboard, "artist"), "source": "spotify", **past()}
    sign_in(page, dashboard, address("artist", **filters))
    card(page, "song_title").get_by_role("link", name="View all").click()
    on(page, "ranking")
    shown = page.locator(".line[data-key]").evaluate_all("lines => lines.map(({dataset}) => Number(dataset.exact))")
    assert shown == [row["plays"] for row in ask(dashboard, "ranking_by", by="song_title", limit=50, **filters)]


def test_the_graph_s_numbers_come_as_a_file(page: Page, dashboard: Dashboard) -> None:
    filters = {**own(dashboard, "artist"), **past()}
    sign_in(page, dashboard, address("artist", **filters))
    page.get_by_role("button", name="Actions: Plays").click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name="JSON").click()
    rows = json.loads(coming.value.path().read_bytes())["data"]
    assert [(row["date"], row["plays"]) for row in rows] == [(row["date"], row["plays"]) for row in ask(dashboard, "evolution", **filters)]


def test_a_part_that_the_token_does_not_open_says_so_and_the_others_stand(page: Page, dashboard: Dashboard) -> None:
    refused = json.dumps({"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "series: this token does not open it"})
    named = [""]

    def bend(line: str) -> str:
        if line.startswith("event: "):
            named[0] = line.removeprefix("event: ")
        return f"data: {refused}" if named[0] == "series" and line.startswith("data: ") else line

    path = address("artist", **own(dashboard, "artist"))
    sign_in(page, dashboard, path)
    freeze(page, dashboard, bend)
    page.reload()
    settled(page)
    expect(page.locator(".plays .card-said")).to_have_text("This token does not open it")
    assert figure(page, "plays") > 0
    expect(card(page, "country").locator(".row").first).to_be_visible()


def test_an_error_is_told_and_a_retry_goes_on(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(500)
    sign_in(page, dashboard, "/health")
    page.route("**/live?*", problem(500, "the disk is full"))
    page.goto(dashboard.url + address("artist", **own(dashboard, "artist")))
    expect(page.get_by_text("the disk is full")).to_be_visible()
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    settled(page)
    assert figure(page, "plays") > 0


@pytest.mark.parametrize(("kind", "width"), [("artist", 360), ("country", 360), *((kind, 1280) for kind in CARDS)])
def test_nothing_moves_when_the_numbers_come_or_another_graph_is_chosen(page: Page, dashboard: Dashboard, kind: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, dashboard, "/health")
    page.route("**/live?*", lambda _route: None)
    page.goto(dashboard.url + address(kind, **own(dashboard, kind)))
    expect(page.locator(".entity-section")).to_have_count(2)
    page.evaluate("document.fonts.ready")
    parts = ".tools, .plays, .performance, .entity-section, .card"
    place = f"[...document.querySelectorAll('{parts}')].map(one => one.getBoundingClientRect().top)"
    before = page.evaluate(place)
    page.unroute_all()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    settled(page)
    assert page.evaluate(place) == pytest.approx(before, abs=0.5)  # no pixel, but for what is rounded
    radio(page, "Graph", "All").check()
    settled(page)
    assert page.evaluate(place) == pytest.approx(before, abs=0.5)  # no pixel, but for what is rounded


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, dashboard: Dashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for kind in CARDS:
        sign_in(page, dashboard, address(kind, **own(dashboard, kind), days="30"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
