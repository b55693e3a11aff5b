"""Page: how a route is added to Faust's web server, with the types that it has on aiohttp."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from web.files import STATIC
from web.modules import imported_by

# Faust's views take and give its own request and response protocols; on its aiohttp driver those are aiohttp's.
View = Callable[..., Awaitable[web.StreamResponse]]
Page = Callable[[str], Callable[[View], Any]]

_SCRIPT = re.compile(r'<script type="module" src="/static/(?P<name>[^"]+)">')

DASHBOARD = ("/", "/ranking", "/artist", "/album", "/song", "/country", "/health")
"""Where the dashboard's one document is served; `static/route.js` makes a page of each."""


def json_response(body: Any) -> web.Response:
    """Return *body* as JSON."""
    return web.Response(body=orjson.dumps(body), content_type="application/json", charset="utf-8")


def shell(name: str, currency: str) -> str:
    """Return the HTML file *name* of `static`, with the *currency* (ISO 4217) that its scripts write income in.

    All modules that its script imports stand in it: a browser else finds them only level by level, a round trip for each.
    """
    html = (STATIC / name).read_text().replace("<html ", f'<html data-currency="{currency}" ', 1)
    return _SCRIPT.sub(lambda script: "".join([*_preloads(STATIC / script["name"]), script[0]]), html, count=1)


def _preloads(script: Path) -> Iterator[str]:
    for module in imported_by(script):
        yield f'<link rel="modulepreload" href="/static/{module.relative_to(STATIC).as_posix()}">\n  '
