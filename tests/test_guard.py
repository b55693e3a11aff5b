"""Claims about the guard: nobody gets anything without the token but what is listed, and every error is a problem document."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from tests.application import made
from web import cookies
from web.cookies import Cookies
from web.grants import Rows
from web.guard import GRANT, HEADERS, Guard
from web.problems import Problem
from web.scopes import ANY, PUBLIC
from web.token_format import Revoked, id_of, new_token
from web.tokens import Tokens

TOKEN = new_token()
SEALS = Cookies(TOKEN)
SECRET = "/v0/pipes/totals.json"
ROUTES = {SECRET: "totals", **dict.fromkeys(("/static.json", "/broken", "/problem", "/moved", "/own", "/body", "/mine"), ANY)}

Client = TestClient[web.Request, web.Application]


async def secret(_request: web.Request) -> web.Response:
    return web.json_response({"plays": 360})


async def who(request: web.Request) -> web.Response:
    return web.json_response(request[GRANT].name)


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


@pytest.fixture
def tokens() -> Tokens:
    """The admin token and no other, all of them read."""
    known = Tokens(TOKEN)
    known.complete = True
    return known


@pytest_asyncio.fixture
async def client(tmp_path: Path, tokens: Tokens) -> AsyncIterator[Client]:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("plays")
    guard = Guard(tokens, SEALS, ROUTES)
    app = web.Application(middlewares=[guard.middleware()], client_max_size=1000)
    app.router.add_get(SECRET, secret)
    app.router.add_get("/static.json", secret)
    for path in PUBLIC - {"/static"}:
        app.router.add_get(path, public)
    app.router.add_static("/static/", tmp_path / "static")
    app.router.add_get("/unlisted", secret)
    app.router.add_get("/mine", who)
    app.router.add_get("/broken", raising(ZeroDivisionError("a secret detail")))
    app.router.add_get("/problem", raising(Problem(429, "Too many", "wait a second", {"Retry-After": "1"})))
    app.router.add_get("/moved", raising(web.HTTPFound("/elsewhere")))
    app.router.add_get("/own", with_own_header)
    app.router.add_post("/body", with_body)
    async with TestClient(TestServer(app)) as opened:
        yield opened


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed_in(token: str = TOKEN) -> dict[str, str]:
    return {"Cookie": f"{cookies.NAME}={SEALS.make(id_of(token), time.time())}"}


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
    assert (await client.get(SECRET, headers=signed_in())).status == 200


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


@pytest.mark.parametrize(
    "token",
    ["hunter2", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), new_token(), "ñandú"],
    ids=["a word", "a letter less", "a letter more", "in capitals", "another one", "accents"],
)
async def test_any_other_token_is_refused_and_not_shown(client: Client, token: str) -> None:
    response = await client.get(SECRET, params={"token": token})
    assert response.status == 401
    assert "not known here" in (await problem(response))["detail"]
    assert token not in await response.text()


async def test_a_bad_token_in_the_header_is_not_mended_by_a_good_one_elsewhere(client: Client) -> None:
    assert (await client.get(SECRET, headers=bearer("x"), params={"token": TOKEN})).status == 401


@pytest.mark.parametrize("path", [*sorted(PUBLIC - {"/static"}), "/static/app.js"])
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
    assert "answering '/broken' failed" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("path", ["/", SECRET, "/broken", "/nothing", "/static/app.js"])
@pytest.mark.parametrize("headers", [{}, bearer()])
async def test_every_answer_has_the_security_headers(client: Client, path: str, headers: dict[str, str]) -> None:
    response = await client.get(path, headers=headers)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS


async def test_a_views_own_header_stands(client: Client) -> None:
    response = await client.get("/own", headers=bearer())
    assert response.headers.getall("Cache-Control") == ["max-age=60"]


# -- tokens that open less ----------------------------------------------------------------------------------------------


async def test_a_token_opens_what_its_scopes_list(client: Client, tokens: Tokens) -> None:
    for scopes in (["totals"], ["ranking_by", "totals"], ["*"]):
        assert (await client.get(SECRET, headers=bearer(made(tokens, *scopes)))).status == 200


@pytest.mark.parametrize("scopes", [["ranking_by"], ["live", "metrics"], ["total"], []])
async def test_a_token_without_the_scope_is_told_which_it_has(client: Client, tokens: Tokens, scopes: list[str]) -> None:
    response = await client.get(SECRET, headers=bearer(made(tokens, *scopes)))
    assert response.status == 403
    assert f"this token does not open totals; its scopes are {', '.join(scopes)}" in (await problem(response))["detail"]


@pytest.mark.parametrize("rows", [Rows(artist="rosalia"), Rows(country="ES")])
async def test_no_scope_opens_what_tells_of_all_rows_to_a_token_that_is_fixed_to_some(tmp_path: Path, tokens: Tokens, rows: Rows) -> None:
    app = web.Application(middlewares=[Guard(tokens, SEALS, {"/c": "conservation"}).middleware()])
    app.router.add_get("/c", secret)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/c", headers=bearer(made(tokens, "conservation")))).status == 200
        response = await client.get("/c", headers=bearer(made(tokens, "*", "conservation", rows=rows)))
        assert response.status == 403
        assert "fixed to one" in (await problem(response))["detail"]


async def test_a_route_that_is_not_listed_is_open_to_nobody(client: Client) -> None:
    response = await client.get("/unlisted", headers=bearer())
    assert response.status == 403
    assert "/unlisted is open to no token" in (await problem(response))["detail"]


async def test_a_view_gets_the_grant_of_the_token_and_not_of_the_cookie_beside_it(client: Client, tokens: Tokens) -> None:
    mine, other = made(tokens, "totals", name="mine"), made(tokens, "totals", name="other")
    assert await (await client.get("/mine", headers=bearer(mine) | signed_in(other))).json() == "mine"
    assert await (await client.get("/mine", headers=signed_in(other))).json() == "other"


async def test_a_revoked_token_opens_nothing_from_the_next_request_on_nor_does_its_session(client: Client, tokens: Tokens) -> None:
    token = made(tokens, "totals")
    tokens.take([Revoked(id_of(token), 1)])
    for headers in (bearer(token), signed_in(token)):
        response = await client.get(SECRET, headers=headers)
        assert response.status == 401
        assert "this token is revoked" in (await problem(response))["detail"]


async def test_an_expired_token_opens_nothing_nor_does_its_session(client: Client, tokens: Tokens) -> None:
    token = made(tokens, "totals", expires=int(time.time()))
    for headers in (bearer(token), signed_in(token)):
        response = await client.get(SECRET, headers=headers)
        assert response.status == 401
        assert "this token has expired" in (await problem(response))["detail"]


async def test_only_who_has_the_secret_is_told_that_a_token_was_there(client: Client, tokens: Tokens) -> None:
    token = made(tokens, "totals")
    tokens.take([Revoked(id_of(token), 1)])
    guess = f"a360_{id_of(token)}_{new_token()[-43:]}"
    response = await client.get(SECRET, headers=bearer(guess))
    assert response.status == 401
    assert "not known here" in (await problem(response))["detail"]


async def test_while_the_tokens_are_read_another_than_the_admins_is_told_to_wait(client: Client, tokens: Tokens) -> None:
    token = made(tokens, "totals")
    tokens.complete = False
    for headers in (bearer(token), signed_in(token)):
        response = await client.get(SECRET, headers=headers)
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert (await client.get(SECRET, headers=bearer())).status == 200


async def test_who_asks_too_often_is_told_when_to_come_back_and_no_other_token_is(client: Client, tokens: Tokens) -> None:
    slow, other = made(tokens, "totals", rps=0.01), made(tokens, "totals", rps=0.01)
    assert (await client.get(SECRET, headers=bearer(slow))).status == 200
    for headers in (bearer(slow), signed_in(slow)):
        response = await client.get(SECRET, headers=headers)
        assert response.status == 429
        assert 90 < int(response.headers["Retry-After"]) <= 100
        assert "0.01 times a second" in (await problem(response))["detail"]
    assert (await client.get(SECRET, headers=bearer(other))).status == 200


async def test_a_refused_request_counts_as_one(client: Client, tokens: Tokens) -> None:
    token = made(tokens, "ranking_by", rps=0.01)
    assert [(await client.get(SECRET, headers=bearer(token))).status for _ in range(2)] == [403, 429]


OTHER_SEALS = Cookies(new_token())


@pytest.mark.parametrize(
    "cookie",
    [TOKEN, "", "x", f"{id_of(TOKEN)}.9999999999.{'A' * 43}", OTHER_SEALS.make(id_of(TOKEN), 9e9)],
    ids=["the token", "nothing", "a letter", "made up", "made elsewhere"],
)
async def test_a_cookie_that_was_not_made_here_opens_nothing(client: Client, cookie: str) -> None:
    response = await client.get(SECRET, headers={"Cookie": f"{cookies.NAME}={cookie}"})
    assert response.status == 401
    assert "session is over" in (await problem(response))["detail"]
