"""Claims about the guard: nobody gets anything without the token but what is listed, and every error is a problem document."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from web.guard import COOKIE, HEADERS, PUBLIC, Guard
from web.problems import Problem
from web.tokens import new_token

TOKEN = new_token()
SECRET = "/v0/pipes/totals.json"  # noqa: S105 - a path

Client = TestClient[web.Request, web.Application]


async def secret(_request: web.Request) -> web.Response:
    return web.json_response({"plays": 360})


async def public(_request: web.Request) -> web.Response:
    return web.Response(text="public")


def raising(error: Exception) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(_request: web.Request) -> web.StreamResponse:
        raise error

    return handler


async def with_own_header(_request: web.Request) -> web.Response:
    return web.Response(headers={"Cache-Control": "max-age=60"})


async def with_body(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("plays")
    app = web.Application(middlewares=[Guard(TOKEN).middleware()], client_max_size=1000)  # type: ignore[list-item]  # a plain callable does
    app.router.add_get(SECRET, secret)
    app.router.add_get("/static.json", secret)
    for path in PUBLIC:
        app.router.add_get(path, public)
    app.router.add_static("/static/", tmp_path / "static")
    app.router.add_get("/broken", raising(ZeroDivisionError("a secret detail")))
    app.router.add_get("/problem", raising(Problem(429, "Too many", "wait a second", {"Retry-After": "1"})))
    app.router.add_get("/moved", raising(web.HTTPFound("/elsewhere")))
    app.router.add_get("/own", with_own_header)
    app.router.add_post("/body", with_body)
    async with TestClient(TestServer(app)) as opened:
        yield opened


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def problem(response: ClientResponse) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = await response.json()
    assert set(document) == {"type", "title", "status", "detail"}
    assert document["status"] == response.status
    assert document["title"]
    assert document["detail"]
    return document


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_token_in_the_authorization_header_lets_in(client: Client, scheme: str) -> None:
    response = await client.get(SECRET, headers={"Authorization": f"{scheme} {TOKEN}"})
    assert (response.status, await response.json()) == (200, {"plays": 360})


async def test_the_token_in_the_query_or_the_cookie_lets_in(client: Client) -> None:
    assert (await client.get(SECRET, params={"token": TOKEN})).status == 200
    assert (await client.get(SECRET, headers={"Cookie": f"{COOKIE}={TOKEN}"})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"other={TOKEN}"},
        {"X-Token": TOKEN},
    ],
)
async def test_without_a_token_it_says_where_to_send_it(client: Client, headers: dict[str, str]) -> None:
    response = await client.get(SECRET, headers=headers)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in (await problem(response))["detail"]


@pytest.mark.parametrize("token", ["hunter2", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), new_token(), "ñandú"])
async def test_any_other_token_is_refused_and_not_shown(client: Client, token: str) -> None:
    response = await client.get(SECRET, params={"token": token})
    assert response.status == 401
    assert "not known here" in (await problem(response))["detail"]
    assert token not in await response.text()


async def test_a_bad_token_in_the_header_is_not_mended_by_a_good_one_elsewhere(client: Client) -> None:
    assert (await client.get(SECRET, headers=bearer("x"), params={"token": TOKEN})).status == 401


async def test_a_token_with_half_a_surrogate_pair_is_just_another_one() -> None:
    assert not Guard(TOKEN).knows("\ud800")
    assert Guard(TOKEN).knows(TOKEN)


@pytest.mark.parametrize("path", [*PUBLIC, "/static/app.js"])
async def test_what_is_public_needs_no_token(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/static",
            "/static.json",
            "/livez/",
            "/livezz",
            "//",
            "/readyz/x",
            "/Static/app.js",
            "/v0",
            "/own",
            "/nothing",
            "/livez%2f..%2fown",
        ),
        *("/static/../v0/pipes/totals.json", "/static/%2e%2e/v0/pipes/totals.json", "/static/..%2fv0%2fpipes%2ftotals.json"),
        *("/static/..%2fsecret.txt", "/static/%2e%2e%2fsecret.txt", "/static/..%5csecret.txt", "/static//secret.txt"),
    ],
)
async def test_no_other_path_gives_anything_away(client: Client, path: str) -> None:
    async with client.session.get(URL(f"http://{client.host}:{client.port}{path}", encoded=True)) as response:
        assert response.status in (401, 403, 404)
        assert "plays" not in await response.text()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_no_method_goes_around_the_token(client: Client, method: str) -> None:
    assert (await client.request(method, SECRET)).status == 401


async def test_a_path_without_anything_is_a_problem(client: Client) -> None:
    response = await client.get("/v0/pipes/nothing.json", headers=bearer())
    assert response.status == 404
    assert "there is nothing at /v0/pipes/nothing.json" in (await problem(response))["detail"]


async def test_a_method_that_is_not_taken_is_a_problem_with_those_that_are(client: Client) -> None:
    response = await client.delete(SECRET, headers=bearer())
    assert response.status == 405
    assert "GET" in response.headers["Allow"]
    assert "GET" in (await problem(response))["detail"]


async def test_a_body_that_is_too_large_is_a_problem(client: Client) -> None:
    response = await client.post("/body", data=b"x" * 1001, headers=bearer())
    assert response.status == 413
    await problem(response)


async def test_a_problem_keeps_its_headers(client: Client) -> None:
    response = await client.get("/problem", headers=bearer())
    assert (response.status, response.headers["Retry-After"]) == (429, "1")
    assert (await problem(response))["detail"] == "wait a second"


async def test_a_redirect_says_where_to(client: Client) -> None:
    response = await client.get("/moved", headers=bearer(), allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (302, "/elsewhere")


async def test_a_failure_is_logged_without_the_query_and_shown_without_details(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = await client.get("/broken", params={"token": TOKEN})
    assert response.status == 500
    assert "secret detail" not in await response.text()
    await problem(response)
    assert "answering /broken failed" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("path", ["/", SECRET, "/broken", "/nothing", "/static/app.js"])
@pytest.mark.parametrize("headers", [{}, bearer()])
async def test_every_answer_has_the_security_headers(client: Client, path: str, headers: dict[str, str]) -> None:
    response = await client.get(path, headers=headers)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


async def test_a_views_own_header_stands(client: Client) -> None:
    response = await client.get("/own", headers=bearer())
    assert response.headers.getall("Cache-Control") == ["max-age=60"]
