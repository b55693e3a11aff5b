"""Parts: one part of a page, shown by itself on a page as strict as the real ones; and what the API says of it."""

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import Page

from tests.browser.conftest import Dashboard
from web.guard import HEADERS

STYLES = ("theme", "page", "cards", "search", "graph", "actions", "health", "vendor/uplot")
NO_FRAMES = "window.requestAnimationFrame = () => 0; window.setTimeout = () => 0;"
"""As on a machine that has no time for the page: nothing comes of what waits for the next frame."""


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
