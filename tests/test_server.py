"""Claims about the server on real connections: 304, HEAD, request ids, and a problem document for every error, aiohttp's too."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.served import TOTALS, Served, served
from web.files import STATIC
from web.formats import FORMATS
from web.guard import HEADERS
from web.limits import Limits
from web.request_ids import LOGGED_CHARACTERS

PIPES = [f"/v0/pipes/totals.{kind}" for kind in FORMATS]


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as opened:
        yield opened


# What a client has already -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PIPES)
async def test_an_answer_that_the_client_has_is_not_sent_again_until_its_rows_change(site: Served, path: str) -> None:
    first = await site.ask(path)
    etag = first.headers["etag"]
    assert (first.status, first.headers["cache-control"]) == (200, "private, no-cache")

    site.fold(360, 401)  # a rejected record: other watermarks, the same rows
    same = await site.ask(path, If_None_Match=f'"other", {etag}')
    assert (same.status, same.body) == (304, b"")
    assert {"content-type", "content-length"} & set(same.headers) == set()
    assert same.headers["etag"] == etag
    assert same.headers["vary"] == first.headers["vary"] == "Authorization, Cookie, Accept-Encoding"
    assert same.headers["x-as-of"] == first.headers["x-as-of"]
    assert (first.headers["x-watermarks"], same.headers["x-watermarks"]) == ('{"0":400}', '{"0":401}')

    site.fold(361, 402)
    other = await site.ask(path, If_None_Match=etag)
    assert other.status == 200
    assert other.headers["etag"] != etag


async def test_a_304_leaves_the_connection_in_order(site: Served) -> None:
    async with site.wire() as wire:
        for _ in range(3):
            assert (await (await wire.send(site.head(If_None_Match="*"))).reply()).status == 304
            assert (await (await wire.send(site.head())).reply()).status == 200


async def test_several_lines_of_if_none_match_are_one_list(site: Served) -> None:
    etag = (await site.ask()).headers["etag"]
    async with site.wire() as wire:
        await wire.send(site.head().replace("\r\n\r\n", f'\r\nIf-None-Match: "other"\r\nIf-None-Match: {etag}\r\n\r\n'))
        assert (await wire.reply()).status == 304


async def test_no_token_learns_from_a_tag_whether_others_would_be_answered(site: Served) -> None:
    assert (await site.ask(If_None_Match="*", Authorization="Bearer none")).status == 401
    assert (await site.ask("/v0/pipes/totals.json?colour=red", If_None_Match="*")).status == 400


@pytest.mark.parametrize("path", [*PIPES, "/", "/livez", "/readyz", "/metrics", "/nothing", "/session", "/static/home.js"])
async def test_head_is_answered_as_get_is_without_the_body(site: Served, path: str) -> None:
    async with site.wire() as wire:
        for _ in range(2):  # no byte of a body is left on the connection
            head = await (await wire.send(site.head(path, "HEAD"))).reply(body=False)
            get = await (await wire.send(site.head(path))).reply()
            assert head.status == get.status
            assert set(head.headers) == set(get.headers)
            assert head.headers.get("etag") == get.headers.get("etag")


# Who asked -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [TOTALS, "/livez", "/static/home.js", "/nothing"])
async def test_every_answer_has_the_id_that_came_or_one_of_its_own(site: Served, path: str) -> None:
    assert (await site.ask(path, X_Request_Id="trace-7")).headers["x-request-id"] == "trace-7"
    own = [(await site.ask(path)).headers["x-request-id"] for _ in range(2)]
    assert own[0] != own[1]
    assert (await site.ask(path, X_Request_Id="a b")).headers["x-request-id"] != "a b"


async def test_a_problem_names_its_request_and_the_log_has_it_too(site: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "web"):
        reply = await site.ask("/v0/pipes/totals.json?colour=red", X_Request_Id="trace-7")
    assert reply.document["instance"] == "urn:request:trace-7"
    assert lines(caplog) == [{"request": "trace-7", "method": "GET", "path": TOTALS, "status": 400, "token": site.token.split("_")[1]}]


async def test_a_stream_is_timed_to_its_beginning_and_the_log_says_how_long_it_was_open(
    site: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "web"):
        async with site.wire() as wire:
            assert (await (await wire.send(site.head("/live?all=totals"))).reply(body=False)).status == 200
            await wire.until(b"event: as_of")
        count = "artist360_http_request_seconds_count"
        await site.until(count, 1, route="/live", method="GET", status="2xx")
    (line,) = (vars(record)["data"] for record in caplog.records if record.message == "request")
    seconds = site.metric(count.replace("count", "sum"), route="/live", method="GET", status="2xx")
    assert seconds == pytest.approx(line["ms"] / 1000, abs=1e-4)
    assert seconds < line["open_seconds"]


async def test_the_access_log_never_has_a_token_or_a_query(site: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "web"):
        await site.ask(f"{TOTALS}?token={site.token}&country=spain", Authorization="")
        await site.ask(f"{TOTALS}?token=a360_wrong", Authorization="")
        await site.ask("/livez")
    told = caplog.text + str([vars(record) for record in caplog.records if record.name.startswith("web")])
    assert [(line["path"], line["status"], line["token"]) for line in lines(caplog)] == [
        (TOTALS, 200, site.token.split("_")[1]),
        (TOTALS, 401, None),
        ("/livez", 200, None),
    ]
    assert site.token.split("_", 2)[2] not in told
    assert "a360_wrong" not in told
    assert "spain" not in told


async def test_what_stands_where_no_token_should_is_shortened_in_the_log_and_makes_no_line(
    site: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "web"):
        for path in (f"{TOTALS}%3Ftoken={site.token}", f"/static/{'a' * 300}%0Aa%20forged%20line"):
            assert (await site.ask(path, X_Request_Id=site.token)).headers["x-request-id"] != site.token
    assert site.token.split("_", 2)[2] not in caplog.text + str([vars(record) for record in caplog.records])
    assert "\na forged line" not in caplog.text
    assert all(len(line["path"]) <= LOGGED_CHARACTERS for line in lines(caplog))


# Errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        ("HELO example.org\r\n\r\n", 400, "this is no HTTP request"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "this is no HTTP request"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, "this is no HTTP request"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client", 400, "this is no HTTP request"),
        ("GET /" + "x" * (Limits.line_bytes + 1) + " HTTP/1.1\r\nHost: a\r\n\r\n", 431, f"allowed: {Limits.line_bytes:,} bytes a line"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + "x" * (Limits.line_bytes + 1) + "\r\n\r\n",
            431,
            f"allowed: {Limits.line_bytes:,} bytes a line",
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + "X-A: 1\r\n" * 200 + "\r\n", 431, "too many headers; allowed: 128"),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + f"X-A: {'x' * 60_000}\r\n" * 3, 431, f"allowed: {Limits.head_bytes:,} bytes in all"),
        ("GET /?artist=ROSALÍA HTTP/1.1\r\nHost: a\r\n\r\n", 400, "ROSAL%C3%8DA"),
        ("GET /?artist=Bad Bunny HTTP/1.1\r\nHost: a\r\n\r\n", 400, "a space in an address is written %20"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "one Host among them"),
        ("POST /session HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", 415, "without one"),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nabcde", 415, "without one"),
        ("POST /session HTTP/1.1\r\nHost: a\r\nOrigin: http://[\r\nContent-Length: 2\r\n\r\n{}", 403, "a page of another site"),
        (f"GET /static/{'a' * 300} HTTP/1.1\r\nHost: a\r\n\r\n", 404, "there is nothing at /static/aaa"),
        ("GET /static/vendor HTTP/1.1\r\nHost: a\r\n\r\n", 404, "there is nothing at /static/vendor"),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n", 417, "Unknown Expect: a miracle"),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "this is no HTTP request"),
        ("DELETE / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\n\r\n", 405, "/ does not take this method; allowed: GET,HEAD"),
        ("GET /static/nothing.js HTTP/1.1\r\nHost: a\r\n\r\n", 404, "there is nothing at /static/nothing.js"),
    ],
)
async def test_what_aiohttp_itself_refuses_is_a_problem_document_too(site: Served, sent: str, status: int, detail: str) -> None:
    async with site.wire() as wire:
        reply = await (await wire.send(sent.replace("TOKEN", site.token))).reply()
    assert (reply.status, reply.document["status"]) == (status, status)
    assert detail in reply.document["detail"]
    assert reply.document["instance"] == f"urn:request:{reply.headers['x-request-id']}"
    assert {name: reply.headers.get(name.lower()) for name in HEADERS} == HEADERS


async def test_a_file_goes_by_its_own_tag(site: Served) -> None:
    path = "/static/home.js"
    file = await site.ask(path)
    assert (file.status, file.body) == (200, (STATIC / "home.js").read_bytes())
    assert (await site.ask(path, If_None_Match=file.headers["etag"])).status == 304


async def test_what_is_no_request_does_not_get_into_the_log_nor_back(site: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with site.wire() as wire:
            reply = await (await wire.send(f"GET /?token={site.token} HTTP/1.1\r\nno colon {site.token}\r\n\r\n")).reply()
    assert site.token.encode() not in reply.body
    assert site.token not in caplog.text
    assert [line["status"] for line in lines(caplog)] == [400]


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the access log, without the times."""
    found = [dict(vars(record)["data"]) for record in caplog.records if record.name == "web.access"]
    assert all(line.pop("ms") >= 0 for line in found)
    return found
