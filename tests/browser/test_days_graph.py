"""Claims about the graph of days: it tells each day to the keyboard, the pointer and whoever wants a table."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.broker.waiting import until
from tests.browser.conftest import Dashboard
from tests.browser.parts import NO_FRAMES, ask, show

DAYS = 20


def past_days() -> dict[str, str]:
    """Days that no play is added to any more."""
    last = datetime.now(UTC).date() - timedelta(days=1)
    return {"date_from": str(last - timedelta(days=DAYS - 1)), "date_to": str(last), "compare": "previous"}


def graph(page: Page, dashboard: Dashboard) -> list[dict[str, Any]]:
    """Begin to show the graph of some days; return what the API says of them."""
    rows = ask(dashboard, "evolution", **past_days())
    shown = f"html`<${{DaysGraph}} rows=${{rows}} today={rows[-1]['date']} label='Plays a day' />`"
    show(page, dashboard, f'import {{ DaysGraph }} from "/static/days_graph.js";\nconst rows = {json.dumps(rows)};\nconst shown = {shown};')
    return rows


def drawn(page: Page, dashboard: Dashboard) -> list[dict[str, Any]]:
    """Show the graph of some days; return what the API says of them."""
    rows = graph(page, dashboard)
    expect(page.locator(".days-frame canvas")).to_be_visible()
    return rows


def test_the_graph_tells_each_day_to_the_keyboard(page: Page, dashboard: Dashboard) -> None:
    rows = drawn(page, dashboard)
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
    rows = drawn(page, dashboard)
    plot = page.locator(".days-frame .u-over").bounding_box()
    assert plot
    for at in (0, 7, DAYS - 1):
        page.mouse.move(plot["x"] + plot["width"] * at / (DAYS - 1), plot["y"] + 40)
        expect(page.locator(".days-tip time")).to_have_attribute("datetime", rows[at]["date"])


def test_the_table_in_the_graphs_place_has_the_numbers_of_the_api(page: Page, dashboard: Dashboard) -> None:
    rows = drawn(page, dashboard)
    page.get_by_role("button", name="Table of Plays a day").click()
    shown = page.locator(".days-table tbody tr").evaluate_all(
        "rows => rows.map(row => [row.dataset.date, ...[...row.querySelectorAll('[data-exact]')].map(cell => Number(cell.dataset.exact))])"
    )
    assert shown == [[row["date"], row["plays"], row["income"], row["previous_plays"]] for row in reversed(rows)]
    page.get_by_role("button", name="Graph of Plays a day").click()
    expect(page.locator(".days-frame canvas")).to_be_visible()


def test_the_graph_follows_its_width_and_the_theme(page: Page, dashboard: Dashboard) -> None:
    drawn(page, dashboard)
    canvas = page.locator(".days-frame canvas")
    light = canvas.evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark")
    until(lambda: canvas.evaluate("canvas => canvas.toDataURL()") != light, "the graph is drawn in the dark theme's colours")
    page.set_viewport_size({"width": 360, "height": 700})
    until(lambda: (canvas.bounding_box() or {"width": 999})["width"] <= 360, "the graph is as narrow as the page")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_graph_that_is_left_before_its_drawing_is_fetched_ends_quietly(page: Page, dashboard: Dashboard) -> None:
    fetched: list[Route] = []
    page.route("**/static/days_plot.js", lambda route: fetched.append(route))  # noqa: PLW0108 - Playwright hangs a name on what it calls
    graph(page, dashboard)
    until(lambda: page.evaluate("true") and fetched, "the drawing is asked for")
    page.evaluate(NO_FRAMES)
    page.get_by_role("button", name="Table of Plays a day").click()
    expect(page.locator(".days-table")).to_be_visible()
    fetched[0].continue_()
    page.evaluate("import('/static/days_plot.js')")  # the graph's own goes on before this one; an error there fails the test
