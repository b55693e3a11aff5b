"""The guard: one middleware before every route. What is not listed as public needs a token; every error is a problem document."""

import hmac
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from web.grants import EVERYTHING, Grant
from web.problems import Problem, from_http, unauthorized

log = logging.getLogger(__name__)

COOKIE = "artist360"
GRANT = web.RequestKey("grant", Grant)
"""Where a request carries what its token opens."""
PUBLIC = ("/", "/livez", "/readyz", "/session")
PUBLIC_PREFIX = "/static/"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """Knows the one token."""

    def __init__(self, token: str) -> None:
        """Let in who shows *token*."""
        self._token = token.encode()
        self._grant = Grant(token.split("_")[1], frozenset({EVERYTHING}))

    def knows(self, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(token.encode(errors="replace"), self._token)

    def middleware(self) -> Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]:
        """Return the middleware for aiohttp."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                self._admit(request)
                response = await handler(request)
            except Problem as problem:
                response = problem.response()
            except web.HTTPException as error:
                response = from_http(error, request.path).response()
            except Exception:
                log.exception("answering %s failed", request.path)  # never the query: it may hold a token
                response = Problem(500, "Internal error", "the server failed at this request and has logged why").response()
            response.headers.update({name: value for name, value in HEADERS.items() if name not in response.headers})
            return response

        return guard

    def _admit(self, request: web.Request) -> None:
        if request.path in PUBLIC or request.path.startswith(PUBLIC_PREFIX):
            return
        given = _token_of(request)
        if given is None:
            raise unauthorized("send the token as `Authorization: Bearer …`; it stands in admin.token in the data directory")
        if not self.knows(given):
            raise unauthorized("this token is not known here; the one that is stands in admin.token in the data directory")
        request[GRANT] = self._grant


def _token_of(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.query.get("token") or request.cookies.get(COOKIE)
