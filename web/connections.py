"""Connections: what a client may hold of the server. A head that comes in time, answers that are taken, and not too many at once.

aiohttp's own parts for that, with what they leave open; its private parts are touched in this module only.
"""

import asyncio
import fcntl
import logging
import socket
import sys
import termios
from contextlib import suppress
from contextvars import copy_context
from http import HTTPStatus
from typing import Any

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import BadHttpMethod, BadStatusLine, InvalidURLError, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD

from web.access import Access
from web.guard import HEADERS
from web.limits import SEND_BUFFER_BYTES, STALL_BYTES, Limits
from web.metrics import Instruments
from web.problems import Problem, bad_request, internal_error, too_busy
from web.request_ids import HEADER, begin_request

log = logging.getLogger(__name__)

TOO_MANY_HEADERS = "Too many headers"
"""What aiohttp's error says of them, which has no type of its own."""
UNREADABLE = {
    InvalidURLError: "the address has a character that must be percent-encoded, as all but ASCII must: ROSAL%C3%8DA; curl does it with "
    "-G --data-urlencode 'artist=ROSALÍA'",
    BadHttpMethod: "this is no HTTP request, or its method is none: it begins with GET, an address and HTTP/1.1",
    BadStatusLine: "the request line is not a method, an address and HTTP/1.1: a space in an address is written %20",
}
"""What is said of heads that cannot be read, by aiohttp's error."""
NO_REQUEST = "this is no HTTP request: a request line, headers with one Host among them and one length of the body at most, an empty line"
LINGER_SECONDS = 2.0
"""For which a body that no one asked for is read, so that its sender sees the answer."""
HEAD_TOO_LARGE = "Request head too large"


def not_taken(transport: asyncio.WriteTransport) -> int:
    """Return how many bytes the client has not taken: those in *transport*, and those that the kernel has, where it tells."""
    waiting = transport.get_write_buffer_size()
    with suppress(OSError, ValueError):  # the socket is closed, or this system tells it of no socket
        answer = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        waiting += int.from_bytes(answer, sys.byteorder)
    return waiting


def _written(problem: Problem) -> bytes:
    """Return *problem* as an answer of its own, outside any request."""
    headers = {HEADER: begin_request(None), **HEADERS, **problem.headers, "Content-Type": "application/problem+json", "Connection": "close"}
    body = problem.document()
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Content-Length": len(body)}.items())
    return f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n{lines}\r\n".encode() + body


class Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_body", "_head", "_head_bytes", "_instruments", "_limits", "_listener", "_stall")

    def __init__(self, listener: "Listener", loop: asyncio.AbstractEventLoop) -> None:
        """Belong to *listener*."""
        super().__init__(
            listener,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # which it takes for none
            keepalive_timeout=listener.limits.idle_seconds,
            lingering_time=LINGER_SECONDS,
            max_line_size=listener.limits.line_bytes,
            max_field_size=listener.limits.line_bytes,
            auto_decompress=False,  # no body comes in a coding; see `web.bodies`
        )
        self._head_bytes = 0
        """Of what is no whole head yet, and no body."""
        self._body: StreamReader = EMPTY_PAYLOAD
        """Of the request whose head came last."""
        self._listener, self._limits, self._instruments = listener, listener.limits, listener.instruments
        self._head: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or refuse it when there are too many."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._listener.connections) >= self._limits.connections:
            self._refuse(transport, "many", too_busy("too many connections are open: ask again in a moment", 1))
            return
        super().connection_made(transport)
        self._instruments.connections.inc()
        transport.set_write_buffer_limits(high=0)  # pause_writing then tells of every byte that waits for the client
        if (at := transport.get_extra_info("socket")) is not None:
            at.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._await_head()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End what waits for the client."""
        if self in self._listener.connections:
            self._instruments.connections.dec()
        self._end_head()
        self._end_stall()
        self._listener.behind.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take *data*; the first of a head starts its time, and its end ends it."""
        heads_before = self._request_count
        super().data_received(data)
        if self._request_count > heads_before:
            self._body, self._head_bytes = self._messages[-1][1], 0
        elif self._body.is_eof():
            self._head_bytes += len(data)
        answering = self._waiter is None or self._waiter.done()
        if answering:
            self._end_head()
        elif self._head is None:
            self._await_head()
        if self._head_bytes > self._limits.head_bytes and self.transport is not None:
            self._refuse_head(self.transport, answering=answering)

    def _refuse_head(self, transport: asyncio.WriteTransport, *, answering: bool) -> None:
        """End the connection for a head that is too large: with an answer, unless another one is on its way."""
        if answering:
            self._instruments.cut.labels("head").inc()
            transport.abort()
        else:
            most = f"{self._limits.head_bytes:,} bytes"
            self._refuse(transport, "head", Problem(431, HEAD_TOO_LARGE, f"its headers are too large; allowed: {most} in all"))

    def _refuse(self, transport: asyncio.WriteTransport, limit: str, problem: Problem) -> None:
        """Answer with *problem* what is no request yet, by a *limit*, and close."""
        self._instruments.cut.labels(limit).inc()
        transport.write(copy_context().run(_written, problem))
        transport.close()
        self.force_close()

    def _await_head(self) -> None:
        self._head = self._loop.call_later(self._limits.head_seconds, self._head_late)

    def _end_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _head_late(self) -> None:
        self._instruments.cut.labels("head").inc()
        self.force_close()

    def pause_writing(self) -> None:
        """Begin to watch how the client takes what waits for it."""
        super().pause_writing()
        if self.transport is not None:
            self._watch(self.transport, not_taken(self.transport))
            self._listener.hold(self)

    def resume_writing(self) -> None:
        """It has taken everything."""
        super().resume_writing()
        self._end_stall()
        self._listener.behind.pop(self, None)

    @property
    def held_bytes(self) -> int:
        """How much of its answers this process holds for the client."""
        return 0 if self.transport is None else self.transport.get_write_buffer_size()

    def let_go(self) -> None:
        """Break off, for others need the memory."""
        self._instruments.cut.labels("held").inc()
        if self.transport is not None:
            self.transport.abort()

    def _watch(self, transport: asyncio.WriteTransport, waiting_bytes: int) -> None:
        self._stall = self._loop.call_later(self._limits.stall_seconds, self._look, transport, waiting_bytes)

    def _look(self, transport: asyncio.WriteTransport, before_bytes: int) -> None:
        """End the connection if its client has taken next to nothing since it was looked at; it may be one that is closed already."""
        waiting_bytes = not_taken(transport)
        if waiting_bytes > before_bytes - STALL_BYTES:
            self._instruments.cut.labels("stall").inc()
            transport.abort()
        else:
            self._watch(transport, waiting_bytes)

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  (aiohttp's words: they may hold a token)
    ) -> web.StreamResponse:
        """Return the problem document for what is no request, which comes before every route."""
        if status >= 500:  # noqa: PLR2004
            log.error("a request failed outside its route", exc_info=exc)
            problem = internal_error()
        elif isinstance(exc, LineTooLong):
            most = f"{self.max_line_size:,} bytes a line"
            problem = Problem(431, HEAD_TOO_LARGE, f"the request line or a header is too long; allowed: {most}")
        elif TOO_MANY_HEADERS in str(exc):
            problem = Problem(431, HEAD_TOO_LARGE, f"it has too many headers; allowed: {self.max_headers}")
        else:
            problem = bad_request(next((detail for kind, detail in UNREADABLE.items() if isinstance(exc, kind)), NO_REQUEST))
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way")
        response = self._listener.access.unroutable(request, problem)
        response.force_close()
        return response


class Listener(web.Server):
    """Makes the connections of an application."""

    def __init__(self, plain: web.Server, access: Access, limits: Limits, instruments: Instruments) -> None:
        """Answer as *plain* does, the server that aiohttp made for the application."""
        super().__init__(
            access.around(plain.request_handler),
            request_factory=plain.request_factory,
            handler_cancellation=True,  # nobody computes for a client that is gone
        )
        self.access, self.limits, self.instruments = access, limits, instruments
        self.behind: dict[Connection, None] = {}
        """Those whose clients have not taken everything, who began longest ago first."""

    def hold(self, connection: Connection) -> None:
        """Hold what the client of *connection* has not taken, and let go whose clients take for longest where that is too much in all."""
        self.behind[connection] = None
        held = sum(each.held_bytes for each in self.behind)
        while held > self.limits.held_bytes:
            longest = next(iter(self.behind))
            del self.behind[longest]
            held -= longest.held_bytes
            longest.let_go()

    def __call__(self) -> Connection:
        """Return what takes the next connection."""
        return Connection(self, self._loop)


class Runner(web.AppRunner):
    """Runs an application on such connections."""

    def __init__(self, app: web.Application, access: Access, limits: Limits, instruments: Instruments, **kwargs: Any) -> None:
        """Run *app*."""
        super().__init__(app, **kwargs)
        self._parts = (access, limits, instruments)

    async def _make_server(self) -> web.Server:
        return Listener(await super()._make_server(), *self._parts)
