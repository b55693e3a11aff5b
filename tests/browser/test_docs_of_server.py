"""Claims about what the page of the API shows beside the endpoints, in a real Chromium with the real server behind it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.broker.waiting import until
from tests.browser.conftest import Dashboard
from tests.browser.test_docs import sign_in
from tests.browser.troubles import Troubles
from web.endpoints import ENDPOINTS
from web.openapi_parts import FAILURES
from web.openapi_paths import server_paths

OPERATIONS = [
    (f"{method.upper()} {own.path}", [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"])
    for own in server_paths(ENDPOINTS)
    for method, operation in own.item.items()
]
STREAM_SECONDS = 3
ENDED_BY_TIME = 28
"""What curl exits with when it was told how long."""


def section(page: Page, operation: str) -> Locator:
    return page.get_by_role("region", name=operation, exact=True)


def code_of(page: Page, operation: str) -> str:
    """Return what there is to copy."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    section(page, operation).get_by_role("button", name="Copy").click()
    expect(section(page, operation).get_by_role("button", name="Copied")).to_be_visible()
    code: str = page.evaluate("navigator.clipboard.readText()")
    return code


def shell(code: str, dashboard: Dashboard, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run *code* as a reader does who has put the token into the variable."""
    if not shutil.which("curl"):
        pytest.skip("no curl here to run it with")
    environment = {**os.environ, "A360_TOKEN": dashboard.token}
    command = ["sh", "-c", code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_every_path_of_the_server_is_there_with_its_parameters_and_errors(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    for operation, parameters in OPERATIONS:
        assert section(page, operation).locator(".field-name").all_inner_texts() == parameters, operation
        assert "408" in section(page, operation).locator(".errors").inner_text()
        expect(section(page, operation).get_by_role("button", name="Run")).to_have_count(1 if operation.startswith("GET ") else 0)
    listed = page.get_by_role("region", name="Errors", exact=True).locator("dt").all_inner_texts()
    assert listed == [*map(str, sorted(FAILURES)), "other"]


@pytest.mark.parametrize("operation", [operation for operation, _ in OPERATIONS if operation != "GET /live"])
def test_what_is_copied_of_a_path_runs_as_it_is(page: Page, dashboard: Dashboard, tmp_path: Path, operation: str) -> None:
    sign_in(page, dashboard)
    code = code_of(page, operation)
    assert dashboard.token not in code
    done = shell(code.replace("curl ", "curl --fail -sS ", 1), dashboard, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert ("Set-Cookie: artist360=" in done.stdout) == (operation in ("POST /session", "DELETE /session"))


def test_the_stream_that_is_copied_brings_what_was_filled_in(page: Page, dashboard: Dashboard, tmp_path: Path) -> None:
    sign_in(page, dashboard)
    live = section(page, "GET /live")
    expect(live.get_by_role("textbox", name="subscriptions", exact=True)).to_have_value("top=ranking_by?by=artist&limit=10")
    live.get_by_role("button", name="Another value of subscriptions").click()
    live.get_by_role("textbox", name="subscriptions, another value").last.fill("its=totals?song=it's %26 co")
    code = code_of(page, "GET /live")
    assert code.startswith("curl -N ")
    assert "  --data-urlencode 'top=ranking_by?by=artist&limit=10'" in code
    done = shell(code.replace("curl ", f"curl -sS --max-time {STREAM_SECONDS} ", 1), dashboard, tmp_path)
    assert done.returncode == ENDED_BY_TIME, done.stderr
    events = [line for line in done.stdout.splitlines() if line.startswith("event: ")]
    assert {"event: top", "event: now", "event: its", "event: as_of"} <= set(events)


def test_a_stream_that_is_run_shows_its_first_events_and_is_closed(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    live = section(page, "GET /live")
    with page.expect_request("**/live?*") as asked:
        live.get_by_role("button", name="Run").click()
    assert asked.value.url.endswith("/live?top=ranking_by%3Fby%3Dartist%26limit%3D10&now=evolution_per_second%3Fseconds%3D10")
    expect(live.get_by_role("status")).to_contain_text("Answered with 200")
    shown = live.get_by_role("region", name="The answer").inner_text()
    assert shown.startswith("retry: ")
    assert {"event: top", "event: now", "event: as_of"} <= set(shown.splitlines())
    expect(live.get_by_role("link", name="Download")).to_have_count(0)
    until(lambda: "artist360_streams 0.0" in dashboard.worker.download("/metrics")[0].decode(), "the server has seen the stream end")


def test_a_subscription_that_is_none_shows_the_problem(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(400)
    sign_in(page, dashboard)
    live = section(page, "GET /live")
    live.get_by_role("textbox", name="subscriptions", exact=True).fill("top=charts")
    page.keyboard.press("Enter")
    expect(live.locator(".answer")).to_have_attribute("data-status", "400")
    expect(live.get_by_role("region", name="The answer")).to_contain_text("top asks for 'charts', which is not an endpoint")


def test_the_limit_of_the_rejected_is_filled_in_and_run(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    rejected = section(page, "GET /v0/rejected.json")
    rejected.get_by_role("textbox", name="limit").fill("2")
    page.keyboard.press("Enter")
    expect(rejected.locator(".address")).to_have_text("GET /v0/rejected.json?limit=2")
    expect(rejected.get_by_role("region", name="The answer")).to_contain_text('"rows": 2')


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_the_server_is_wider_than_its_place(
    page: Page, dashboard: Dashboard, request: pytest.FixtureRequest, tmp_path: Path, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, dashboard)
    live = section(page, "GET /live")
    live.get_by_role("button", name="Run").click()
    expect(live.get_by_role("status")).to_contain_text("Answered with 200")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('#server *')].filter((e) => !e.closest('pre, .sr') && e.getBoundingClientRect().right > innerWidth)"
    )
    assert page.evaluate(f"{wide}.map((e) => e.outerHTML.slice(0, 120))") == []
    folder = Path(request.config.getoption("--screenshots") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    page.locator("#server").screenshot(path=folder / f"docs-server-{width}-{scheme}.png")
