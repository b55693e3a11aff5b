"""Claims about a card's menu: its downloads, the call that it copies, and its table."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Dashboard
from tests.browser.parts import ask, show

MENU = """
    import { CardActions } from "/static/card_actions.js";
    const shown = html`<section class="card"><div class="card-head"><h2>Top artists</h2>
      <${CardActions} call="ranking_by?by=artist&limit=10000" name="Top artists" table=${false}
        onTable=${(table) => (document.title = `table: ${table}`)} /></div></section>`;
"""


def menu_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Actions: Top artists")


def test_the_copied_call_is_one_that_the_server_answers(page: Page, dashboard: Dashboard) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show(page, dashboard, MENU)
    menu_button(page).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="CSV")).to_be_focused()
    page.keyboard.type("co")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('curl -H "Authorization: Bearer $')
    assert dashboard.token not in copied
    url = copied.split("'")[1]
    assert url == f"{dashboard.url}/v0/pipes/ranking_by.json?by=artist&limit=10000"
    assert ask(dashboard, "ranking_by", by="artist", limit=10000)
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(menu_button(page)).to_be_focused()


def test_where_the_clipboard_is_closed_the_call_is_laid_out_to_copy_by_hand(page: Page, dashboard: Dashboard) -> None:
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
    show(page, dashboard, MENU)
    menu_button(page).click()
    page.get_by_role("menuitem", name="Copy API call").click()
    field = page.get_by_label("Copy it from here")
    expect(field).to_be_focused()
    assert "/v0/pipes/ranking_by.json?by=artist&limit=10000" in page.evaluate("getSelection().toString()")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(menu_button(page)).to_be_focused()


@pytest.mark.parametrize(("name", "begins"), [("CSV", b"artist,"), ("Parquet", b"PAR1"), ("JSON", b'{"meta"')])
def test_the_whole_list_comes_as_a_file(page: Page, dashboard: Dashboard, name: str, begins: bytes) -> None:
    show(page, dashboard, MENU)
    menu_button(page).click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name=name).click()
    assert coming.value.path().read_bytes().lstrip(b'\xef\xbb\xbf"').startswith(begins)


def test_the_menu_is_walked_by_arrows_and_switches_to_the_table(page: Page, dashboard: Dashboard) -> None:
    show(page, dashboard, MENU)
    menu_button(page).focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Show as table")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="CSV")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page).to_have_title("table: true")
    expect(menu_button(page)).to_be_focused()
