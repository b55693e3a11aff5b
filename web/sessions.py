"""Sessions: the dashboard's cookie, which scripts cannot read, in exchange for a token."""

import faust
import orjson
from aiohttp import web

from web.guard import COOKIE, Guard
from web.problems import Problem, bad_request, unauthorized


def add_session(app: faust.App, guard: Guard) -> None:
    """Add `/session`."""

    @app.page("/session")
    class Session(faust.web.View):
        """Exchanges the token for the cookie."""

        async def get(self, _request: web.Request) -> web.Response:
            """Explain."""
            raise Problem(405, "Method not allowed", 'POST {"token": "…"} to get a cookie', {"Allow": "POST"})

        async def post(self, request: web.Request) -> web.Response:
            """Set the cookie."""
            body = await request.read()
            try:
                token = orjson.loads(body)["token"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise bad_request('send {"token": "…"} as JSON') from None
            if not isinstance(token, str) or not guard.knows(token):
                raise unauthorized("this token is not known here; the one that is stands in admin.token in the data directory")
            response = web.Response(status=204)
            response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/", secure=request.secure)
            return response
