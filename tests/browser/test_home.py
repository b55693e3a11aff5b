"""Claims about the first page, in a real Chromium with the real server behind it.

The fixtures give `dashboard` (its address and a token that may see everything; plays come in) and `page` (a fresh
context: no cookie, no storage).
"""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.broker.waiting import until
from tests.browser.acts import LIVE, figure, freeze, open_anew, phase, problem, settled, sign_in
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles

CARDS = ("artist", "song_title", "genre", "country", "source")
LOOKS = 10
FIGURES = ("income", "artists", "songs", "countries")
CREDIT = re.compile("/")


def test_the_totals_on_the_page_are_those_of_the_stream(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    said = freeze(page, dashboard)
    page.reload()
    settled(page)
    (totals,) = said.rows["totals"]
    plays = page.locator("[data-figure=plays]")
    expect(plays).to_have_attribute("data-exact", str(totals["plays"]))
    expect(plays.locator("[aria-hidden]")).to_have_text(f"{totals['plays']:,}")
    for name in FIGURES:
        assert figure(page, name) == totals[name]
    expect(page.locator("[data-figure=income]")).to_have_attribute("title", f"€{totals['income']:,.4f}")
    assert page.locator("[data-figure=unmatched]").count() == (1 if totals["unmatched"] else 0)


@pytest.mark.parametrize("by", CARDS)
def test_each_ranking_on_the_page_is_that_of_the_stream(page: Page, dashboard: Dashboard, by: str) -> None:
    sign_in(page, dashboard)
    said = freeze(page, dashboard)
    page.reload()
    phase(page, "live")
    rows = said.rows[by]
    shown = page.locator(f".card[data-by={by}] .row")
    expect(shown).to_have_count(len(rows))
    for element, row in zip(shown.all(), rows, strict=True):
        expect(element).to_have_attribute("data-exact", str(row["plays"]))
        expect(element.locator(".number")).to_have_attribute("title", f"{row['plays']:,} plays, €{row['income']:,.4f}")
        if by == "song_title":
            expect(element.locator(".name-text")).to_have_text(row["song_title"])
            expect(element.locator("small")).to_have_text(CREDIT.sub(", ", row["artists"]))
            expect(element.get_by_role("link")).to_have_attribute("href", f"/song?song_id={row['song_id']}")
        elif by == "artist":
            expect(element.locator(".name-text")).to_have_text(row["artist"])
        else:
            expect(element).to_have_attribute("data-key", row[by])


def test_growth_is_that_of_the_last_thirty_days_against_the_thirty_before(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    said = freeze(page, dashboard)
    page.reload()
    settled(page)
    shown = page.locator(".card[data-by=genre] .growth").all()
    assert len(shown) == len(said.rows["genre"])
    for element, row in zip(shown, said.rows["genre"], strict=True):
        before, now = sum(row["trend"][:30]), sum(row["trend"][30:])
        expect(element).to_have_attribute("title", f"{now:,} plays in the last 30 days, {before:,} in the 30 before")
        expect(element).to_contain_text("new" if not before else f"{now / before - 1:+.1%}" if now < 10 * before else "×")


@pytest.mark.parametrize("by", CARDS)
def test_each_ranking_can_be_seen_whole(page: Page, dashboard: Dashboard, by: str) -> None:
    sign_in(page, dashboard)
    page.locator(f".card[data-by={by}] .view-all").click()
    settled(page)
    assert page.url == f"{dashboard.url}/ranking?by={by}"
    expect(page.locator(f".ranking[data-by={by}] .line").first).to_be_visible()


def test_conservation_on_the_page_is_that_of_the_stream_and_holds(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    said = freeze(page, dashboard)
    page.reload()
    phase(page, "live")
    rows = said.rows["conservation"]
    for name in ("consumed", "counted", "rejected", "stored", "lag"):
        assert figure(page, name) == sum(row[name] for row in rows)
    assert figure(page, "consumed") == figure(page, "counted") + figure(page, "rejected")
    expect(page.locator(".conservation h2 .check")).to_have_attribute("data-good", "true")


def test_plays_grow_by_themselves(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    before = figure(page, "plays")
    page.wait_for_function("before => Number(document.querySelector('[data-figure=plays]').dataset.exact) > before", arg=before)


def test_the_graph_moves_and_its_newest_second_advances(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    graph = page.locator(".graph")
    newest = int(graph.get_attribute("data-newest") or 0)
    drawn = graph.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    page.wait_for_function("drawn => document.querySelector('.graph canvas').toDataURL() !== drawn", arg=drawn)
    page.wait_for_function("newest => Number(document.querySelector('.graph').dataset.newest) > newest", arg=newest)


def test_the_graph_tells_each_second_to_pointer_and_keyboard(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    graph = page.locator(".graph")
    graph.focus()
    page.keyboard.press("ArrowLeft")
    expect(graph).to_have_attribute("aria-valuetext", re.compile(r"\d\d:\d\d:\d\d: [\d,]+ plays, €"))
    expect(graph.locator(".tip")).to_contain_text("plays")
    page.keyboard.press("Escape")
    expect(graph.locator(".tip")).to_have_count(0)
    graph.hover()
    expect(graph.locator(".tip")).to_contain_text("plays")


def test_the_graph_has_a_table_in_its_place(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.get_by_role("button", name="Table of plays per second").click()
    expect(page.locator(".seconds-table tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Graph of plays per second").click()
    expect(page.locator(".graph canvas")).to_be_visible()


def test_it_says_how_fresh_it_is(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    freshness = page.locator(".freshness")
    expect(freshness).to_have_attribute("data-state", "fresh", timeout=20_000)
    expect(freshness).to_contain_text(re.compile(r"As of \d\d:\d\d:\d\d\s*· \d\.\d s behind"))


def test_without_a_token_it_asks_for_one_and_takes_it(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(401)
    page.goto(dashboard.url)
    phase(page, "token")
    expect(page.get_by_text("data/admin.token")).to_be_visible()
    page.get_by_label("Token", exact=True).fill("not a token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    page.get_by_label("Token", exact=True).fill(dashboard.token)
    page.keyboard.press("Enter")
    phase(page, "live")


def test_signing_in_by_the_address_leaves_the_token_nowhere(page: Page, dashboard: Dashboard) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, dashboard)
    assert page.url == f"{dashboard.url}/"
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, document.documentElement.outerHTML])")
    assert dashboard.token not in kept
    assert not [url for url in asked if dashboard.token in url]
    page.reload()
    phase(page, "live")


def test_a_wrong_token_in_the_address_is_cleared_and_refused(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(401)
    page.goto(f"{dashboard.url}/#token=wrong")
    phase(page, "token")
    assert page.url == f"{dashboard.url}/"
    expect(page.get_by_role("alert")).not_to_be_empty()


def test_a_server_that_is_not_ready_says_why(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(503)
    page.route(LIVE, problem(503, "recovering partition 2"))
    page.goto(dashboard.url)
    phase(page, "waiting")
    expect(page.get_by_text("Recovering partition 2")).to_be_visible()


def test_a_stream_without_numbers_says_why_and_the_numbers_come_by_themselves(page: Page, dashboard: Dashboard) -> None:
    state = 'event: state\ndata: {"ready":false,"reason":"recovering partition 2"}\n\n'
    page.route(LIVE, lambda route: route.fulfill(body=state, content_type="text/event-stream"))
    page.goto(f"{dashboard.url}/#token={dashboard.token}")
    phase(page, "waiting")
    expect(page.get_by_text("Recovering partition 2")).to_be_visible()
    page.unroute(LIVE)
    phase(page, "live")


def test_all_of_the_page_comes_in_one_request(page: Page, dashboard: Dashboard) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, dashboard)
    for _ in range(3):
        before = figure(page, "plays")
        page.wait_for_function("before => Number(document.querySelector('[data-figure=plays]').dataset.exact) > before", arg=before)
    assert sum("/live?" in url for url in asked) == 1
    assert not [url for url in asked if "/v0/" in url]


def test_a_page_that_nobody_sees_listens_to_nothing_until_it_is_seen_again(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    until(lambda: streams(dashboard) == 1, "those of the tests before are closed, and its own is open")
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.unseen}); window.unseen = true")
    open_anew(page)
    until(lambda: streams(dashboard) == 0, "the stream is closed")
    before = figure(page, "plays")
    page.evaluate("window.unseen = false")
    open_anew(page)
    page.wait_for_function("before => Number(document.querySelector('[data-figure=plays]').dataset.exact) > before", arg=before)


def streams(dashboard: Dashboard) -> float:
    return dashboard.worker.scrape()[""]["artist360_streams"]


def test_a_stream_that_ends_is_opened_again_and_no_error_is_shown(page: Page, dashboard: Dashboard) -> None:
    freeze(page, dashboard)
    page.goto(f"{dashboard.url}/#token={dashboard.token}")
    phase(page, "live")
    before = figure(page, "plays")
    page.unroute(LIVE)
    page.evaluate("new MutationObserver(() => (window.shown ||= !!document.querySelector('.notice, .standstill[data-kind=offline]')))"
                  ".observe(document.body, {childList: true, subtree: true})")  # fmt: skip
    page.wait_for_function("before => Number(document.querySelector('[data-figure=plays]').dataset.exact) > before", arg=before)
    assert not page.evaluate("window.shown")


def test_an_error_keeps_the_numbers_and_a_retry_goes_on(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(500)
    sign_in(page, dashboard)
    page.route(LIVE, problem(500, "the disk is full"))
    open_anew(page)
    expect(page.locator(".standstill")).to_contain_text("The disk is full")
    expect(page.locator(".freshness")).to_have_attribute("data-state", "offline")
    expect(page.locator(".card[data-by=artist] .row").first).to_be_visible()
    page.unroute(LIVE)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".standstill")).to_have_count(0)


def test_no_plays_yet_says_how_to_send_some(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)

    def none_yet(line: str) -> str:
        row = dict.fromkeys(("plays", "income", "artists", "songs", "countries", "unmatched"), 0)
        return "data: " + json.dumps({**json.loads(line[6:]), "data": [row]}) if '"name":"unmatched"' in line else line

    freeze(page, dashboard, none_yet)
    page.reload()
    expect(page.get_by_role("heading", name="No plays yet")).to_be_visible()
    expect(page.get_by_text("artist360 produce")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_outlives_a_reload_and_the_system_s_opposite(page: Page, dashboard: Dashboard, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "light" else "light")
    sign_in(page, dashboard)
    page.get_by_role("button", name=re.compile("Theme: system")).click()
    if theme == "dark":
        page.get_by_role("button", name=re.compile("Theme: light")).click()
    page.reload()
    phase(page, "live")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    luminance = page.evaluate(
        "getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    )
    assert (luminance > 600) == (theme == "light")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, dashboard: Dashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, dashboard)
    page.locator(".conservation summary").click()
    page.locator(".total .term-word").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_less_motion_means_none(page: Page, dashboard: Dashboard) -> None:
    page.emulate_media(reduced_motion="reduce")
    sign_in(page, dashboard)
    still = """async () => {
        const canvas = document.querySelector('.graph canvas');
        const drawn = canvas.toDataURL();
        for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
        return canvas.toDataURL() === drawn && document.getAnimations().length === 0;
    }"""
    # What moves is never still for five frames; what does not is drawn anew once for each answer.
    assert any(page.evaluate(still) for _ in range(LOOKS))
