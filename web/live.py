"""Live: one stream of server-sent events that carries whatever endpoints a page subscribes to; docs/live.md is its protocol."""

from typing import Any

from aiohttp import web

from web.guard import GRANT, HEADERS
from web.hub import Hub
from web.page import Page
from web.subscriptions import read_subscriptions

STREAM_HEADERS = {
    **HEADERS,  # the guard's come too late: a stream's go out before its first event
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would gather events
}


def add_live(page: Page, hub: Hub) -> None:
    """Add `/live`."""

    @page("/live")
    async def live(_view: Any, request: web.Request) -> web.StreamResponse:
        """Stream what the query asks for; a HEAD gets its headers."""
        grant = request[GRANT]
        asked = read_subscriptions(list(request.query.items()), grant)
        if request.method == "HEAD":
            return web.Response(headers=STREAM_HEADERS)
        response = web.StreamResponse(headers=STREAM_HEADERS)
        with hub.listening(request, grant, asked) as stream:
            await response.prepare(request)
            await stream.write_out(response)
        return response
