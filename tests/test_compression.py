"""Claims about compression: long answers are the same ones, in fewer bytes, for who can unpack them; and nobody else gets them so."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from tests.served import TOTALS, Served, served
from web.compression import AT_ONCE_BYTES, LEAST_BYTES, accepts_gzip

SECONDS = "/v0/pipes/evolution_per_second"
LONGEST = f"{SECONDS}.json?seconds=600"
LONG = (f"{SECONDS}.json?seconds=120", LONGEST, f"{SECONDS}.csv?seconds=300", f"{SECONDS}.ndjson?seconds=300", "/openapi.json")
ITS_OWN = ("statistics", "as_of")
"""What differs between two answers of the same rows."""


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("path", LONG)
async def test_a_long_answer_goes_compressed_and_is_the_same_when_unpacked(site: Served, path: str) -> None:
    plain, packed = await site.ask(path), await site.ask(path, Accept_Encoding="br, gzip")
    assert (plain.status, packed.status, packed.headers["content-encoding"]) == (200, 200, "gzip")
    assert "content-encoding" not in plain.headers
    assert len(packed.body) < len(plain.body) / 2
    assert rows_of(gzip.decompress(packed.body)) == rows_of(plain.body)
    for name in ("content-type", "vary", "etag"):
        assert packed.headers.get(name) == plain.headers.get(name)
    assert "Accept-Encoding" in packed.headers["vary"]


@pytest.mark.parametrize(("at_once", "threads"), [(LEAST_BYTES, 1), (AT_ONCE_BYTES, 0)])
async def test_only_what_is_too_long_for_the_event_loop_is_compressed_in_a_thread(
    site: Served, monkeypatch: pytest.MonkeyPatch, at_once: int, threads: int
) -> None:
    executor = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    monkeypatch.setattr("web.compression.AT_ONCE_BYTES", at_once)
    reply = await site.ask(LONGEST, Accept_Encoding="gzip")
    assert orjson.loads(gzip.decompress(reply.body))["rows"] == 600
    assert len(executor._threads) == threads  # noqa: SLF001  (which are made when there is something for them)


@pytest.mark.parametrize("coding", ["", "br", "gzip;q=0"])
async def test_who_cannot_unpack_gets_an_answer_as_it_is(site: Served, coding: str) -> None:
    reply = await site.ask(LONGEST, Accept_Encoding=coding)
    assert orjson.loads(reply.body)["rows"] == 600
    assert "content-encoding" not in reply.headers


async def test_what_is_short_or_compressed_already_goes_as_it_is(site: Served) -> None:
    for path in (TOTALS, "/livez", f"{SECONDS}.parquet?seconds=600"):
        reply = await site.ask(path, Accept_Encoding="gzip")
        assert (reply.status, "content-encoding" in reply.headers) == (200, False), path
    assert len(reply.body) > LEAST_BYTES
    assert reply.body.startswith(b"PAR1")


async def test_a_refusal_is_readable_whatever_is_accepted(site: Served) -> None:
    reply = await site.ask(f"{TOTALS}?country={'x' * 6_000}", Accept_Encoding="gzip")
    assert (reply.status, reply.document["title"]) == (400, "Bad request")


async def test_a_head_tells_what_a_get_would(site: Served) -> None:
    told, sent = await site.ask("/openapi.json", "HEAD", Accept_Encoding="gzip"), await site.ask("/openapi.json", Accept_Encoding="gzip")
    for name in ("content-length", "content-encoding", "vary"):
        assert told.headers[name] == sent.headers[name]


async def test_a_client_that_has_the_rows_is_told_so_in_whatever_coding_they_came(site: Served) -> None:
    packed = await site.ask(f"{SECONDS}.csv?seconds=600", Accept_Encoding="gzip")
    for coding in ("gzip", "identity"):
        again = await site.ask(f"{SECONDS}.csv?seconds=600", Accept_Encoding=coding, If_None_Match=packed.headers["etag"])
        assert (again.status, again.body, again.headers["vary"]) == (304, b"", packed.headers["vary"])


@pytest.mark.parametrize("sent", ["gzip", "br, GZIP ;q=0.5"])
def test_compressed_goes_to_who_asks_for_it(sent: str) -> None:
    assert accepts_gzip(sent)


@pytest.mark.parametrize("sent", ["gzip;q=0", "gzip; q=0.0", "x-gzip", "br", ""])
def test_compressed_goes_to_nobody_else(sent: str) -> None:
    assert not accepts_gzip(sent)


def rows_of(body: bytes) -> object:
    """Return what two answers of the same rows have in common."""
    if not body.startswith(b'{"meta"'):
        return body
    return {name: value for name, value in orjson.loads(body).items() if name not in ITS_OWN}
