"""Views: the routes, as Faust's web views, each family in its own module."""

from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import faust
from aiohttp import web
from faust.web.drivers.aiohttp import Web as AiohttpWeb

from web.docs import add_docs
from web.guard import Guard
from web.operations import add_operations
from web.page import Page, shell
from web.pipes import add_pipes
from web.reader import Reader
from web.sessions import add_session

STOP_SECONDS = 5.0
LINE_BYTES = 1 << 16
"""Of a request line or a header: a filter takes a hundred values of 200 characters, more than the 8190 bytes that are usual."""


class Server(AiohttpWeb):
    """Faust's web server without its own index at `/`, that stops without waiting a minute for open requests."""

    production_blueprints = []  # noqa: RUF012  (Faust's declaration)

    def __init__(self, app: faust.App, **kwargs: Any) -> None:
        """Serve *app*."""
        super().__init__(app, **kwargs)
        self._runner = web.AppRunner(self.web_app, access_log=None, shutdown_timeout=STOP_SECONDS, max_line_size=LINE_BYTES)


class Backend(NamedTuple):
    """What the views show."""

    reader: Reader
    guard: Guard
    currency: str
    """ISO 4217; what income is in."""


def add_views(app: faust.App, backend: Backend) -> None:
    """Add every route to *app*."""
    page: Page = app.page  # type: ignore[assignment]  # see Page
    add_pipes(page, backend.reader)
    add_operations(page, backend.reader)
    add_session(app, backend.guard)
    add_docs(page, backend.currency)
    static = Path(str(files("web").joinpath("static")))
    index = shell("index.html", backend.currency)

    @page("/")
    async def home(_view: Any, _request: web.Request) -> web.Response:
        """Serve the dashboard."""
        return web.Response(text=index, content_type="text/html")

    app.web.add_static("/static/", static)
