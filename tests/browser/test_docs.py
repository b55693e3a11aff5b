"""Claims about the page of the API, in a real Chromium with the real server behind it."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import phase
from tests.browser.conftest import Dashboard
from tests.browser.troubles import Troubles
from web.endpoints import ENDPOINTS, RANKING, TOTALS


def sign_in(page: Page, dashboard: Dashboard) -> None:
    page.goto(f"{dashboard.url}/docs#token={dashboard.token}")
    phase(page, "ready")
    assert dashboard.token not in page.url


def run(page: Page, endpoint: str) -> str:
    """Run the example of *endpoint*; return what is shown of its answer."""
    example = page.locator(f"#run-{endpoint}")
    with page.expect_response("**/v0/pipes/**"):
        example.get_by_role("button", name="Run").click()
    expect(example.get_by_role("status")).to_contain_text("Answered")
    return example.get_by_role("region", name="The answer").inner_text()


def test_without_a_token_it_asks_for_one_and_then_shows_the_endpoints(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(401)
    page.goto(f"{dashboard.url}/docs")
    phase(page, "token")
    expect(page.get_by_text("ranking_by")).to_have_count(0)
    page.get_by_label("Token", exact=True).fill(dashboard.token)
    page.keyboard.press("Enter")
    phase(page, "ready")


def test_every_endpoint_is_there_with_its_parameters_columns_and_errors(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    for endpoint in ENDPOINTS:
        section = page.get_by_role("region", name=endpoint.name, exact=True)
        expect(section.get_by_text(endpoint.about)).to_be_visible()
        assert section.locator(".field-name").all_inner_texts() == [parameter.name for parameter in endpoint.params]
        columns = section.locator(".columns th code").all_inner_texts()
        assert columns == [column.name for column in (*endpoint.asked, *endpoint.row)]
        assert "400" in section.locator(".errors").inner_text()
        expect(page.get_by_role("navigation").get_by_role("link", name=endpoint.name, exact=True)).to_be_visible()


def test_an_example_runs_and_shows_the_live_answer(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    (totals,) = json.loads(run(page, TOTALS.name))["data"]
    assert 0 < totals["plays"] <= dashboard.worker.get("totals")["data"][0]["plays"]


def test_what_is_filled_in_is_what_is_asked(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    section = page.get_by_role("region", name=RANKING.name, exact=True)
    section.get_by_role("checkbox", name="country").check()
    section.get_by_role("checkbox", name="artist", exact=True).uncheck()
    section.get_by_role("textbox", name="country", exact=True).fill("ES")
    section.get_by_role("button", name="Another value of country").click()
    section.get_by_role("textbox", name="country, another value").fill("united kingdom")
    section.get_by_role("textbox", name="limit").fill("1")
    section.get_by_role("radio", name="ndjson").check()
    expect(section.locator(".address")).to_have_text("GET /v0/pipes/ranking_by.ndjson?by=country&country=ES&country=united+kingdom&limit=1")
    (line,) = run(page, RANKING.name).splitlines()
    assert json.loads(line)["country"] in ("ES", "GB")


def test_a_value_that_is_not_allowed_shows_the_problem(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(400)
    sign_in(page, dashboard)
    section = page.get_by_role("region", name=RANKING.name, exact=True)
    section.get_by_role("textbox", name="days", exact=True).fill("all")
    page.keyboard.press("Enter")
    expect(section.locator(".answer")).to_have_attribute("data-status", "400")
    expect(section.get_by_role("region", name="The answer")).to_contain_text("days is 'all'; allowed: a whole number from 1 to 36500")


def copied(page: Page, dashboard: Dashboard, language: str, kind: str) -> str:
    """Fill in an example, copy it, and return what the clipboard holds."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=dashboard.url)
    sign_in(page, dashboard)
    section = page.get_by_role("region", name=RANKING.name, exact=True)
    section.get_by_role("textbox", name="artist", exact=True).fill('it\'s "ñ" \\ & co')
    section.get_by_role("radio", name=language).check()
    section.get_by_role("radio", name=kind, exact=True).check()
    section.get_by_role("button", name="Copy").click()
    expect(section.get_by_role("button", name="Copied")).to_be_visible()
    code: str = page.evaluate("navigator.clipboard.readText()")
    assert dashboard.token not in code
    return code


@pytest.mark.parametrize("kind", ["json", "csv", "ndjson", "parquet"])
@pytest.mark.parametrize("language", ["curl", "Python"])
def test_what_is_copied_runs_as_it_is(page: Page, dashboard: Dashboard, tmp_path: Path, language: str, kind: str) -> None:
    if language == "curl" and not shutil.which("curl"):
        pytest.skip("no curl here to run it with")
    code = copied(page, dashboard, language, kind)
    command = [sys.executable, "-c", code] if language == "Python" else ["sh", "-c", code]
    environment = {**os.environ, "A360_TOKEN": dashboard.token, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    if kind == "parquet":
        assert (tmp_path / "ranking_by.parquet").read_bytes().startswith(b"PAR1")
    elif language == "Python":
        assert done.stdout == "[]\n"
    elif kind == "json":
        assert json.loads(done.stdout)["data"] == []
    else:
        assert len(list(csv.reader(done.stdout.splitlines()))) == (1 if kind == "csv" else 0)


def test_a_token_that_is_gone_is_asked_for_again(page: Page, dashboard: Dashboard, troubles: Troubles) -> None:
    troubles.expected_statuses.add(401)
    sign_in(page, dashboard)
    page.context.clear_cookies()
    page.locator("#run-totals").get_by_role("button", name="Run").click()
    phase(page, "token")


def test_a_link_to_an_endpoint_opens_at_it(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.goto(f"{dashboard.url}/docs#facts")
    page.reload()
    phase(page, "ready")
    expect(page.get_by_role("heading", name="facts")).to_be_in_viewport()


def test_everything_can_be_reached_with_the_keyboard(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.get_by_role("group", name="by").get_by_role("checkbox", name="artist").focus()
    page.keyboard.press("Space")  # artist off
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # song_title on
    page.keyboard.press("Tab")
    expect(page.locator("#run-ranking_by .address")).to_contain_text("?by=song_title")
    section = page.get_by_role("region", name=RANKING.name, exact=True)
    section.get_by_role("textbox", name="limit").focus()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    expect(page.locator("#run-ranking_by").get_by_role("status")).to_contain_text("Answered with 200")
    unnamed = "[...document.querySelectorAll('input, button, a')].filter((e) => !(e.labels?.length || e.ariaLabel || e.textContent.trim()))"
    assert page.evaluate(f"{unnamed}.map((e) => e.outerHTML)") == []
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(({id}) => id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(page: Page, dashboard: Dashboard, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, dashboard)
    run(page, "facts")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_looks_like_the_dashboard_it_belongs_to(page: Page, dashboard: Dashboard) -> None:
    sign_in(page, dashboard)
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("link", name="Artist 360, home").click()
    phase(page, "live")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="API docs").click()
    phase(page, "ready")
