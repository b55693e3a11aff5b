"""Claims about the search, in a real Chromium with the real server behind it."""

import unicodedata
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.acts import problem
from tests.browser.conftest import Dashboard
from tests.browser.parts import NO_FRAMES, ask, show
from tests.browser.troubles import Troubles

SEARCH = "**/v0/pipes/search.json?*"

SEARCH_BOX = """
    import { SearchBox } from "/static/search_box.js";
    const shown = html`<header class="header"><div class="header-row"><${SearchBox} /><input aria-label="Other" /></div></header>`;
"""


def combobox(page: Page) -> Locator:
    return page.get_by_role("combobox")


def mistyped(name: str) -> str:
    """Return *name* in lower case, without accents and with a letter too few, as people in a hurry write it."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(char))
    return bare[:4] + bare[5:]


def test_an_artist_is_found_and_opened_by_the_keyboard_alone_without_accents_and_with_a_typing_error(
    page: Page, dashboard: Dashboard
) -> None:
    names = [row["artist"] for row in ask(dashboard, "ranking_by", limit=1000)]
    name = next(name for name in names if not name.isascii() and name.replace(" ", "").isalpha() and len(name) > 9 and " " in name[6:])
    show(page, dashboard, SEARCH_BOX)
    page.keyboard.press("/")
    expect(combobox(page)).to_be_focused()
    whole = urlencode({"q": mistyped(name)})
    with page.expect_response(lambda response: whole in response.url):  # what the first letters find may be the same, and goes again
        page.keyboard.type(mistyped(name))
    found = page.get_by_role("option").filter(has_text=name).first
    expect(found).to_be_visible()
    for _ in range(8):
        if found.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    expect(found).to_have_attribute("aria-selected", "true")
    assert combobox(page).get_attribute("aria-activedescendant") == found.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{dashboard.url}/artist?{urlencode({'artist': name})}")
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_the_key_of_the_search_works_as_soon_as_its_field_is_there(page: Page, dashboard: Dashboard) -> None:
    page.add_init_script(NO_FRAMES)
    show(page, dashboard, SEARCH_BOX)
    page.keyboard.press("/")
    expect(combobox(page)).to_be_focused()


def test_an_album_is_opened_by_its_name_and_first_artist(page: Page, dashboard: Dashboard) -> None:
    album = next(row for row in ask(dashboard, "ranking_by", by="album_name", limit=10) if row["album_name"])
    show(page, dashboard, SEARCH_BOX)
    combobox(page).fill(album["album_name"])
    found = page.locator(".search-option[data-kind=album]").filter(has_text=album["artists"]).first
    found.click()
    own = urlencode({"album": album["album_name"], "album_artist": album["artists"]})
    page.wait_for_url(f"{dashboard.url}/album?{own}")


def test_what_is_found_is_what_the_api_finds_in_groups_with_the_matched_part_marked(page: Page, dashboard: Dashboard) -> None:
    name = ask(dashboard, "ranking_by", limit=1)[0]["artist"]
    show(page, dashboard, SEARCH_BOX)
    combobox(page).fill(name.upper())
    expect(page.get_by_role("option").first.locator("mark").first).to_have_text(name)
    rows = ask(dashboard, "search", q=name, limit=8)
    for kind in ("artist", "song", "album"):
        expect(page.locator(f".search-option[data-kind={kind}] .name-text")).to_have_text(
            [row["name"] for row in rows if row["kind"] == kind]
        )


def test_the_ends_of_the_list_are_a_key_away_and_escape_closes_then_clears(page: Page, dashboard: Dashboard) -> None:
    show(page, dashboard, SEARCH_BOX)
    page.keyboard.press("Control+k")
    page.keyboard.type("a")
    options = page.get_by_role("option")
    expect(options).to_have_count(8)
    page.keyboard.press("End")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(combobox(page)).to_have_value("a")
    page.keyboard.press("Escape")
    expect(combobox(page)).to_have_value("")


def test_enter_before_the_answer_opens_the_best_match_once_it_is_there(page: Page, dashboard: Dashboard) -> None:
    name = ask(dashboard, "ranking_by", limit=1)[0]["artist"]
    show(page, dashboard, SEARCH_BOX)
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{dashboard.url}/artist?{urlencode({'artist': name})}")


def test_a_slash_in_a_text_field_is_a_slash(page: Page, dashboard: Dashboard) -> None:
    show(page, dashboard, SEARCH_BOX)
    page.get_by_label("Other").focus()
    page.keyboard.type("a/b")
    expect(page.get_by_label("Other")).to_have_value("a/b")


def test_nothing_found_is_said(page: Page, dashboard: Dashboard) -> None:
    show(page, dashboard, SEARCH_BOX)
    combobox(page).fill("xqzzqwkj")
    expect(page.locator(".search-said")).to_contain_text("Nothing is called “xqzzqwkj”")


def test_without_a_token_the_search_says_that_it_needs_one(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(401)
    show(page, dashboard, SEARCH_BOX, signed_in=False)
    combobox(page).fill("a")
    expect(page.locator(".search-said[data-kind=token]")).to_contain_text("Sign in to search")


def test_a_search_that_fails_can_be_tried_again(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(503)
    show(page, dashboard, SEARCH_BOX)
    page.route(SEARCH, problem(503, "64 queries are under way"))
    combobox(page).fill("a")
    expect(page.locator(".search-said[data-kind=error]")).to_contain_text("64 queries are under way")
    page.unroute(SEARCH)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("option")).to_have_count(8)


def test_what_was_asked_before_is_given_up_when_more_is_typed(page: Page, dashboard: Dashboard) -> None:
    show(page, dashboard, SEARCH_BOX)

    def hold(route: Route) -> None:
        """Answer nothing."""

    page.route("**/search.json?q=xqzz&*", hold)
    with page.expect_request("**/search.json?q=xqzz&*"):
        combobox(page).fill("xqzz")
    with page.expect_event("requestfailed", lambda request: "q=xqzz&" in request.url):
        combobox(page).fill("a")
    expect(page.get_by_role("option")).to_have_count(8)


def test_a_narrow_page_has_the_search_over_its_whole_width(page: Page, dashboard: Dashboard) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    show(page, dashboard, SEARCH_BOX)
    expect(combobox(page)).to_be_hidden()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(combobox(page)).to_be_focused()
    expect(page.get_by_role("option").first).to_be_visible()
    box = page.locator(".search-box").bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, 360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("Escape")
    expect(combobox(page)).to_be_hidden()
