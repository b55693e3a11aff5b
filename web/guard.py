"""The guard: one middleware before every route. What is not public needs a token that opens it; every error is a problem document."""

import logging
import time
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from web import cookies
from web.cookies import Cookies
from web.grants import Grant
from web.paces import Paces
from web.problems import Problem, forbidden, from_http, internal_error, not_ready, too_many, unauthorized
from web.request_ids import loggable, request_id
from web.scopes import PUBLIC, ROUTES, needed
from web.tokens import Refused, Tokens

log = logging.getLogger(__name__)

GRANT = web.RequestKey("grant", Grant)
"""Where a request carries what its token opens."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Server": "Artist 360",
}


class Guard:
    """Knows the tokens, what each route needs of them, and how often each may ask."""

    def __init__(self, tokens: Tokens, seals: Cookies, routes: Mapping[str, str | None] = ROUTES) -> None:
        """Let in whom *tokens* and *seals* know, to *routes* and to what is public; see `web.scopes`."""
        self._tokens, self._cookies, self._routes = tokens, seals, routes
        self._paces = Paces()

    def middleware(self) -> Middleware:
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
                log.exception("answering %r failed", loggable(request.path), extra={"data": {"request": request_id()}})
                response = internal_error().response()
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)  # what the view says itself stands
            return response

        return guard

    def grant_of(self, request: web.Request) -> Grant:
        """Return what the token or the cookie of *request* opens.

        Raises:
            Problem: there is none, or it is good for nothing now.
        """
        if token := _token_of(request):
            return self.open(token)
        cookie = cookies.value_of(request.headers.getall("Cookie", []))
        if cookie is None:
            raise unauthorized("send the token as `Authorization: Bearer …`; it stands in admin.token in the data directory")
        token_id = self._cookies.id_of(cookie, time.time())
        if token_id is None:
            raise unauthorized("this session is over: sign in with the token again")
        return self._paced(self.reopen(token_id))

    def open(self, token: str) -> Grant:
        """Return what *token* opens.

        Raises:
            Problem: nothing now, or it is shown too often.
        """
        try:
            return self._paced(self._tokens.open(token, time.time()))
        except Refused as error:
            raise self._problem(error) from error

    def reopen(self, token_id: str) -> Grant:
        """Return what the token *token_id*, whose secret was shown before, opens now: whoever answers for long asks again.

        Raises:
            Problem: nothing any more.
        """
        try:
            return self._tokens.reopen(token_id, time.time())
        except Refused as error:
            raise self._problem(error) from error

    def still_opens(self, grant: Grant) -> bool:
        """Say whether the token of *grant* opens anything now."""
        try:
            self.reopen(grant.id)
        except Problem:
            return False
        return True

    def cookie_for(self, grant: Grant) -> str:
        """Return a cookie that stands for the token of *grant*."""
        return self._cookies.make(grant.id, time.time())

    def _problem(self, refused: Refused) -> Problem:
        return unauthorized(str(refused)) if self._tokens.complete else not_ready("the tokens are still being read")

    def _paced(self, grant: Grant) -> Grant:
        if wait := self._paces.wait(grant, time.monotonic()):
            raise too_many(f"this token may ask {grant.rps:g} times a second: wait, or have one made that may more often", wait)
        return grant

    def _admit(self, request: web.Request) -> None:
        resource = request.match_info.route.resource  # what the router found, so that no spelling of a path goes around this
        route = resource.canonical if resource else None
        if route in PUBLIC:
            return
        grant = request[GRANT] = self.grant_of(request)
        if route is None:
            return  # there is nothing, or not by this method: said to who has a token
        if route not in self._routes:
            raise forbidden(f"{route} is open to no token: web/scopes.py does not list it")
        if scope := needed(self._routes[route], request.match_info):
            require(grant, scope)


def require(grant: Grant, scope: str) -> None:
    """Return when *grant* opens *scope*.

    Raises:
        Problem: it does not; says what it opens.
    """
    if grant.never_opens(scope):
        raise forbidden(f"{scope} tells of every artist and country, and this token is fixed to one: no scope opens it")
    if not grant.opens(scope):
        raise forbidden(f"this token does not open {scope}; its scopes are {', '.join(sorted(grant.scopes))}")


def _token_of(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return request.query.get("token")
