"""Sessions: the dashboard's cookie, which scripts cannot read, in exchange for a token; who is signed in; and signing out."""

import faust
import orjson
from aiohttp import web

from web import cookies
from web.guard import Guard
from web.page import json_response
from web.problems import bad_request, forbidden


def add_session(app: faust.App, guard: Guard) -> None:
    """Add `/session`."""

    @app.page("/session")
    class Session(faust.web.View):
        """Exchanges the token for the cookie."""

        async def get(self, request: web.Request) -> web.Response:
            """Say who is signed in, and what the token opens."""
            grant = guard.grant_of(request)
            return json_response(
                {
                    "name": grant.name,
                    "scopes": sorted(grant.scopes),
                    "artist": grant.artist,
                    "country": grant.rows.country,
                    "expires": grant.expires,
                }
            )

        async def post(self, request: web.Request) -> web.Response:
            """Set the cookie."""
            refuse_other_sites(request)
            body = await request.read()
            try:
                token = orjson.loads(body)["token"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise bad_request('send {"token": "…"} as JSON') from None
            if not isinstance(token, str):
                raise bad_request("the token is not text: copy it whole")
            grant = guard.open(token)
            response = web.Response(status=204)
            response.set_cookie(
                cookies.NAME,
                guard.cookie_for(grant),
                max_age=cookies.SECONDS,
                httponly=True,
                samesite="Strict",
                path="/",
                secure=_is_secure(request),
            )
            return response

        async def delete(self, request: web.Request) -> web.Response:
            """Take the cookie away."""
            refuse_other_sites(request)
            response = web.Response(status=204)
            response.del_cookie(cookies.NAME, path="/", httponly=True, samesite="Strict", secure=_is_secure(request))
            return response


def _is_secure(request: web.Request) -> bool:
    """Say whether the browser came by TLS, if only to a proxy before this server: it says so in the origin of its page."""
    return request.secure or request.headers.get("Origin", "").startswith("https://")


def refuse_other_sites(request: web.Request) -> None:
    """Return unless a browser sends *request* for a page of another site, which could sign someone in as somebody else.

    Raises:
        Problem: it does.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    # What the browser found out goes before a comparison of names, which a proxy may have changed. Programs send neither.
    if site not in ("same-origin", "none") if site else origin is not None and origin.partition("://")[2] != request.host:
        raise forbidden("a page of another site sent this: open the dashboard's own address")
