"""Live site: a server of streams with a real warehouse, whose plays, time and tokens a test sets, and its clients."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler

from tables.flush import Flush
from tables.following import FlushPlan, Freshness
from tables.grain import Watermark, pack_keys, pack_plays
from tables.rates import Rates
from tables.room import Room
from tables.songs import Song, Songs
from tables.warehouse import Batch, TopicPosition, Warehouse
from tests.events import Follower, address
from web.grants import EVERYTHING, Grant
from web.guard import GRANT
from web.hub import Hub
from web.limits import Limits
from web.live import add_live
from web.metrics import Instruments
from web.page import View
from web.problems import Problem
from web.reader import Reader

NOW = 1_795_417_272
DAY, SECOND = "2026-11-23", "2026-11-23 07:01:"
PLAN = FlushPlan("plays", "daily", "live", 1, {"bootstrap.servers": "127.0.0.1:1"}, 1.0)
ARTISTS = {"tkn": "ROSALÍA/Travis Scott", "bul": "ROSALÍA"}
SONGS = Songs(Song(song, "", tuple(artists.split("/")), song.upper(), "", "", "", 1.0) for song, artists in ARTISTS.items())
MOST = 6
MOST_OF_A_TOKEN = 3


class Site:
    """A server of streams whose plays, time and tokens a test sets."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder / "warehouse.duckdb", SONGS, Rates())
        self.warehouse.open()
        self.warehouse.load()
        instruments = Instruments()
        self.flush = Flush(self.warehouse, PLAN, lambda: SONGS, Room(folder, 0), instruments.flush.observe)
        self.reader = Reader(self.warehouse, self.flush, lambda: self.unready, Limits(), instruments)
        self.unready = ""
        self.revoked: set[str] = set()
        self.hub = Hub(self.reader, MOST, lambda grant: grant.id not in self.revoked)
        self.grants = {"": Grant("admin", frozenset({EVERYTHING}))}
        self.counted: dict[str, int] = {}
        self.app = web.Application(middlewares=[self._admitting()])
        add_live(self._page, self.hub)
        self.client: TestClient[web.Request, web.Application] = TestClient(TestServer(self.app))

    def _page(self, path: str) -> Callable[[View], Any]:
        def add(view: View) -> None:
            async def handler(request: web.Request) -> web.StreamResponse:
                return await view(None, request)

            self.app.router.add_get(path, handler)

        return add

    def _admitting(self) -> Any:
        @web.middleware
        async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
            request[GRANT] = self.grants[request.headers.get("X-Grant", "")]
            try:
                return await handler(request)
            except Problem as problem:
                return problem.response()

        return admit

    async def fold(self, plays: int = 0, *, song: str = "tkn", country: str = "ES", second: int = 12, as_of: float = NOW) -> None:
        """Count *plays* more and end a flush."""
        credit = ARTISTS[song]
        self.counted[song + country] = self.counted.get(song + country, 0) + plays
        batch = Batch(
            {0: dict(zip(pack_keys([(DAY, country, "spotify", credit, song)]), [pack_plays(self.counted[song + country])], strict=True))},
            {0: dict(zip(pack_keys([(f"{SECOND}{second:02d}", country, "spotify", credit, song)]), [pack_plays(plays)], strict=True))},
            {TopicPosition("daily", 0): 1},
            {0: Watermark(total := sum(self.counted.values()), total, total, 0, NOW * 1000)},
        )
        await asyncio.to_thread(self.warehouse.fold, batch)
        await self.renew(Freshness(ready=True, reason="", as_of=as_of, log_end={0: total}))

    async def renew(self, freshness: Freshness) -> None:
        await asyncio.to_thread(self.flush.renew, freshness)  # in another thread, as the flush does it

    async def listen(self, *, last_id: str = "", grant: str = "", **parts: str) -> "Client":
        response = await self.client.get(address(**parts), headers={"Last-Event-ID": last_id, "X-Grant": grant})
        assert response.status == 200, await response.text()
        return Client(response)


class Client(Follower):
    """A stream that is open."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        super().__init__()
        self.response = response

    async def until(self, condition: Callable[[], Any]) -> None:
        while not condition():
            line = await self.response.content.readline()
            assert line, f"the stream ended: {self.bye}"
            self.take(line.decode().removesuffix("\n"))

    async def turn(self, condition: Callable[[], Any] = lambda: True) -> None:
        """Read until a turn has closed after which *condition* holds."""
        closed = self.came["as_of"]
        await self.until(lambda: self.came["as_of"] > closed and condition())

    async def rest(self) -> None:
        """Read to the end."""
        async for line in self.response.content:
            self.take(line.decode().removesuffix("\n"))

    def plays(self, name: str) -> int:
        return int(self.rows[name][0]["plays"])
