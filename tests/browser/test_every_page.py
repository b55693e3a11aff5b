"""Claims that hold for every page, in a real Chromium with the real server behind it; and a picture of each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.acts import phase, settled, sign_in
from tests.browser.conftest import Dashboard
from tests.browser.test_routes import addresses

HERE = Path(__file__).parent
AXE = (HERE / "vendor" / "axe.min.js").read_text()
LIGHT_BYTES = 150_000
STEADY = 0.02
"""Of Chromium's cumulative layout shift, of which 0.1 passes for good."""
LATER = {"days_plot.js", "vendor/uplot.mjs"}
"""What comes with the first graph of days, since most visits see none."""
NOTE_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().filter(({ hadRecentInput }) => !hadRecentInput)
    .map(({ value, sources }) => ({ value, nodes: sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? node?.data) }))))
    .observe({ type: "layout-shift", buffered: true });
"""
LINES_OF_THE_TITLE = """
(() => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector("h1"));
    return new Set([...range.getClientRects()].map(({ top }) => top)).size;
})()
"""
FIND_VIOLATIONS = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(({ id, help, nodes }) =>
    `${id}: ${help}; ${nodes.length} times: ${nodes[0].target}: ${nodes[0].failureSummary}`)
"""

AS_IT_SHALL_LOOK = """
() => Promise.all([document.fonts.ready, ...[...document.images].map((image) => { image.loading = "eager"; return image.decode(); })])
"""


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest, page: Page) -> Any:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return request.param


@pytest.fixture(params=[360, 1280])
def width(request: pytest.FixtureRequest, page: Page) -> Any:
    page.set_viewport_size({"width": request.param, "height": 800})
    return request.param


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the folder that `--screenshots` names, or one that pytest keeps for a while."""
    folder = Path(request.config.getoption("--screenshots") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def opened(page: Page, dashboard: Dashboard) -> Iterator[str]:
    """Yield the name of each page, once everything that it asked for is there; the one of a signed-out reader last."""
    sign_in(page, dashboard)
    for name, address in addresses(dashboard).items():
        page.goto(dashboard.url + address)
        settled(page)
        page.evaluate(AS_IT_SHALL_LOOK)
        yield name
    page.goto(f"{dashboard.url}/docs")
    phase(page, "ready")
    page.evaluate(AS_IT_SHALL_LOOK)
    yield "docs"


def other_numbers_come(page: Page) -> None:
    turn = page.locator(".freshness time").inner_text()
    expect(page.locator(".freshness time")).not_to_have_text(turn, timeout=20_000)


def shifts_of(page: Page) -> list[dict[str, Any]]:
    """Return what shifted; nothing if it is too little to be seen."""
    shifts: list[dict[str, Any]] = page.evaluate("shifts")
    return shifts if sum(shift["value"] for shift in shifts) >= STEADY else []


def test_every_page_fits_the_window_and_is_hard_to_use_for_nobody(
    page: Page, dashboard: Dashboard, width: int, scheme: str, pictures: Path
) -> None:
    """And is pictured: one visit, since these are many."""
    violations = {}
    for name in opened(page, dashboard):
        page.screenshot(path=pictures / f"{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.evaluate(AXE)
        if found := page.evaluate(FIND_VIOLATIONS):
            violations[name] = found
    assert not violations, f"at {width} px, {scheme}: {json.dumps(violations, indent=1)}"


def test_nothing_jumps_while_a_page_fills_nor_after(page: Page, dashboard: Dashboard, width: int) -> None:
    page.add_init_script(NOTE_SHIFTS)
    unsteady = {}
    for name in opened(page, dashboard):
        if name != "docs":
            other_numbers_come(page)
        if shifts := shifts_of(page):
            unsteady[name] = shifts
    assert not unsteady, f"at {width} px: {json.dumps(unsteady, indent=1)}"


def test_nothing_jumps_when_the_title_of_a_song_takes_many_lines(page: Page, dashboard: Dashboard, width: int) -> None:
    songs = dashboard.worker.get("ranking_by", by="song_title", limit=1000)["data"]
    longest = max(songs, key=lambda song: len(song["song_title"]))
    page.add_init_script(NOTE_SHIFTS)
    sign_in(page, dashboard, f"/song?song_id={longest['song_id']}")
    assert page.evaluate(LINES_OF_THE_TITLE) >= 2
    other_numbers_come(page)
    assert shifts_of(page) == []


def test_scripts_and_styles_of_all_pages_together_are_light_on_the_wire(page: Page, dashboard: Dashboard) -> None:
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request))  # noqa: PLW0108  (Playwright cannot take a list's own method)
    for _ in opened(page, dashboard):
        pass
    weights: dict[str, int] = {}
    for request in asked:
        if request.url.endswith((".js", ".mjs", ".css")):
            weights[request.url] = max(request.sizes()["responseBodySize"], weights.get(request.url, 0))  # 0 of what the browser has
    assert len(weights) > 50
    assert all(weights.values()), weights
    assert sum(weights.values()) < LIGHT_BYTES


def test_no_module_is_asked_for_only_when_another_has_come(page: Page, dashboard: Dashboard) -> None:
    for name in opened(page, dashboard):
        asked_by_scripts = "performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'script').map((e) => e.name)"
        own = "docs.js" if name == "docs" else "main.js"
        asked = {url.removeprefix(f"{dashboard.url}/static/") for url in page.evaluate(asked_by_scripts)}
        assert asked - LATER == {"theme.js", own}
