"""Listeners: a thousand clients of the live stream in one thread, which read, count and keep nothing."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

READ_BYTES = 1 << 16
CLOSING = b"event: as_of"


@dataclass
class Listeners:
    """Opens a stream for each of *paths*, on a server of this machine; leaves them when the block ends."""

    port: int
    token: str
    paths: Sequence[str]
    bytes: int = 0
    turns: int = 0
    """Over all streams: how often one was told until when it holds everything."""
    begun: set[int] = field(default_factory=set)
    """The streams that have had their first turn."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._listen(),), name="listeners")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._over = asyncio.Event()
        streams = [asyncio.create_task(self._read(number, path)) for number, path in enumerate(self.paths)]
        await self._over.wait()
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)

    async def _read(self, number: int, path: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())
        while part := await reader.read(READ_BYTES):
            self.bytes += len(part)
            if turns := part.count(CLOSING):
                self.turns += turns
                self.begun.add(number)
        raise ConnectionError(f"the server ended stream {number}")
