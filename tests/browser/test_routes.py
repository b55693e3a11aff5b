"""Claims about the way from page to page, in a real Chromium with the real server behind it."""

import re
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.acts import on, phase, settled, sign_in
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles
from web.files import STATIC
from web.page import DASHBOARD


def addresses(dashboard: Dashboard, **narrowed: str) -> dict[str, str]:
    """Return an address of every page, with what it is about: the most played of what is left when *narrowed*."""
    song = dashboard.worker.get("ranking_by", by="song_title", limit=1, **narrowed)["data"][0]
    album = dashboard.worker.get("ranking_by", by="album_name", limit=1, **narrowed)["data"][0]
    queries: dict[str, dict[str, str]] = {
        "home": {},
        "ranking": {"by": "album_name", "country": "ES", "days": "30"},
        "artist": {"artist": song["artists"].split("/")[0], "source": "spotify", "days": "7"},
        "album": {"album": album["album_name"], "album_artist": album["artists"]},
        "song": {"song_id": song["song_id"]},
        "country": {"country": "ES"},
        "health": {},
    }
    return {page: ("/" if page == "home" else f"/{page}") + (f"?{urlencode(query)}" if query else "") for page, query in queries.items()}


def test_the_server_and_the_script_know_the_same_pages() -> None:
    paths = re.search(r"const PATHS = \{(.*)\}", Path(STATIC, "route.js").read_text())
    assert paths
    assert tuple(re.findall(r'"(/\w*)"', paths[1])) == DASHBOARD


def test_every_page_opens_at_its_address_and_stays_over_a_reload(page: Page, dashboard: Dashboard) -> None:
    for name, address in addresses(dashboard).items():
        sign_in(page, dashboard, address)
        on(page, name)
        assert page.url == dashboard.url + address
        title = page.title()
        page.reload()
        on(page, name)
        assert page.title() == title
        assert page.url == dashboard.url + address


def test_every_page_asks_for_a_token_without_one(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(401)
    for address in addresses(dashboard).values():
        page.goto(dashboard.url + address)
        phase(page, "token")
    page.get_by_label("Token", exact=True).fill(dashboard.token)
    page.keyboard.press("Enter")
    on(page, "health")


def test_links_change_pages_without_loading_anew_and_back_and_forward_follow(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.evaluate("window.same = true")
    page.locator(".card[data-by=artist] .row a").first.click()
    on(page, "artist")
    artist_page = page.url
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Rankings").click()
    on(page, "ranking")
    page.get_by_role("navigation", name="What is ranked").get_by_role("link", name="songs").click()
    on(page, "ranking")
    page.locator(".line a").first.click()
    on(page, "song")
    page.go_back()
    on(page, "ranking")
    assert page.url == f"{dashboard.url}/ranking?by=song_title"
    page.go_back()
    page.go_back()
    on(page, "artist")
    assert page.url == artist_page
    page.go_forward()
    on(page, "ranking")
    assert page.evaluate("window.same")


def test_a_page_that_is_gone_to_has_its_own_title_the_focus_and_its_top_in_view(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.locator(".card[data-by=country] .row a").first.scroll_into_view_if_needed()
    page.locator(".card[data-by=country] .row a").first.click()
    on(page, "country")
    expect(page.locator("main")).to_be_focused()
    assert page.title() not in ("", "Artist 360")
    assert page.evaluate("scrollY") == 0


def test_going_back_returns_to_where_the_page_was_scrolled_to(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.evaluate("scrollTo(0, 900)")
    page.wait_for_function("top => history.state?.top === top", arg=900)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Rankings").click()
    on(page, "ranking")
    page.go_back()
    on(page, "home")
    assert page.evaluate("scrollY") == 900


def test_a_modified_click_opens_another_tab_and_leaves_this_one(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    with page.context.expect_page() as opened:
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Rankings").click(modifiers=["ControlOrMeta"])
    on(opened.value, "ranking")
    on(page, "home")


def test_one_stream_is_open_whatever_pages_were_seen(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/live?" in request.url or "/v0/" in request.url else None)
    for name in ("Rankings", "Health", "Rankings"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        settled(page)
    streams = [url for url in asked if "/live?" in url]
    assert len(streams) == 3
    assert {urlsplit(url).path for url in asked} - {urlsplit(url).path for url in streams} <= {"/v0/rejected.json"}
    expect(page.locator(".freshness")).to_have_attribute("data-state", "fresh", timeout=20_000)


def test_what_the_next_page_shows_too_does_not_leave_the_page(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking?by=artist")
    page.evaluate(
        "new MutationObserver(() => (window.gone ||= document.querySelectorAll('input[name=source]').length < 2))"
        ".observe(document.body, {childList: true, subtree: true})"
    )
    page.get_by_role("navigation", name="What is ranked").get_by_role("link", name="genres").click()
    settled(page)
    page.locator(".line a").first.click()
    settled(page)
    assert not page.evaluate("window.gone")


def test_the_skip_link_leads_into_the_page_and_not_to_another(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard, "/ranking")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    on(page, "ranking")


def test_every_page_can_be_gone_to_from_a_narrow_one(page: Page, dashboard: Dashboard) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    sign_in(page, dashboard)
    for link in page.get_by_role("navigation", name="Pages").get_by_role("link").all():
        expect(link).to_be_in_viewport(ratio=1)
