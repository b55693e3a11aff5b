"""Pipes: the endpoints over HTTP. Reads the request, asks for the answer and writes it out in the format that is asked for."""

from typing import Any

from aiohttp import web

from web.answers import Answer
from web.endpoints import BY_NAME
from web.etags import etag_of, is_known
from web.formats import FORMATS, headers
from web.guard import GRANT
from web.page import Page
from web.parameters import read_query
from web.problems import Problem, not_ready
from web.reader import LONG, SHORT, Reader


def add_pipes(page: Page, reader: Reader) -> None:
    """Add every endpoint in every format."""

    @page("/v0/pipes/{name}.{kind}")
    async def pipe(_view: Any, request: web.Request, name: str, kind: str) -> web.Response:
        """Answer an endpoint in a format."""
        endpoint, form = BY_NAME.get(name), FORMATS.get(kind)
        if endpoint is None:
            raise _no_such_endpoint(name)
        if form is None:
            raise Problem(404, "No such format", f"{kind[:60]!r} is not a format; the formats are {', '.join(FORMATS)}")
        values = read_query(endpoint.params, list(request.query.items()))
        if reason := reader.reason_unready():
            raise not_ready(reason)

        known = ", ".join(request.headers.getall("If-None-Match", []))

        def written(answer: Answer) -> web.Response:
            etag = etag_of(answer, kind)
            about = {**headers(answer), "ETag": etag, "Vary": "Authorization, Cookie, Accept-Encoding"}
            if is_known(etag, known):
                return web.Response(status=304, headers=about)
            return web.Response(body=form.write(answer), headers={**about, "Content-Type": form.content_type})

        return await reader.read(endpoint, values, request[GRANT].rows, written, LONG if form.slow else SHORT)

    @page("/v0/pipes/{name}")
    async def pipe_without_format(_view: Any, _request: web.Request, name: str) -> web.Response:
        """Say that a format is missing."""
        if name not in BY_NAME:
            raise _no_such_endpoint(name)
        raise Problem(404, "No format", f"{name} lacks a format; ask for {name}.json: the formats are {', '.join(FORMATS)}")


def _no_such_endpoint(name: str) -> Problem:
    return Problem(404, "No such endpoint", f"{name[:60]!r} is not an endpoint; the endpoints are {', '.join(BY_NAME)}")
