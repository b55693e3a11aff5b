"""Access: around every request, whatever comes of it: its id, its line in the log, its time in the histogram."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web

from web.cors import allow_reading
from web.guard import GRANT, HEADERS
from web.metrics import Instruments
from web.problems import Problem, from_http
from web.request_ids import HEADER, begin_request, loggable, request_id

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Those that metrics tell apart: a client may make up others without end."""
NOWHERE = "none"
"""The route of what has none."""
LEFT = 499
"""Logged for a client that was gone before its answer; nginx's number."""


class Begun(NamedTuple):
    """An answer whose headers have gone."""

    status: int
    at: float
    """When they went, by `time.perf_counter`."""


BEGUN = web.RequestKey("begun", Begun)
"""Where a request has it while its handler still runs: that of a stream only."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Access:
    """Logs at one level; the histogram has everything."""

    def __init__(self, level: int, instruments: Instruments) -> None:
        """Log each request at *level*."""
        self._level, self._seconds = level, instruments.requests

    def around(self, handler: Handler) -> Handler:
        """Return *handler*, told of."""

        async def answered(request: web.BaseRequest) -> web.StreamResponse:
            begin_request(request.headers.get(HEADER))
            begun = time.perf_counter()
            try:
                response = await handler(request)
            except web.HTTPException as error:  # aiohttp's own, before its middlewares: an Expect that it does not know
                response = _complete(from_http(error, request.path))
            except asyncio.CancelledError:
                self._tell(request, _route(request), LEFT, begun)  # of a stream that had begun it is how most end
                raise
            self._tell(request, _route(request), response.status, begun)
            return response

        return answered

    def unroutable(self, request: web.BaseRequest, problem: Problem) -> web.Response:
        """Return the document of *problem* for what never came to a route, told of like any answer."""
        if not request_id():
            begin_request(None)
        self._tell(request, NOWHERE, problem.status, time.perf_counter())
        return _complete(problem)

    def _tell(self, request: web.BaseRequest, route: str, status: int, begun: float) -> None:
        """Tell of what *begun* then and has its answer now, or had the beginning of it: a stream's comes long before its end."""
        now = time.perf_counter()
        streamed = request.get(BEGUN)
        seconds = (streamed.at if streamed else now) - begun
        if streamed:
            status = streamed.status
        method = request.method if request.method in METHODS else "other"
        self._seconds.labels(route, method, f"{status // 100}xx").observe(seconds)
        if log.isEnabledFor(self._level):
            grant = request.get(GRANT)
            told = {
                "request": request_id(),
                "method": request.method,
                "path": loggable(request.path),  # without the query: it may hold a token
                "status": status,
                "ms": round(seconds * 1000, 1),
                "token": grant.id if grant else None,
                **({"open_seconds": round(now - begun, 3)} if streamed else {}),
            }
            log.log(self._level, "request", extra={"data": told})


async def begin_answer(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Write its request's id, and who may read it, into an answer before its headers go, and note when: for `on_response_prepare`."""
    response.headers[HEADER] = request_id()
    allow_reading(request, response)
    request[BEGUN] = Begun(response.status, time.perf_counter())


def _complete(problem: Problem) -> web.Response:
    """Return an error from outside the guard, as the guard would have sent it."""
    response = problem.response()
    response.headers.update(HEADERS)
    response.headers[HEADER] = request_id()
    return response


def _route(request: web.BaseRequest) -> str:
    """Return the route's template, once the router has looked for it."""
    resource = request.match_info.route.resource if isinstance(request, web.Request) else None
    return resource.canonical if resource else NOWHERE
