"""Bodies: what comes with a request is read before its view, if it is small and comes soon."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from web.problems import Problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def body_middleware(seconds: float) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
    """Return a middleware, for behind the guard, that has each body wholly after *seconds*, or refuses it.

    aiohttp's `client_max_size` says how large it may be.
    """

    @web.middleware
    async def read_body(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.can_read_body:
            try:
                async with asyncio.timeout(seconds):
                    await request.read()  # the view's own reading finds it there
            except TimeoutError as error:
                raise Problem(408, "Body too slow", f"the body was not there after {seconds:g} s: send it at once") from error
        return await handler(request)

    return read_body
