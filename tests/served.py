"""A server as workers run it, over plays that stand in its warehouse already: real connections, and no broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

from app.serving import Serving, add_serving
from app.settings import Settings
from app.worker import Worker, new_worker
from tables.following import Freshness
from tables.grain import PlayKey, Watermark, pack_keys, pack_plays
from tables.songs import Song, Songs
from tables.warehouse import Batch, TopicPosition
from tests.broker.site import free_port
from tests.broker.waiting import GENEROUS_SECONDS, POLL_SECONDS

SONGS = Songs([Song("tkn", "", ("ROSALÍA", "Travis Scott"), "TKN", "", "TKN", "Latin Pop", 1)])
KEY: PlayKey = ("2026-11-23", "ES", "spotify", "ROSALÍA/Travis Scott", "tkn")
AS_OF = 1_795_417_272.5
TOTALS = "/v0/pipes/totals.json"


class Reply(NamedTuple):
    """What came over the wire."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The problem document that it is."""
        assert self.headers["content-type"] == "application/problem+json", self
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        return document


class Wire:
    """One connection, on which bytes are sent as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: str | bytes) -> Self:
        self._writer.write(data.encode() if isinstance(data, str) else data)
        await self._writer.drain()
        return self

    async def reply(self, *, body: bool = True) -> Reply:
        """Read one answer; one to HEAD has no *body*, whatever its length is."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            read = await self._reader.readexactly(int(headers.get("content-length", 0))) if body else b""
        return Reply(int(status.split()[1]), headers, read)

    async def deafen(self, request: str, times: int) -> None:
        """Send a *request* so many times, as far as it goes, and take no answer."""
        assert isinstance(self._writer.transport, asyncio.Transport)
        self._writer.transport.pause_reading()
        self._writer.write(request.encode() * times)

    async def until(self, data: bytes) -> None:
        """Read until *data* came."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            await self._reader.readuntil(data)

    async def rest(self) -> bytes:
        """Read to the end that the server makes."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            with suppress(ConnectionResetError):
                return await self._reader.read()
            return b""

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@dataclass
class Served:
    """See the module."""

    worker: Worker
    serving: Serving
    token: str

    @property
    def port(self) -> int:
        return self.worker.settings.web_port

    def fold(self, plays: int, offset: int) -> None:
        """Let the song have so many *plays*, at a watermark."""
        rows = {pack_keys([KEY])[0]: pack_plays(plays)}
        mark = Watermark(offset, plays, plays, 0, int(AS_OF * 1000))
        self.serving.warehouse.fold(Batch({0: rows}, {}, {TopicPosition("daily", 0): offset}, {0: mark}))

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        """Open a connection, and close it at the block's end."""
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port))
        try:
            yield wire
        finally:
            await wire.close()

    def head(self, path: str = TOTALS, method: str = "GET", **headers: str) -> str:
        """Return a request with the token; underscores in the names of *headers* stand for hyphens."""
        lines = {"Host": "localhost", "Authorization": f"Bearer {self.token}", **headers}
        return f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items()) + "\r\n"

    async def ask(self, path: str = TOTALS, method: str = "GET", **headers: str) -> Reply:
        """Ask on a connection of its own."""
        async with self.wire() as wire:
            await wire.send(self.head(path, method, **headers))
            return await wire.reply(body=method != "HEAD")

    def metric(self, name: str, **labels: str) -> float:
        """Return what the instruments say now; 0 of what they never met."""
        return self.worker.instruments.registry.get_sample_value(name, labels) or 0.0

    async def until(self, name: str, value: float, **labels: str) -> None:
        """Wait until a metric has a value."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while self.metric(name, **labels) != value:  # noqa: ASYNC110  (a metric wakes nobody)
                await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def served(folder: Path, cors: str | None = None, **limits: Any) -> AsyncIterator[Served]:
    """Serve, with other *limits* where given."""
    worker = new_worker(Settings(data=folder, web_port=free_port(), role="serve", cors=cors))
    worker.limits = replace(worker.limits, **limits)
    serving = add_serving(worker, lambda: SONGS)
    site = Served(worker, serving, (folder / "admin.token").read_text().strip())
    serving.warehouse.open()
    serving.warehouse.load()
    site.fold(360, 400)
    serving.tokens.complete = True
    serving.flush.freshness = Freshness(ready=True, reason="", as_of=AS_OF, log_end={0: 400})
    await worker.web.start_server()
    try:
        yield site
    finally:
        await serving.reader.close()
        await worker.web.stop_server()
        serving.warehouse.close()
