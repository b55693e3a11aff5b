"""Page: how a route is added to Faust's web server, with the types that it has on aiohttp."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from web.files import STATIC

# Faust's views take and give its own request and response protocols; on its aiohttp driver those are aiohttp's.
View = Callable[..., Awaitable[web.StreamResponse]]
Page = Callable[[str], Callable[[View], Any]]

DASHBOARD = ("/", "/ranking", "/artist", "/album", "/song", "/country", "/health")
"""Where the dashboard's one document is served; `static/route.js` makes a page of each."""


def json_response(body: Any) -> web.Response:
    """Return *body* as JSON."""
    return web.Response(body=orjson.dumps(body), content_type="application/json", charset="utf-8")


def shell(name: str, currency: str) -> str:
    """Return the HTML file *name* of `static`, with the *currency* (ISO 4217) that its scripts write income in."""
    return (STATIC / name).read_text().replace("<html ", f'<html data-currency="{currency}" ', 1)
