"""Claims about the OpenAPI document and real answers: each has a status that the document names, the headers of it, and no others."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.served import TOTALS, Reply, Served, served
from web.endpoints import ENDPOINTS
from web.grants import EVERYTHING, Grant
from web.openapi import document

API = document(ENDPOINTS, Grant("x", frozenset({EVERYTHING})).opens, "1")
EVERYWHERE = {"content-type", "content-length", "date", "server", "connection", "transfer-encoding", "cache-control"}
"""What HTTP itself or a proxy makes of an answer; and the guard's headers, which tell browsers what a page may do."""
PAGES = {"content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy", "x-accel-buffering"}
PATHS = [TOTALS, "/v0/pipes/totals.csv", "/session", "/openapi.json", "/livez", "/readyz", "/metrics"]
LATE = {"Content-Length": "100"}
LARGE = {"Content-Length": "20000"}


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, body_seconds=0.2) as opened:
        yield opened


async def asked(site: Served, path: str, method: str = "GET", body: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    length = {"Content-Length": str(len(body))} if body else {}
    async with site.wire() as wire:
        await wire.send(site.head(path, method, **{**length, **(headers or {})}) + body)
        return await wire.reply()


def described(reply: Reply, path: str, method: str = "get") -> bool:
    """Hold *reply* against the document; say whether its status stands there by its number."""
    responses: dict[str, Any] = API["paths"][path][method]["responses"]
    response = responses.get(str(reply.status), responses["default"])
    if "$ref" in response:
        response = API["components"]["responses"][response["$ref"].split("/")[-1]]
    told, given = (
        {name.lower(): API["components"]["headers"][name] for name in response["headers"]},
        set(reply.headers) - EVERYWHERE - PAGES,
    )
    assert {name for name, header in told.items() if header.get("required")} <= given <= set(told), reply
    if reply.status >= 400:
        assert reply.document["detail"]
    return str(reply.status) in responses


@pytest.mark.parametrize("path", PATHS)
async def test_an_answer_and_a_refusal_have_the_headers_that_are_described(site: Served, path: str) -> None:
    answer = await asked(site, path)
    assert answer.status == 200
    assert described(answer, path)
    if "etag" in answer.headers:
        same = await asked(site, path, headers={"If-None-Match": answer.headers["etag"]})
        assert (same.status, described(same, path)) == (304, True)
    stranger = await asked(site, path, headers={"Authorization": "Bearer x"})
    assert stranger.status == (200 if path in ("/livez", "/readyz") else 401)
    assert described(stranger, path)
    other = await asked(site, path, "PUT")
    assert (other.status, described(other, path)) == (405, True)


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_is_late_or_large_is_refused_as_described_whoever_asks_for_it(site: Served, path: str) -> None:
    late = await asked(site, path, body="x", headers=LATE)
    assert (late.status, described(late, path)) == (408, True)
    large = await asked(site, path, body="x" * 20_000, headers=LARGE)
    assert (large.status, described(large, path)) == (413, True)


async def test_what_is_refused_before_any_path_is_what_is_described_of_the_rest(site: Served) -> None:
    strange = await asked(site, "/livez", headers={"Expect": "a miracle"})
    assert (strange.status, described(strange, "/livez")) == (417, False)
    endless = await asked(site, "/livez?" + "x" * 70_000)
    assert (endless.status, described(endless, "/livez")) == (431, False)
    async with site.wire() as wire:
        await wire.send("no request\r\n\r\n")
        none = await wire.reply()
    assert (none.status, described(none, "/livez")) == (400, False)


async def test_a_session_is_described_with_its_cookie(site: Served) -> None:
    made = await asked(site, "/session", "POST", json.dumps({"token": site.token}))
    assert (made.status, described(made, "/session", "post")) == (204, True)
    over = await asked(site, "/session", "DELETE")
    assert (over.status, described(over, "/session", "delete")) == (204, True)
    for body, status in (("{}", 400), ('{"token": "x"}', 401)):
        refused = await asked(site, "/session", "POST", body)
        assert (refused.status, described(refused, "/session", "post")) == (status, True)
    for method in ("POST", "DELETE"):
        foreign = await asked(site, "/session", method, headers={"Sec-Fetch-Site": "cross-site"})
        assert (foreign.status, described(foreign, "/session", method.lower())) == (403, True)


async def test_the_stream_begins_with_the_headers_that_are_described(site: Served) -> None:
    async with site.wire() as wire:
        await wire.send(site.head("/live?all=totals"))
        assert described(await wire.reply(body=False), "/live")
    assert described(await asked(site, "/live"), "/live")
