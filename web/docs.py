"""Docs: the OpenAPI document of what a token reaches, and the page that is drawn from it."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiohttp import web

from web.endpoints import ENDPOINTS
from web.guard import GRANT
from web.openapi import document
from web.page import Page, json_response, shell


def add_docs(page: Page, currency: str) -> None:
    """Add `/openapi.json` and `/docs`."""
    html = shell("docs.html", currency)
    ours = _version()

    @page("/openapi.json")
    async def openapi(_view: Any, request: web.Request) -> web.Response:
        """Describe what the token reaches."""
        return json_response(document(ENDPOINTS, request[GRANT].opens, ours))

    @page("/docs")
    async def docs(_view: Any, _request: web.Request) -> web.Response:
        """Serve the page; what it shows it asks for with the reader's token."""
        return web.Response(text=html, content_type="text/html")


def _version() -> str:
    try:
        return version("artist360")
    except PackageNotFoundError:  # run from a checkout that nobody installed
        return "0"
