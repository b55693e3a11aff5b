"""Claims about the page's files: small on the wire, the same when unpacked, and asked for again only when they are others."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.served import Served, served
from web.files import STATIC, TEXT, read_text
from web.page import shell

LIGHT_BYTES = 150_000
TEXTS = sorted(path for path in STATIC.rglob("*") if path.suffix in TEXT and path.parent.name != "flags")
OTHERS = sorted(path for path in STATIC.rglob("*") if path.is_file() and path.suffix not in TEXT)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as opened:
        yield opened


def address(path: Path) -> str:
    return f"/static/{path.relative_to(STATIC).as_posix()}"


async def test_text_goes_compressed_and_is_the_file_when_unpacked(site: Served) -> None:
    for path in TEXTS:
        reply = await site.ask(address(path), Accept_Encoding="br, gzip")
        assert (reply.status, reply.headers["content-encoding"], reply.headers["vary"]) == (200, "gzip", "Accept-Encoding"), path
        assert reply.headers["content-type"] == f"{TEXT[path.suffix]}; charset=utf-8"
        assert gzip.decompress(reply.body) == path.read_bytes()


async def test_who_cannot_unpack_gets_the_file_as_it_is(site: Served) -> None:
    for coding in ("", "br", "gzip;q=0"):
        reply = await site.ask("/static/main.js", Accept_Encoding=coding)
        assert (reply.body, reply.headers["vary"]) == ((STATIC / "main.js").read_bytes(), "Accept-Encoding")
        assert "content-encoding" not in reply.headers


async def test_fonts_and_the_like_go_as_they_are(site: Served) -> None:
    for path in OTHERS:
        reply = await site.ask(address(path), Accept_Encoding="gzip")
        assert (reply.status, reply.body, "content-encoding" in reply.headers) == (200, path.read_bytes(), False), path


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_a_file_that_a_browser_has_is_not_sent_again(site: Served, coding: str) -> None:
    first = await site.ask("/static/main.js", Accept_Encoding=coding)
    assert first.headers["cache-control"] == "private, no-cache"  # kept, and asked for again: an upgrade is seen at once
    again = await site.ask("/static/main.js", Accept_Encoding=coding, If_None_Match=first.headers["etag"])
    assert (again.status, again.body, again.headers["etag"], again.headers["vary"]) == (304, b"", first.headers["etag"], "Accept-Encoding")
    other = {"gzip": "identity", "identity": "gzip"}[coding]
    assert (await site.ask("/static/main.js", Accept_Encoding=other, If_None_Match=first.headers["etag"])).status == 200


def test_another_content_has_another_tag_and_the_same_one_the_same(tmp_path: Path) -> None:
    script = tmp_path / "a.js"
    script.write_text("1")
    before = read_text(script, 1)
    script.write_text("2")
    after = read_text(script, 2)
    assert (after.plain, gzip.decompress(after.compressed)) == (b"2", b"2")
    assert after.digest != before.digest
    script.write_text("1")
    assert read_text(script, 3) == before


async def test_all_scripts_and_styles_together_are_light(site: Served) -> None:
    needed = {
        path
        for document in ("index.html", "docs.html")
        for path in re.findall(r'(?:src|href)="(/static/[^"]+\.(?:m?js|css))"', shell(document, "EUR"))
    }
    assert len(needed) > 50
    replies = [await site.ask(path, Accept_Encoding="gzip") for path in sorted(needed)]
    assert 0 < sum(len(reply.body) for reply in replies) < LIGHT_BYTES
