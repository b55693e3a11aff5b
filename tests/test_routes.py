"""Claims about the real application: each route of its router is public by name, or closed to whoever has no token with its scope."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest_asyncio

from tests.application import Application, bearer, open_application
from web.endpoints import BY_NAME
from web.formats import FORMATS
from web.grants import ABOUT_EVERY_ROW, EVERYTHING, Rows
from web.scopes import LIVE, PUBLIC, ROUTES, SCOPES, needed

LOOKS_FOR_ITSELF = "/session"
SAYS_WHAT_IS_MISSING = "/v0/pipes/{name}"


class Ask(NamedTuple):
    """A request that a route of the router takes."""

    method: str
    route: str
    path: str
    scope: str | None


@pytest_asyncio.fixture
async def real(tmp_path: Path) -> AsyncIterator[Application]:
    async with open_application(tmp_path) as opened:
        yield opened


def names(real: Application) -> set[str]:
    return {resource.canonical for resource in real.app.router.resources()}


def guarded(real: Application) -> list[Ask]:
    """Everything that the router takes and that is not public: every endpoint by each of its names, in each format."""
    asks = []
    for route in real.app.router.routes():
        name = route.resource.canonical if route.resource else ""
        if name in PUBLIC:
            continue
        values = [dict(zip(("name", "kind"), pair, strict=True)) for pair in product(BY_NAME, FORMATS)] if "{" in name else [{}]
        asks += [Ask(route.method, name, name.format(**parts), needed(ROUTES[name], parts)) for parts in values]
    return asks


async def status(real: Application, ask: Ask, token: str | None) -> int:
    async with real.client.request(ask.method, ask.path, headers=bearer(token) if token else {}) as response:
        return response.status


async def test_every_route_is_listed_as_public_or_with_its_scope(real: Application) -> None:
    assert names(real) <= PUBLIC | set(ROUTES)
    assert names(real) >= PUBLIC | {"/v0/pipes/{name}.{kind}", "/metrics"}


async def test_every_guarded_route_is_closed_without_a_token(real: Application) -> None:
    asks = guarded(real)
    assert len(asks) > 2 * len(BY_NAME) * len(FORMATS)
    for ask in asks:
        assert await status(real, ask, None) == 401, ask
        assert await status(real, ask, "hunter2") == 401, ask


async def test_every_guarded_route_is_closed_to_a_token_with_all_scopes_but_its_own(real: Application) -> None:
    without = {scope: real.token(*(set(SCOPES) - {scope, EVERYTHING})) for scope in SCOPES}
    for ask in guarded(real):
        if ask.scope:
            assert await status(real, ask, without[ask.scope]) == 403, ask


async def test_every_guarded_route_opens_to_its_scope_alone_and_to_all(real: Application) -> None:
    only = {scope: real.token(scope) for scope in SCOPES} | {LIVE: real.token(LIVE, "totals")}  # a stream is of something
    for ask in guarded(real):
        for token in (only[ask.scope or "totals"], only[EVERYTHING], real.admin):
            opened = await status(real, ask, token)
            assert opened == 404 if ask.route == SAYS_WHAT_IS_MISSING else opened not in (401, 403, 404, 405), ask


async def test_a_token_that_is_fixed_to_some_rows_opens_nothing_that_tells_of_all(real: Application) -> None:
    for rows in (Rows(artist="rosalia"), Rows(country="ES")):
        token = real.token(*SCOPES, rows=rows)
        for ask in guarded(real):
            assert (await status(real, ask, token) == 403) == (ask.scope in ABOUT_EVERY_ROW), ask


async def test_what_is_public_tells_no_number_and_says_no_more_to_who_has_a_token(real: Application) -> None:
    for path in PUBLIC - {LOOKS_FOR_ITSELF, "/static"} | {"/static/main.js", "/static/index.html"}:
        assert await status(real, Ask("GET", path, path, None), None) in (200, 503), path
    assert await status(real, Ask("GET", LOOKS_FOR_ITSELF, LOOKS_FOR_ITSELF, None), None) == 401


async def test_fausts_own_pages_are_not_there(real: Application) -> None:
    for path in ("/table/", "/router/", "/stats/", "/graph/", "/metrics/", "/docs/x", "/v0/pipes/", "/v0/pipes/totals"):
        assert await status(real, Ask("GET", path, path, None), None) == 401, path
        assert await status(real, Ask("GET", path, path, None), real.admin) == 404, path


async def test_what_is_missing_of_the_name_of_an_endpoint_is_said_and_no_long_name_comes_back(real: Application) -> None:
    async def detail(path: str) -> str:
        async with real.client.get(path, headers=bearer(real.token("totals"))) as response:
            assert response.status == 404
            return str((await response.json())["detail"])

    for name in BY_NAME:
        assert await detail(f"/v0/pipes/{name}") == f"{name} lacks a format; ask for {name}.json: the formats are {', '.join(FORMATS)}"
    assert "'nothing' is not an endpoint; the endpoints are ranking_by, " in await detail("/v0/pipes/nothing")
    long = "x" * 7_000
    for path in (long, f"{long}.json", f"totals.{long}"):
        assert f"'{'x' * 60}' is not" in await detail(f"/v0/pipes/{path}")
    assert await detail(f"/{long}") == f"there is nothing at /{'x' * 99}"


async def test_an_endpoint_that_is_not_there_is_said_to_any_token_and_to_nobody_else(real: Application) -> None:
    ask = Ask("GET", "", "/v0/pipes/nothing.json", None)
    assert [await status(real, ask, token) for token in (None, real.token("totals"))] == [401, 404]
