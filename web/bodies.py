"""Bodies: what comes with a request is read before its view, if it is small and comes soon."""

import asyncio

from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from web.problems import Problem, bad_request


def body_middleware(seconds: float) -> Middleware:
    """Return a middleware, for behind the guard, that has each body wholly after *seconds*, or refuses it.

    aiohttp's `client_max_size` says how large it may be.
    """

    @web.middleware
    async def read_body(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.can_read_body:
            if (coding := request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower()) != "identity":
                detail = f"{hdrs.CONTENT_ENCODING} is {coding[:60]!r}; a body comes as it is, without one"
                raise Problem(415, "Coding not taken", detail, {hdrs.ACCEPT_ENCODING: "identity"})
            try:
                async with asyncio.timeout(seconds):
                    await request.read()  # the view's own reading finds it there
            except TimeoutError as error:
                raise Problem(408, "Body too slow", f"the body was not there after {seconds:g} s: send it at once") from error
            except (web.RequestPayloadError, HttpProcessingError) as error:
                raise bad_request("the body breaks off, or its chunks are not as HTTP has them: send it anew") from error
        return await handler(request)

    return read_body
