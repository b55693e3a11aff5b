"""Queries: how answers are made in threads. None is begun that nobody waits for, and what runs for too long is broken off."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from tables.allowance import Allowance
from tables.balance import Balance
from tables.memory import Snapshot
from web.line import Line
from web.metrics import Instruments
from web.questions import Readable

CLOSE_SECONDS = 2.0

Read = TypeVar("Read")


class Query:
    """One answer under way: the warehouse as it sees it."""

    def __init__(self, warehouse: Readable, allowance: Allowance | None = None) -> None:
        """Read *warehouse*, and look at no more in memory than the *allowance* is for; None: at however much."""
        self._warehouse, self._allowance = warehouse, allowance or Allowance()

    @property
    def snapshot(self) -> Snapshot:
        """See `Warehouse.snapshot`; of all that come of one query no more is looked at than it may."""
        return self._warehouse.snapshot._replace(allowance=self._allowance)

    @property
    def balance(self) -> Balance:
        """See `Warehouse.balance`."""
        return self._warehouse.balance

    def break_off(self) -> None:
        """End it the next time that it looks at something: `BrokenOff` is raised there."""
        self._allowance.break_off()


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
            query.break_off()

    async def close(self) -> None:
        """Take no more, break off what runs and wait for its end, for a moment."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        running = dict(self._open)
        for query in running.values():
            query.break_off()
        await asyncio.to_thread(wait, running, CLOSE_SECONDS)
