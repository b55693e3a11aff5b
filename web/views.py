"""Views: the routes, as Faust's web views. A view reads the request, asks for the answer in a thread and writes it out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import faust
import orjson
from aiohttp import web
from faust.web.drivers.aiohttp import Web as AiohttpWeb

from tables.flush import Flush
from tables.warehouse import Warehouse
from tables.warehouse_file import Unavailable
from web.answers import answer
from web.endpoints import BY_NAME, CONSERVATION
from web.formats import FORMATS, headers
from web.guard import COOKIE, Guard
from web.metrics import CONTENT_TYPE, Standing, exposition
from web.parameters import read_query
from web.problems import Problem, bad_request, not_ready, unauthorized

QUERY_THREADS = 4
STOP_SECONDS = 5.0


class Server(AiohttpWeb):
    """Faust's web server without its own index at `/`, that stops without waiting a minute for open requests."""

    production_blueprints = []  # noqa: RUF012  (Faust's declaration)

    def __init__(self, app: faust.App, **kwargs: Any) -> None:
        """Serve *app*."""
        super().__init__(app, **kwargs)
        self._runner = web.AppRunner(self.web_app, access_log=None, shutdown_timeout=STOP_SECONDS)


class Backend(NamedTuple):
    """What the views show."""

    warehouse: Warehouse
    flush: Flush
    guard: Guard
    currency: str
    """ISO 4217; what income is in."""
    unready: Callable[[], str]
    """Why this process is not ready, beyond the flush; empty when it is."""


def add_views(app: faust.App, backend: Backend) -> None:  # noqa: C901  (a list of small views)
    """Add every route to *app*."""
    threads = ThreadPoolExecutor(QUERY_THREADS, "query")
    static = Path(str(files("web").joinpath("static")))
    index = (static / "index.html").read_text().replace("<html ", f'<html data-currency="{backend.currency}" ', 1)

    # Faust's views take and give its own request and response protocols; on its aiohttp driver those are aiohttp's.
    page: Callable[[str], Callable[[Any], Any]] = app.page

    def reason_unready() -> str:
        freshness = backend.flush.freshness
        return backend.unready() or ("" if freshness.ready else freshness.reason)

    @page("/v0/pipes/{name}.{kind}")
    async def pipe(_view: Any, request: web.Request, name: str, kind: str) -> web.Response:
        """Answer an endpoint in a format."""
        endpoint, form = BY_NAME.get(name), FORMATS.get(kind)
        if endpoint is None:
            raise Problem(404, "No such endpoint", f"{name!r} is not an endpoint; the endpoints are {', '.join(BY_NAME)}")
        if form is None:
            raise Problem(404, "No such format", f"{kind!r} is not a format; the formats are {', '.join(FORMATS)}")
        values = read_query(endpoint.params, list(request.query.items()))
        if reason := reason_unready():
            raise not_ready(reason)

        def answered() -> tuple[bytes, dict[str, str]]:
            result = answer(backend.warehouse, backend.flush.freshness, endpoint, values)
            return form.write(result), headers(result)

        try:
            body, about = await asyncio.get_running_loop().run_in_executor(threads, answered)
        except Unavailable as error:
            raise not_ready(str(error)) from error
        return web.Response(body=body, headers={**about, "Content-Type": form.content_type})

    @page("/metrics")
    async def metrics(_view: Any, _request: web.Request) -> web.Response:
        """Say how the server stands, ready or not."""
        freshness, loop = backend.flush.freshness, asyncio.get_running_loop()
        try:
            rows = (await loop.run_in_executor(threads, answer, backend.warehouse, freshness, CONSERVATION, {})).rows
        except Unavailable:
            rows = []
        body = exposition(Standing(rows, ready=not reason_unready(), as_of=freshness.as_of))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    @page("/livez")
    async def livez(_view: Any, _request: web.Request) -> web.Response:
        """Say that the process answers."""
        return _json({"status": "alive"})

    @page("/readyz")
    async def readyz(_view: Any, _request: web.Request) -> web.Response:
        """Say whether the numbers are complete, and why not."""
        if reason := reason_unready():
            raise not_ready(reason)
        return _json({"status": "ready"})

    @app.page("/session")
    class Session(faust.web.View):
        """Exchanges the token for a cookie that scripts cannot read."""

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
            if not isinstance(token, str) or not backend.guard.knows(token):
                raise unauthorized("this token is not known here; the one that is stands in admin.token in the data directory")
            response = web.Response(status=204)
            response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", path="/", secure=request.secure)
            return response

    @page("/")
    async def home(_view: Any, _request: web.Request) -> web.Response:
        """Serve the dashboard."""
        return web.Response(text=index, content_type="text/html")

    app.web.add_static("/static/", static)


def _json(body: Any) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json", charset="utf-8")
