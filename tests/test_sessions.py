"""Claims about sessions: a cookie in exchange for a token, which says who is signed in, ends with the token, and no other site can set."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.application import Application, bearer, open_application
from web import cookies
from web.cookies import SECONDS
from web.grants import Rows
from web.token_format import Revoked, id_of, new_token

NOT_READY = 503
"""What an endpoint answers to who may ask it, here where nothing is counted."""


@pytest_asyncio.fixture
async def real(tmp_path: Path) -> AsyncIterator[Application]:
    async with open_application(tmp_path) as opened:
        yield opened


async def sign_in(real: Application, token: Any, **headers: str) -> tuple[int, str]:
    """Return the status and what the browser is told to keep; *headers* with underscores for hyphens."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with real.client.post("/session", json={"token": token}, headers=sent) as response:
        return response.status, response.headers.get("Set-Cookie", "")


async def asks(real: Application, path: str, cookie: str) -> int:
    real.client.session.cookie_jar.clear()
    async with real.client.get(path, headers={"Cookie": cookie}) as response:
        return response.status


def kept(set_cookie: str) -> str:
    return set_cookie.partition(";")[0]


async def test_a_token_is_traded_for_a_cookie_that_scripts_and_other_sites_cannot_use(real: Application) -> None:
    token = real.token("totals")
    status, told = await sign_in(real, token)
    assert status == 204
    morsel = SimpleCookie(told)[cookies.NAME]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["max-age"]) == (True, "Strict", "/", str(SECONDS))
    assert token[-43:] not in told
    assert await asks(real, "/v0/pipes/totals.json", kept(told)) == NOT_READY
    assert await asks(real, "/v0/pipes/conservation.json", kept(told)) == 403


async def test_a_session_ends_with_its_token(real: Application) -> None:
    token = real.token("totals")
    _, told = await sign_in(real, token)
    real.tokens.take([Revoked(id_of(token), 1)])
    assert await asks(real, "/v0/pipes/totals.json", kept(told)) == 401
    assert await sign_in(real, token) == (401, "")


async def test_a_session_holds_at_every_server_with_the_same_admin_token_and_over_restarts(real: Application, tmp_path: Path) -> None:
    _, told = await sign_in(real, real.admin)
    async with open_application(tmp_path / "same", real.admin) as other:
        assert await asks(other, "/v0/pipes/totals.json", kept(told)) == NOT_READY
    async with open_application(tmp_path / "another") as other:
        assert await asks(other, "/v0/pipes/totals.json", kept(told)) == 401


async def test_the_session_says_who_is_signed_in_and_what_that_opens(real: Application) -> None:
    token = real.token("totals", "live", rows=Rows("rosalia", "ES"), name="Label", artist="ROSALÍA", expires=2**33)
    expected = {"name": "Label", "scopes": ["live", "totals"], "artist": "ROSALÍA", "country": "ES", "expires": 2**33}
    await sign_in(real, token)
    assert await (await real.client.get("/session")).json() == expected
    assert await (await real.client.get("/session", headers=bearer(real.admin))).json() == {
        **dict.fromkeys(expected),
        "name": "admin",
        "scopes": ["*"],
    }


async def test_signing_out_takes_the_cookie_away(real: Application) -> None:
    await sign_in(real, real.token("totals"))
    assert (await real.client.get("/session")).status == 200
    response = await real.client.delete("/session")
    assert response.status == 204
    morsel = SimpleCookie(response.headers["Set-Cookie"])[cookies.NAME]
    assert (morsel.value, morsel["max-age"], morsel["httponly"], morsel["samesite"]) == ("", "0", True, "Strict")
    assert (await real.client.get("/session")).status == 401


@pytest.mark.parametrize(
    "token",
    ["hunter2", "", "\ud800", new_token(), 7, None, ["x"]],
    ids=["a word", "nothing", "half a letter", "one that nobody made", "a number", "null", "a list"],
)
async def test_what_is_no_token_gets_no_cookie(real: Application, token: Any) -> None:
    status, told = await sign_in(real, token)
    assert status in (400, 401)
    assert told == ""


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
async def test_what_is_no_json_is_refused(real: Application, body: bytes) -> None:
    assert (await real.client.post("/session", data=body)).status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
async def test_a_page_of_another_site_signs_nobody_in_or_out(real: Application, headers: dict[str, str]) -> None:
    assert await sign_in(real, real.admin, **headers) == (403, "")
    response = await real.client.delete("/session", headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert (response.status, "Set-Cookie" in response.headers) == (403, False)


async def test_the_dashboards_own_page_and_a_program_sign_in(real: Application) -> None:
    own = f"http://{real.client.host}:{real.client.port}"
    for headers in (
        {},
        {"Sec_Fetch_Site": "same-origin", "Origin": own},
        {"Origin": own},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://proxy"},
    ):
        assert (await sign_in(real, real.admin, **headers))[0] == 204


async def test_signing_in_counts_as_a_request_of_the_token(real: Application) -> None:
    token = real.token("totals", rps=0.01)
    assert [(await sign_in(real, token))[0] for _ in range(2)] == [204, 429]
