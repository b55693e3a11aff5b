"""Claims about the page of the counting's health: its figures are the API's, and what was rejected is what the command lists."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.rejected import newest_rejected
from app.rejected_format import summary
from tests.broker.waiting import until
from tests.browser.acts import problem
from tests.browser.conftest import Dashboard
from tests.browser.parts import ask, show
from tests.browser.troubles import Troubles

REJECTED = "**/v0/rejected.json?*"


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
