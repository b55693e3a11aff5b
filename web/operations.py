"""Operations: what the people and programs ask that run a server: is it alive, is it ready, how does it stand."""

from typing import Any

from aiohttp import web

from web.hub import Hub
from web.metrics import CONTENT_TYPE, Instruments, Standing, StreamFigures, exposition
from web.page import Page, json_response
from web.problems import not_ready
from web.reader import Reader


def add_operations(page: Page, reader: Reader, hub: Hub, instruments: Instruments) -> None:
    """Add `/metrics`, `/livez` and `/readyz`."""

    @page("/metrics")
    async def metrics(_view: Any, _request: web.Request) -> web.Response:
        """Say how the server stands, ready or not."""
        standing = Standing(
            reader.figures(),
            StreamFigures(hub.streams, hub.asked),
            ready=not reader.reason_unready(),
            as_of=reader.freshness.as_of,
        )
        return web.Response(body=exposition(standing, instruments), headers={"Content-Type": CONTENT_TYPE})

    @page("/livez")
    async def livez(_view: Any, _request: web.Request) -> web.Response:
        """Say that the process answers."""
        return json_response({"status": "alive"})

    @page("/readyz")
    async def readyz(_view: Any, _request: web.Request) -> web.Response:
        """Say whether the numbers are complete, and why not."""
        if reason := reader.reason_unready():
            raise not_ready(reason)
        return json_response({"status": "ready"})
