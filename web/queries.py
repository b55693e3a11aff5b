"""Queries: how answers are made in threads. None is begun that nobody waits for, and what runs for too long is broken off."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from tables.allowance import Allowance
from web.line import Line
from web.metrics import Instruments

CLOSE_SECONDS = 2.0

Read = TypeVar("Read")


class Queries(Line):
    """Threads for queries, and the line before them."""

    def __init__(self, name: str, threads: int, most: int, seconds: float, instruments: Instruments) -> None:
        """Run *threads* at once and let the others wait, *most* in all, each for *seconds* at most. The event loop's thread asks."""
        super().__init__(most, seconds, instruments)
        self._threads = ThreadPoolExecutor(threads, name)
        self._open: dict[Future[Any], Allowance] = {}
        instruments.running.labels(name).set_function(lambda: sum(future.running() for future in list(self._open)))
        instruments.waiting.labels(name).set_function(lambda: sum(not future.running() for future in list(self._open)))

    async def run(self, work: Callable[[Allowance], Read], asked_at: float | None = None) -> Read:
        """Return what *work* returns, which takes from an allowance whatever it looks at: broken off when it is late or nobody waits.

        Its time begins now, or began when it was *asked_at* on the event loop's clock: it may have waited in another line before.

        Raises:
            Problem: too many are under way, it took too long, or the server stops.
        """
        self.refuse_when_full(len(self._open))
        allowance = Allowance()
        future = self._threads.submit(work, allowance)
        self._open[future] = allowance
        future.add_done_callback(self._open.pop)
        try:
            with self.counted():
                async with self.in_time(asked_at):
                    return await asyncio.wrap_future(future)
        finally:
            allowance.break_off()

    async def close(self) -> None:
        """Take no more, break off what runs and wait for its end, for a moment."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        running = dict(self._open)
        for allowance in running.values():
            allowance.break_off()
        await asyncio.to_thread(wait, running, CLOSE_SECONDS)
