"""A TCP proxy that can be slow, cut, or reset every connection: the network between a worker and its broker."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar

T = TypeVar("T")

CHUNK_BYTES = 1 << 16
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: close at once, with RST."""


class Proxy:
    """Forwards connections to itself on 127.0.0.1 to *port*; runs in a thread of its own between start and stop."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.connections = 0
        """How many were made so far."""
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._to = 0

    def start(self, to: int) -> Self:
        self._to = to
        self._thread.start()
        self._server = self._in_thread(asyncio.start_server(self._connected, sock=self._socket))
        return self

    def cut(self) -> None:
        """Let nothing through any more, in either direction: what is sent is swallowed, new connections hang."""
        self._open = False

    def mend(self) -> None:
        """Let everything through again; what was cut off is reset, as its bytes are lost."""
        self._in_thread(self._mend())

    def reset(self) -> None:
        """Reset every connection."""
        self._in_thread(self._reset())

    def stop(self) -> None:
        self._in_thread(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _in_thread(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._server.close()
        await self._reset()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _reset(self) -> None:
        for writer in list(self._writers):
            with suppress(OSError):  # one side has closed it already
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _mend(self) -> None:
        await self._reset()
        self._open = True  # before this thread reads on: what a client sends again at once would be swallowed

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, there_writer}
        try:
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        except OSError:
            pass  # reset, by us or by one side
        finally:
            for each in (writer, there_writer):
                self._writers.discard(each)
                each.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(late, writer))
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                late.put_nowait((self._loop.time() + self.delay_seconds, chunk))
        finally:
            late.put_nowait((0, b""))
            await delivery

    async def _deliver(self, late: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        while True:
            due, chunk = await late.get()
            await asyncio.sleep(due - self._loop.time())
            if not chunk:
                writer.close()
                return
            if self._open:
                writer.write(chunk)
                await writer.drain()
