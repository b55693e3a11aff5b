"""Streams: one client's connection each, with what waits to be written to it, as server-sent events."""

import asyncio
import hashlib
import logging
import random
import re
import socket
from collections.abc import Mapping

from aiohttp import ClientConnectionError, web

from web.connections import not_taken
from web.feeds import Feed
from web.grants import Grant
from web.problems import Problem
from web.request_ids import request_id

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
HEARTBEAT = b": still here\n\n"
SLOW_SECONDS = 10.0
"""How long a client may take nothing of what waits for it; then it is dropped, comes back and is sent everything anew."""
BEHIND_SECONDS = 60.0
"""How old what waits for a client may become, however steadily it takes: what comes meanwhile is held for it."""
SEND_BUFFER_BYTES = 64 << 10
"""Of the socket: the system's own choice lets a client that reads nothing hold megabytes."""
RETRY_MS = (500, 3_000)
"""When a client should come back; at random between these, so that not all come at once."""
Parts = tuple[tuple[bytes, Feed], ...]
"""The feeds of a stream, each under the name that the client chose. Streams with equal parts are sent the same bytes."""


def event(name: bytes, data: bytes) -> bytes:
    """Return an event; *data* is one line."""
    return b"event: %s\ndata: %s\n\n" % (name, data)


class Stream:
    """A client that listens. Nothing here waits for it but its own `write_out`."""

    def __init__(self, request: web.Request, grant: Grant, parts: Parts, barred: Mapping[str, Problem], hub: str) -> None:
        """Begin with what is *barred*; *hub* is the hub's own name, which changes with a restart."""
        self.grant, self.parts = grant, parts
        self._request_id = request_id()
        asked = [(name, feed.subscription) for name, feed in parts]
        self._name = hashlib.blake2b(
            repr((hub, [(name, each.asked, each.rows) for name, each in asked])).encode(), digest_size=8
        ).hexdigest()
        self.has = self._turn_of(request.headers.get("Last-Event-ID", ""))
        """The turn until which the client has everything; -1: it has nothing."""
        self.begun = False
        self.told = ""
        """Why the numbers are not ready, as it was told last."""
        self._transport = request.transport
        if self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._waiting: list[bytes] = []
        self._waits_since = 0.0
        self._taken_at = 0.0
        """When it was last seen that the client takes something, or that nothing waited for it."""
        self._not_taken = 0
        """Bytes, then."""
        self._more = asyncio.Event()
        self._ended = False
        self.put(b"retry: %d\n\n" % random.randint(*RETRY_MS))
        for name, problem in barred.items():
            self.put(event(name.encode(), problem.document()))

    def id_of(self, turn: int) -> bytes:
        """Return the id of an event after which the client has everything until *turn*; other parts or another hub give others."""
        return f"id: {self._name}-{turn}\n".encode()

    def _turn_of(self, last_id: str) -> int:
        found = re.fullmatch(rf"{self._name}-(\d{{1,15}})", last_id)
        return int(found[1]) if found else -1

    def put(self, piece: bytes) -> None:
        """Let *piece* be written; a client that takes nothing for too long, or is too far behind, is dropped."""
        now = asyncio.get_running_loop().time()
        if not self._waiting:
            self._waits_since = now
            self._takes(now)
        self._waiting.append(piece)
        self._more.set()
        if now - self._waits_since > BEHIND_SECONDS:
            self._drop_slow("is too slow for what it asked for")
        elif now - self._taken_at > SLOW_SECONDS and not self._takes(now):
            self._drop_slow("takes nothing")

    def _takes(self, now: float) -> bool:
        """Say whether the client has taken anything since this was asked before."""
        before, self._not_taken, self._taken_at = self._not_taken, not_taken(self._transport) if self._transport else 0, now
        return self._not_taken < before

    def _drop_slow(self, why: str) -> None:
        log.info("dropped a stream whose client %s", why, extra={"data": {"request": self._request_id, "token": self.grant.id}})
        self.drop()

    def end(self, why: str) -> None:
        """Say goodbye, and let `write_out` return after it."""
        self.put(event(b"bye", b'{"reason":"%s"}' % why.encode()))
        self._ended = True

    def drop(self) -> None:
        """Break the connection, whatever still waits."""
        self._ended = True
        self._waiting.clear()
        self._more.set()
        if self._transport is not None:
            self._transport.abort()

    async def write_out(self, response: web.StreamResponse) -> None:
        """Write what comes until the end, and a heartbeat where nothing comes."""
        while self._waiting or not self._ended:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._more.wait()
            except TimeoutError:
                self.put(HEARTBEAT)
            waiting, self._waiting = self._waiting, []
            self._more.clear()
            try:
                await response.write(b"".join(waiting))
            except (ConnectionResetError, ClientConnectionError):
                return  # the client has left, or was dropped
