"""Queries: how answers are made in threads. None is begun that nobody waits for, and what runs for too long is broken off."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

import duckdb

from tables.allowance import UNBOUNDED, Allowance
from tables.memory import Snapshot
from tables.warehouse import Warehouse
from web.line import Line
from web.metrics import Instruments

AGAIN_SECONDS = 0.05
CLOSE_SECONDS = 2.0

Read = TypeVar("Read")


class Query:
    """One answer under way: the warehouse as it sees it, whose cursor can be interrupted."""

    def __init__(self, warehouse: Warehouse, allowance: Allowance = UNBOUNDED) -> None:
        """Read *warehouse*, and look at no more in memory than the *allowance* is for."""
        self._warehouse, self._allowance = warehouse, allowance
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._held = threading.Lock()
        """Held while the cursor is closed, which no interrupt must meet: DuckDB gives it free without Python's own lock."""

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor."""
        cursor = self._cursor = self._warehouse.cursor()
        try:
            yield cursor
        finally:
            with self._held:
                self._cursor = None
                cursor.close()

    @property
    def snapshot(self) -> Snapshot:
        """See `Warehouse.snapshot`; of all that come of one query no more is looked at than it may."""
        return self._warehouse.snapshot._replace(allowance=self._allowance)

    def suspect(self, error: Exception) -> bool:
        """See `Warehouse.suspect`."""
        return self._warehouse.suspect(error)

    def interrupt(self) -> None:
        """Break off the statement that runs, if one runs at this moment."""
        if self._held.acquire(blocking=False):
            try:
                if self._cursor is not None:
                    self._cursor.interrupt()
            finally:
                self._held.release()


class Queries(Line):
    """Threads for queries, and the line before them."""

    def __init__(self, name: str, threads: int, most: int, seconds: float, instruments: Instruments) -> None:
        """Run *threads* at once and let the others wait, *most* in all, each for *seconds* at most. The event loop's thread asks."""
        super().__init__(most, seconds, instruments)
        self._threads = ThreadPoolExecutor(threads, name)
        self._open: dict[Future[Any], Query] = {}
        instruments.running.labels(name).set_function(lambda: sum(future.running() for future in list(self._open)))
        instruments.waiting.labels(name).set_function(lambda: sum(not future.running() for future in list(self._open)))

    async def run(self, query: Query, work: Callable[[], Read]) -> Read:
        """Return what *work* returns, which reads through *query*; it is broken off when it is late, or nobody waits any more.

        Raises:
            Problem: too many are under way, it took too long, or the server stops.
        """
        self.refuse_when_full(len(self._open))
        future = self._threads.submit(work)
        self._open[future] = query
        future.add_done_callback(self._open.pop)
        try:
            with self.counted():
                async with self.in_time():
                    return await asyncio.wrap_future(future)
        finally:
            self._break_off(query, future)

    def _break_off(self, query: Query, future: Future[Any]) -> None:
        """Interrupt *query* until it is over: an interrupt between two of its statements is lost."""
        if not future.done():
            query.interrupt()
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._break_off, query, future)

    async def close(self) -> None:
        """Take no more, break off what runs and wait for its end, for a moment."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        running = dict(self._open)
        for future, query in running.items():
            self._break_off(query, future)
        await asyncio.to_thread(wait, running, CLOSE_SECONDS)
