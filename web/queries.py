"""Queries: how answers are computed. In threads, so many at once, each for so long; none is begun that nobody waits for."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

import duckdb

from tables.counts import TooMany
from tables.memory import Snapshot
from tables.warehouse import Warehouse
from web.metrics import Instruments
from web.problems import not_ready, too_busy

AGAIN_SECONDS = 0.05
CLOSE_SECONDS = 2.0
RETRY_SECONDS = 1

Read = TypeVar("Read")


class Query:
    """One answer under way: the warehouse as it sees it, whose cursor can be interrupted."""

    def __init__(self, warehouse: Warehouse, most: int | None = None) -> None:
        """Read *warehouse*, of its daily counts at *most* so many rows at once."""
        self._warehouse, self._most = warehouse, most
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
        """See `Warehouse.snapshot`."""
        snapshot = self._warehouse.snapshot
        return snapshot if self._most is None else snapshot._replace(daily=snapshot.daily.at_most(self._most))

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


class Queries:
    """Threads for queries, and the line before them."""

    def __init__(self, name: str, threads: int, most: int, seconds: float, instruments: Instruments) -> None:
        """Run *threads* at once and let the others wait, *most* in all, each for *seconds* at most. The event loop's thread asks."""
        self._threads = ThreadPoolExecutor(threads, name)
        self._most, self._seconds, self._ends = most, seconds, instruments.queries
        self._open: dict[Future[Any], Query] = {}
        self._closed = False
        instruments.running.labels(name).set_function(lambda: sum(future.running() for future in list(self._open)))
        instruments.waiting.labels(name).set_function(lambda: sum(not future.running() for future in list(self._open)))

    async def run(self, query: Query, work: Callable[[], Read]) -> Read:
        """Return what *work* returns, which reads through *query*; it is broken off when it is late, or nobody waits any more.

        Raises:
            Problem: too many are under way, or it took too long.
            TooMany: it looks at too many counts for these threads.
        """
        if self._closed:
            raise not_ready("the server stops")
        if len(self._open) >= self._most:
            self._ends.labels("refused").inc()
            raise too_busy(
                f"{self._most} queries are under way, which is what this server takes at once: ask again in a moment", RETRY_SECONDS
            )
        future = self._threads.submit(work)
        self._open[future] = query
        future.add_done_callback(self._open.pop)
        end = "failed"
        try:
            async with asyncio.timeout(self._seconds) as limit:
                answer = await asyncio.wrap_future(future)
            end = "answered"
        except TooMany:
            end = "moved"
            raise
        except TimeoutError as error:
            if not limit.expired():
                raise
            end = "timed_out"
            raise too_busy(
                f"the answer was not there after {self._seconds:g} s (ARTIST360_QUERY_SECONDS): ask for fewer days, or with more filters",
                RETRY_SECONDS,
            ) from error
        except (asyncio.CancelledError, duckdb.InterruptException) as error:
            end = "left"
            if self._closed:
                raise not_ready("the server stops") from error
            raise
        finally:
            self._ends.labels(end).inc()
            self._break_off(query, future)
        return answer

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
