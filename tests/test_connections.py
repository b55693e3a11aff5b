"""Claims about connections: a slow, silent or greedy client loses its own, and the others notice nothing."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from tests.broker.waiting import GENEROUS_SECONDS, POLL_SECONDS
from tests.broker.worker_process import STOP_SECONDS
from tests.served import TOTALS, Served, Wire, served
from web.connections import not_taken
from web.limits import SEND_BUFFER_BYTES, Limits

CUT = "artist360_http_connections_cut_total"
OPEN = "artist360_http_connections"
SLOW = 200
UNFINISHED = f"GET {TOTALS} HTTP/1.1\r\nHost: localhost\r\nX-A: "
SCRIPT, SCRIPTS = "/static/vendor/uplot.mjs", 2_000
"""Answers of 50 KB, of which no buffer on the way holds so many."""
HEADERS, HEADER_BYTES = 10, 60_000
"""Of a head: some 600 KB, several times what one may be, without an end."""
LARGE_BODY_BYTES = 20 * HEADER_BYTES
PAGES = 40_000
"""Answers that no buffer on the way holds: some 60 MB of headers and dashboard."""


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as opened:
        yield opened


async def test_two_hundred_clients_that_never_finish_their_headers_keep_nobody_waiting(site: Served) -> None:
    async with AsyncExitStack() as slow:
        for _ in range(SLOW):
            wire = await slow.enter_async_context(site.wire())
            await wire.send(UNFINISHED)
        await site.until(OPEN, SLOW)
        for path in (TOTALS, "/livez", "/metrics", "/static/home.js"):
            assert (await site.ask(path)).status == 200
        assert site.metric(CUT, limit="head") == 0
    await site.until(OPEN, 0)


async def test_a_head_that_is_late_is_cut_however_many_bytes_trickle_in(tmp_path: Path) -> None:
    async with served(tmp_path, head_seconds=0.5) as site, site.wire() as wire, site.wire() as silent:
        await wire.send(UNFINISHED)
        await trickle(wire)
        assert await silent.rest() == b""
        assert site.metric(CUT, limit="head") == 2


async def test_a_connection_that_answered_once_must_finish_its_next_head_too(tmp_path: Path) -> None:
    async with served(tmp_path, head_seconds=0.3) as site, site.wire() as wire:
        assert (await (await wire.send(site.head())).reply()).status == 200
        await wire.send(UNFINISHED)
        assert await wire.rest() == b""
        assert site.metric(CUT, limit="head") == 1


async def test_a_connection_rests_between_two_requests_for_longer_than_a_head_may_take(tmp_path: Path) -> None:
    async with served(tmp_path, head_seconds=0.3) as site, site.wire() as wire, site.wire() as silent:
        assert (await (await wire.send(site.head())).reply()).status == 200
        assert await silent.rest() == b""  # so long may a head take
        assert (await (await wire.send(site.head())).reply()).status == 200
        assert site.metric(CUT, limit="head") == 1


async def test_a_connection_that_rests_for_too_long_is_closed(tmp_path: Path) -> None:
    async with served(tmp_path, idle_seconds=0.3) as site, site.wire() as wire:
        assert (await (await wire.send(site.head())).reply()).status == 200
        assert await wire.rest() == b""


@pytest.mark.parametrize("path", ["/", "/static/page.css"])
async def test_a_client_that_takes_no_answers_is_let_go(tmp_path: Path, path: str) -> None:
    async with served(tmp_path, stall_seconds=0.5) as site, site.wire() as deaf:
        await deaf.deafen(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n", PAGES)
        await site.until(CUT, 1, limit="stall")
        assert (await site.ask()).status == 200
        await site.until(OPEN, 0)


async def test_a_client_for_whom_more_is_held_than_there_is_room_for_is_let_go(tmp_path: Path) -> None:
    async with served(tmp_path, held_bytes=1) as site, site.wire() as deaf:
        await deaf.deafen(f"GET {SCRIPT} HTTP/1.1\r\nHost: localhost\r\n\r\n", SCRIPTS)
        await site.until(CUT, 1, limit="held")
        await site.until(OPEN, 0)
        assert (await site.ask()).status == 200


async def test_a_head_may_not_grow_behind_a_request_that_is_being_answered(site: Served) -> None:
    async with site.wire() as wire:
        await wire.send(site.head("/live?all=totals"))
        await wire.until(b"event: as_of")
        with suppress(ConnectionError):
            for number in range(HEADERS):
                await wire.send(f"X-{number}: {'x' * HEADER_BYTES}\r\n" if number else "GET / HTTP/1.1\r\n")
        await site.until(CUT, 1, limit="head")
        await site.until(OPEN, 0)


async def test_a_large_body_behind_its_head_is_no_head(site: Served) -> None:
    async with site.wire() as wire:
        await wire.send(site.head("/session", "POST", Content_Length=str(LARGE_BODY_BYTES)))
        for _ in range(LARGE_BODY_BYTES // HEADER_BYTES):
            await wire.send("x" * HEADER_BYTES)
        assert (await wire.reply()).status == 413
        assert (await (await wire.send(site.head())).reply()).status == 200
    assert site.metric(CUT, limit="head") == 0


async def test_a_client_that_takes_its_answers_slowly_gets_them_all(tmp_path: Path) -> None:
    async with served(tmp_path, stall_seconds=2.0) as site, site.wire() as wire:
        await wire.send("GET /static/page.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500)
        for _ in range(500):
            assert (await wire.reply()).status == 200
        assert site.metric(CUT, limit="stall") == 0


async def test_beyond_the_most_connections_the_next_is_refused_at_once_until_one_ends(tmp_path: Path) -> None:
    async with served(tmp_path, connections=3) as site:
        async with AsyncExitStack() as three:
            for _ in range(3):
                await three.enter_async_context(site.wire())
            await site.until(OPEN, 3)
            async with site.wire() as fourth:
                reply = await fourth.reply()
                assert (reply.status, reply.headers["retry-after"], reply.document["title"]) == (503, "1", "Too busy")
                assert await fourth.rest() == b""
            assert site.metric(CUT, limit="many") == 1
        await site.until(OPEN, 0)
        assert (await site.ask()).status == 200


async def test_a_body_that_is_too_large_is_refused_without_being_read(site: Served) -> None:
    async with site.wire() as wire:
        await wire.send(site.head("/session", "POST", Content_Length="10000000000") + "x" * (Limits.body_bytes + 1))
        reply = await wire.reply()
        assert (reply.status, reply.document["title"]) == (413, "Request Entity Too Large")
        assert await wire.rest() == b""


async def test_a_body_that_is_late_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path, body_seconds=0.2) as site, site.wire() as wire:
        await wire.send(site.head("/session", "POST", Content_Length="100") + "{")
        assert (await wire.reply()).document["title"] == "Body too slow"
        assert await wire.rest() == b""


async def test_a_body_that_nobody_asked_for_is_read_and_dropped_if_it_is_small(site: Served) -> None:
    async with site.wire() as wire:
        for _ in range(2):
            await wire.send(site.head(Content_Length="1000") + "x" * 1000)
            assert (await wire.reply()).status == 200


async def test_a_stop_does_not_wait_for_clients_that_do_nothing(site: Served) -> None:
    async with site.wire() as rests, site.wire() as writes, site.wire() as deaf:
        assert (await (await rests.send(site.head())).reply()).status == 200
        await writes.send(UNFINISHED)
        await deaf.deafen("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", PAGES)
        begun = time.monotonic()
        await site.worker.web.stop_server()
        assert time.monotonic() - begun < STOP_SECONDS
        assert await rests.rest() == await writes.rest() == b""


async def trickle(wire: Wire) -> None:
    """Send byte after byte until the server has closed the connection."""
    with suppress(ConnectionError):
        async with asyncio.timeout(GENEROUS_SECONDS):
            while True:
                await wire.send("x")
                await asyncio.sleep(POLL_SECONDS)


async def test_what_a_client_takes_out_of_the_systems_buffers_is_seen_too() -> None:
    made: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: made.append(writer), "127.0.0.1", 0)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, server.sockets[0].getsockname())
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not made:  # noqa: ASYNC110  (an accepted connection wakes nobody here)
                await asyncio.sleep(POLL_SECONDS)
            transport = made[0].transport
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            transport.write(b"x" * (4 << 20))
            waiting, before, taken = transport.get_write_buffer_size(), not_taken(transport), 0
            while not_taken(transport) >= before:
                taken += len(await asyncio.get_running_loop().sock_recv(client, 1024))
        assert transport.get_write_buffer_size() == waiting > 0
        assert taken < SEND_BUFFER_BYTES
        transport.abort()
    server.close()
