"""Claims about the parts that pages are made of, each shown by itself: search, graph, flags, a card's menu, health."""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from app.rejected import newest_rejected
from app.rejected_format import summary
from tests.broker.waiting import until
from tests.browser.acts import problem
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles
from web.guard import HEADERS

STYLES = ("theme", "page", "cards", "search", "graph", "actions", "health", "vendor/uplot")
SEARCH = "**/v0/pipes/search.json?*"
REJECTED = "**/v0/rejected.json?*"
DAYS = 20


def show(page: Page, dashboard: Dashboard, part: str, *, signed_in: bool = True) -> None:
    """Show what *part*, JavaScript, makes with `html` and what it imports, on a page as strict as the real ones."""
    links = "".join(f'<link rel="stylesheet" href="/static/{name}.css">' for name in STYLES)
    scripts = '<script src="/static/theme.js"></script><script type="module" src="/static/part.js"></script>'
    head = f"<head><title>Part</title>{links}{scripts}</head>"
    document = f'<!doctype html><html lang="en" data-currency="EUR">{head}<body><div id="page"></div></body></html>'
    script = f'import {{ html, render }} from "/static/markup.js";\n{part}\nrender(shown, document.getElementById("page"));'
    page.route("**/part", lambda route: route.fulfill(body=document, content_type="text/html", headers=HEADERS))
    page.route("**/static/part.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    if signed_in:
        assert page.request.post(f"{dashboard.url}/session", data={"token": dashboard.token}).ok
    page.goto(f"{dashboard.url}/part")


def ask(dashboard: Dashboard, call: str, **query: Any) -> list[dict[str, Any]]:
    """Return the rows that the API gives."""
    url = f"{dashboard.url}/v0/pipes/{call}.json?{urlencode(query)}"
    with urlopen(Request(url, headers={"Authorization": f"Bearer {dashboard.token}"})) as answer:  # noqa: S310 - http to ourselves
        return list(json.load(answer)["data"])


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


def past_days() -> dict[str, str]:
    """Days that no play is added to any more."""
    last = datetime.now(UTC).date() - timedelta(days=1)
    return {"date_from": str(last - timedelta(days=DAYS - 1)), "date_to": str(last), "compare": "previous"}


def graph(page: Page, dashboard: Dashboard) -> list[dict[str, Any]]:
    """Show the graph of some days; return what the API says of them."""
    rows = ask(dashboard, "evolution", **past_days())
    shown = f"html`<${{DaysGraph}} rows=${{rows}} today={rows[-1]['date']} label='Plays a day' />`"
    show(page, dashboard, f'import {{ DaysGraph }} from "/static/days_graph.js";\nconst rows = {json.dumps(rows)};\nconst shown = {shown};')
    expect(page.locator(".days-frame canvas")).to_be_visible()
    return rows


def test_the_graph_tells_each_day_to_the_keyboard(page: Page, dashboard: Dashboard) -> None:
    rows = graph(page, dashboard)
    assert len(rows) == DAYS
    assert sum(row["plays"] for row in rows) > 0
    slider = page.get_by_role("slider", name="Plays a day")
    slider.focus()
    for key, row in (("End", rows[-1]), ("ArrowLeft", rows[-2]), ("Home", rows[0]), ("ArrowRight", rows[1]), ("PageDown", rows[8])):
        page.keyboard.press(key)
        expect(page.locator(".days-tip time")).to_have_attribute("datetime", row["date"])
        expect(page.locator(".days-tip")).to_contain_text(f"{row['plays']:,} play")
        expect(page.locator(".days-tip")).to_contain_text(f"€{row['income']:.4f}")
        expect(page.locator(".days-tip-before")).to_contain_text(f": {row['previous_plays']:,}")
        assert f"{row['plays']:,} play" in (slider.get_attribute("aria-valuetext") or "")
    page.keyboard.press("Escape")
    expect(page.locator(".days-tip")).to_have_count(0)


def test_the_graph_tells_the_day_under_the_pointer(page: Page, dashboard: Dashboard) -> None:
    rows = graph(page, dashboard)
    plot = page.locator(".days-frame .u-over").bounding_box()
    assert plot
    for at in (0, 7, DAYS - 1):
        page.mouse.move(plot["x"] + plot["width"] * at / (DAYS - 1), plot["y"] + 40)
        expect(page.locator(".days-tip time")).to_have_attribute("datetime", rows[at]["date"])


def test_the_table_in_the_graphs_place_has_the_numbers_of_the_api(page: Page, dashboard: Dashboard) -> None:
    rows = graph(page, dashboard)
    page.get_by_role("button", name="Table of Plays a day").click()
    shown = page.locator(".days-table tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.date, ...[...row.querySelectorAll('[data-exact]')].map(cell => Number(cell.dataset.exact))])"
    )
    assert shown == [[row["date"], row["plays"], row["income"], row["previous_plays"]] for row in reversed(rows)]
    page.get_by_role("button", name="Graph of Plays a day").click()
    expect(page.locator(".days-frame canvas")).to_be_visible()


def test_the_graph_follows_its_width_and_the_theme(page: Page, dashboard: Dashboard) -> None:
    graph(page, dashboard)
    canvas = page.locator(".days-frame canvas")
    light = canvas.evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark")
    until(lambda: canvas.evaluate("canvas => canvas.toDataURL()") != light, "the graph is drawn in the dark theme's colours")
    page.set_viewport_size({"width": 360, "height": 700})
    until(lambda: (canvas.bounding_box() or {"width": 999})["width"] <= 360, "the graph is as narrow as the page")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_flags_are_images_of_their_own_and_an_unknown_country_asks_for_none(page: Page, dashboard: Dashboard) -> None:
    part = """
        import { Flag } from "/static/flags.js";
        const shown = html`${["ES", "US", "XK", "ZZ", "", undefined].map((code) => html`<${Flag} code=${code} />`)}`;
    """
    show(page, dashboard, part)
    flags = page.locator("img.flag")
    expect(flags).to_have_count(3)
    until(lambda: flags.evaluate_all("flags => flags.every(flag => flag.naturalWidth > 0)"), "the flags are there")
    expect(page.locator("svg.flag-unknown")).to_have_count(3)


def test_a_sparkline_says_what_it_shows_and_draws_each_value(page: Page, dashboard: Dashboard) -> None:
    part = """
        import { Sparkline } from "/static/sparkline.js";
        const rows = [[1, 5, 2, 8], [3], [4, 4], []];
        const shown = html`${rows.map((values, at) => html`<${Sparkline} values=${values} label=${`Days ${at}`} />`)}`;
    """
    show(page, dashboard, part)
    expect(page.get_by_role("img", name="Days 0").locator(".sparkline-line")).to_have_attribute(
        "d", "M3.0 25.0L33.0 12.4L63.0 21.9L93.0 3.0"
    )
    for name in ("Days 1", "Days 2", "Days 3: nothing yet"):
        expect(page.get_by_role("img", name=name)).to_be_visible()


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


def health(page: Page, dashboard: Dashboard, bend: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> list[dict[str, Any]]:
    """Show the health page with what the API says of each partition, as *bend* makes it; return that."""
    rows = [bend(row) for row in ask(dashboard, "conservation")]
    parts, live = {"conservation": {"rows": rows, "total": len(rows), "problem": None}}, {"phase": "live", "asOf": 1_795_417_272_000}
    shown = f"const shown = html`<main><${{Body}} query=${{{{}}}} parts=${{{json.dumps(parts)}}} live=${{{json.dumps(live)}}} /></main>`;"
    show(page, dashboard, f'import {{ Body }} from "/static/health_page.js";\n{shown}')
    return rows


def test_the_health_page_has_each_partition_s_figures_and_their_sums(page: Page, dashboard: Dashboard) -> None:
    rows = health(page, dashboard)
    for name in ("consumed", "counted", "rejected", "stored", "lag"):
        expect(page.locator(f"[data-figure={name}]")).to_have_attribute("data-exact", str(sum(row[name] for row in rows)))
    for row in rows:
        for name in ("consumed", "counted", "rejected", "stored", "watermark", "log_end", "lag"):
            cell = page.locator(f"[data-partition='{row['partition']}'] [data-column={name}]")
            expect(cell).to_have_attribute("data-exact", str(row[name]))
            expect(cell).to_contain_text(f"{row[name]:,}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing lost, nothing counted twice.")
    expect(page.locator("[data-item=ready] dd").first).to_have_text("Ready")
    expect(page.locator(".check[data-good=false]")).to_have_count(0)


def test_a_partition_whose_sum_does_not_hold_stands_out(page: Page, dashboard: Dashboard) -> None:
    health(page, dashboard, lambda row: {**row, "stored": row["stored"] - (row["partition"] == 1)})
    expect(page.get_by_role("heading", level=1)).to_contain_text("The figures of 1 of")
    expect(page.locator("[data-partition='1'] .check")).to_have_attribute("data-good", "false")


def test_the_rejected_records_are_those_that_the_command_lists(page: Page, dashboard: Dashboard) -> None:
    health(page, dashboard)

    def shown() -> list[dict[str, str | None]]:
        return list(
            page.locator(".rejected-row").evaluate_all(
                "rows => rows.map(row => ({place: row.dataset.place, ...Object.fromEntries("
                "['kind', 'reason', 'value'].map(name => [name, row.querySelector(`.rejected-${name}`).textContent]))}))"
            )
        )

    def same() -> bool:
        listed = (summary(kept, replayed=False) for kept in newest_rejected(dashboard.worker.settings, limit=50).newest)
        expected = [
            {"place": f"{row['partition']}/{row['offset']}"} | {name: row[name] for name in ("kind", "reason", "value")} for row in listed
        ]
        page.get_by_role("button", name="Read again").click()
        return len(expected) > 10 and shown() == expected

    until(same, "the page and the command list the same records")


def test_rejected_records_that_cannot_be_read_are_said_with_the_reason_and_the_figures_stay(
    page: Page, dashboard: Dashboard, troubles: Troubles
) -> None:
    troubles.expected_statuses.add(503)
    page.route(REJECTED, problem(503, "the Kafka at k:9092 does not answer"))
    health(page, dashboard)
    expect(page.locator(".health-said[data-kind=error]")).to_contain_text("The Kafka at k:9092 does not answer")
    expect(page.locator("[data-partition='0']")).to_be_visible()
    page.unroute(REJECTED)
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(".rejected-row").first).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_health_page_is_no_wider_than_the_window(page: Page, dashboard: Dashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    health(page, dashboard)
    expect(page.locator(".rejected-row").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
