"""Acts: what a reader does with the dashboard, and what is to be seen then."""

import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Dashboard
from tests.events import Follower

LIVE = "**/live?*"


def phase(page: Page, name: str) -> None:
    expect(page.locator(f"main[data-phase={name}]")).to_be_visible(timeout=20_000)


def sign_in(page: Page, dashboard: Dashboard, path: str = "/") -> None:
    """Open a page as the printed address does, and wait for its numbers."""
    page.goto(f"{dashboard.url}{path}#token={dashboard.token}")
    settled(page)


def settled(page: Page) -> None:
    """Wait until everything that the page asked for is there."""
    phase(page, "live")
    expect(page.locator("main .bone, main [aria-busy=true]")).to_have_count(0, timeout=20_000)


def on(page: Page, name: str) -> None:
    expect(page.locator(f"main[data-page={name}]")).to_be_visible()
    settled(page)


def radio(page: Page, group: str, name: str) -> Locator:
    return page.get_by_role("group", name=group).get_by_role("radio", name=name, exact=True)


def past() -> dict[str, str]:
    """Return a span of days whose plays do not grow while a test looks at them."""
    today = datetime.now(UTC).date()
    return {"date_from": str(today - timedelta(days=20)), "date_to": str(today - timedelta(days=2))}


def figure(page: Page, name: str) -> float:
    """Return the exact value behind a figure."""
    return float(page.locator(f"[data-figure={name}]").get_attribute("data-exact") or "nan")


def first_turn(dashboard: Dashboard, url: str) -> list[str]:
    """Return the lines of the real stream at *url* until its first turn is closed."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {dashboard.token}"})  # noqa: S310 - http to ourselves
    lines: list[str] = []
    with urllib.request.urlopen(request) as stream:  # noqa: S310
        while lines[-3:-2] != ["event: as_of"]:
            lines.append(stream.readline().decode().removesuffix("\n"))
    return lines


def freeze(page: Page, dashboard: Dashboard, bend: Callable[[str], str] = str) -> Follower:
    """Let each page get the first turn of its stream and no more, whenever it asks, each line as *bend* makes it.

    Return what it was told last.
    """
    said = Follower()
    turns: dict[str, list[str]] = {}

    def answer(route: Route) -> None:
        url = route.request.url
        if url not in turns:
            turns[url] = [bend(line) for line in first_turn(dashboard, url)]
        lines = turns[url]
        for line in lines:
            said.take(line)
        route.fulfill(body="\n".join(lines) + "\n", content_type="text/event-stream")

    page.route(LIVE, answer)
    return said


def open_anew(page: Page) -> None:
    """Let the page open its stream anew, as after it was hidden."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def problem(status: int, detail: str) -> Callable[[Route], None]:
    """Return a route's handler that answers with a problem document."""
    body = {"type": "about:blank", "title": "A problem", "status": status, "detail": detail}
    return lambda route: route.fulfill(status=status, json=body, content_type="application/problem+json")
