"""Files: the page's own. Sent so that the limits hold for them, and a missing one is a problem document like anything that is missing."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

from aiohttp import web

STATIC = Path(str(files("web").joinpath("static")))

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refuse_missing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a missing file be an error for the guard: aiohttp finds out only after its middlewares, and sends nothing but a status."""
    response = await handler(request)
    if isinstance(response, web.FileResponse) and not (STATIC / request.match_info["filename"]).is_file():
        raise web.HTTPNotFound
    return response


async def send_as_bytes(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Keep files from being sent by the kernel, where no stall is seen: for aiohttp's signal before an answer's headers go."""
    if isinstance(response, web.FileResponse):
        response.enable_compression(web.ContentCoding.identity)  # no compression, and no sendfile
