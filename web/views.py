"""Views: the routes, as Faust's web views, each family in its own module."""

from typing import Any, NamedTuple

import faust
from aiohttp import web

from web.docs import add_docs
from web.files import STATIC
from web.guard import Guard
from web.hub import Hub
from web.live import add_live
from web.metrics import Instruments
from web.operations import add_operations
from web.page import DASHBOARD, Page, shell
from web.pipes import add_pipes
from web.reader import Reader
from web.rejected import ReadRejected, add_rejected
from web.sessions import add_session


class Backend(NamedTuple):
    """What the views show."""

    reader: Reader
    hub: Hub
    guard: Guard
    instruments: Instruments
    rejected: ReadRejected
    currency: str
    """ISO 4217; what income is in."""


def add_views(app: faust.App, backend: Backend) -> None:
    """Add every route to *app*."""
    page: Page = app.page  # type: ignore[assignment]  # see Page
    add_pipes(page, backend.reader)
    add_live(page, backend.hub)
    add_operations(page, backend.reader, backend.hub, backend.instruments)
    add_rejected(page, backend.reader, backend.rejected)
    add_session(app, backend.guard)
    add_docs(page, backend.currency)
    index = shell("index.html", backend.currency)

    async def dashboard(_view: Any, _request: web.Request) -> web.Response:
        """Serve the dashboard, whichever of its pages; which one that is, its script reads from the address."""
        return web.Response(text=index, content_type="text/html")

    for path in DASHBOARD:
        page(path)(dashboard)

    app.web.add_static("/static/", STATIC)
