"""CORS: lets pages of other sites ask the API, if their origins are set: with a token, never with the dashboard's cookie."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from web.guard import HEADERS

ANY_ORIGIN = "*"
API = ("/v0/", "/live", "/openapi.json")
"""What paths may begin with; the dashboard and its session are for its own pages only."""
PREFLIGHT = {
    **HEADERS,  # answered before the guard, which writes them into everything else
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Authorization, If-None-Match, Last-Event-ID, X-Request-Id",
    hdrs.ACCESS_CONTROL_MAX_AGE: "600",
}
EXPOSED = "ETag, Retry-After, X-As-Of, X-Request-Id, X-Watermarks"
CORS = web.RequestKey("cors", dict)
"""Where a request carries the headers that let the page which sent it read the answer."""


def cors_middleware(origins: str | None) -> Middleware:
    """Return the middleware, for before the guard: a browser asks without a token whether it may ask with one.

    *origins* are comma-separated, `*` is any of them; None: no page of another site may ask.
    """
    allowed = frozenset(origins.split(",")) if origins else frozenset[str]()

    @web.middleware
    async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
        if headers := _headers(request.headers.get(hdrs.ORIGIN), allowed if request.path.startswith(API) else frozenset()):
            request[CORS] = headers
            if request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers:
                return web.Response(status=204, headers=PREFLIGHT)
        return await handler(request)

    return cors


def allow_reading(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Write into *response*, before its headers go, that the page which sent *request* may read it."""
    for name, value in request.get(CORS, {}).items():
        response.headers.add(name, value)


def _headers(origin: str | None, allowed: frozenset[str]) -> dict[str, str]:
    if origin is None or not allowed & {ANY_ORIGIN, origin}:
        return {}
    if ANY_ORIGIN in allowed:
        return {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: ANY_ORIGIN, hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: EXPOSED}
    return {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin, hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: EXPOSED, hdrs.VARY: hdrs.ORIGIN}
