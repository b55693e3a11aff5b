"""Connections: what a client may hold of the server. A head that comes in time, answers that are taken, and not too many at once.

aiohttp's own parts for that, with what they leave open; its private parts are touched in this module only.
"""

import asyncio
import logging
import socket
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from web.access import Access
from web.limits import SEND_BUFFER_BYTES, STALL_BYTES, Limits
from web.metrics import Instruments
from web.problems import Problem, bad_request, internal_error

log = logging.getLogger(__name__)

LINGER_SECONDS = 2.0
"""For which a body that no one asked for is read, so that its sender sees the answer."""
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
REFUSAL_BODY = b'{"type":"about:blank","title":"Too busy","status":503,"detail":"too many connections are open: ask again in a moment"}'


class Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_head", "_instruments", "_limits", "_listener", "_stall")

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
        )
        self._listener, self._limits, self._instruments = listener, listener.limits, listener.instruments
        self._head: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or refuse it when there are too many."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._listener.connections) >= self._limits.connections:
            self._instruments.cut.labels("many").inc()
            transport.write(REFUSAL + b"Content-Length: %d\r\n\r\n" % len(REFUSAL_BODY) + REFUSAL_BODY)
            transport.close()
            self.force_close()
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
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take *data*; the first of a head starts its time, and its end ends it."""
        super().data_received(data)
        if self._waiter is None or self._waiter.done():
            self._end_head()
        elif self._head is None:
            self._await_head()

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
            self._watch(self.transport, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It has taken everything."""
        super().resume_writing()
        self._end_stall()

    def _watch(self, transport: asyncio.WriteTransport, waiting_bytes: int) -> None:
        self._stall = self._loop.call_later(self._limits.stall_seconds, self._look, transport, waiting_bytes)

    def _look(self, transport: asyncio.WriteTransport, before_bytes: int) -> None:
        """End the connection if its client has taken next to nothing since it was looked at; it may be one that is closed already."""
        waiting_bytes = transport.get_write_buffer_size()
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
            problem = Problem(431, "Request head too large", f"the request line or a header is too long; allowed: {most}")
        else:
            problem = bad_request("this is no HTTP request: a request line, headers, an empty line")
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
