"""Reader: asks the warehouse for answers, long ones in threads so that the event loop goes on, and says when there is none to give."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from tables.allowance import Allowance, BeyondAllowance
from tables.flush import Flush
from tables.following import Freshness
from tables.warehouse import Warehouse
from tables.warehouse_file import Unavailable
from web.answers import Answer, answer
from web.endpoints import CONSERVATION, Endpoint
from web.grants import EVERY_ROW, Rows
from web.limits import Limits
from web.metrics import Instruments, WarehouseFigures
from web.problems import not_ready
from web.queries import Queries
from web.questions import Allowed
from web.request_ids import request_id
from web.turns import Turns

log = logging.getLogger(__name__)

SHORT, LONG, STREAMS = "short", "long", "streams"
"""Lanes: a server that has too much to answer goes on with its streams. Short answers are made in the event loop, others in threads, of
which each lane has its own. Streams ask one question at a time."""
LONG_THREADS = max(1, min(4, (os.cpu_count() or 1) // 2))
"""They go through arrays, mostly without Python's lock, and leave processors for the event loop and the flush. Each may take 100 MB."""
SHORT_ROWS = 1_200_000
"""Looking at so many counts takes some 8 ms, in which the event loop does nothing else; a thread takes two to three times as long."""
SHORT_SECONDS = 0.02
"""Of the processor: an answer that took more by the next time that it looks at something is made in a thread after all."""
ROWS_PER_WRITTEN = 200
"""Writing a row of an answer, of which there may be as many as its limit, takes as long as looking at so many."""
PARAMETERS_CHARACTERS = 500

Read = TypeVar("Read")


class Reader:
    """Answers endpoints from the warehouse that the flush keeps."""

    def __init__(self, warehouse: Warehouse, flush: Flush, unready: Callable[[], str], limits: Limits, instruments: Instruments) -> None:
        """Read *warehouse*; *unready* says why this process is not ready beyond the flush, and nothing when it is."""
        self._warehouse, self._flush, self._unready = warehouse, flush, unready
        self._slow_seconds, self._seconds = limits.slow_query_seconds, instruments.query
        self._turns = Turns(SHORT, limits.queries, limits.query_seconds, instruments)
        self._threads = {
            LONG: Queries(LONG, LONG_THREADS, limits.queries, limits.query_seconds, instruments),
            STREAMS: Queries(STREAMS, 1, 2, limits.query_seconds, instruments),
        }

    @property
    def freshness(self) -> Freshness:
        """How far the warehouse is."""
        return self._flush.freshness

    @contextmanager
    def telling(self, renewed: Callable[[], None]) -> Iterator[None]:
        """Call *renewed*, in the flush's thread, each time that the answers may have changed."""
        self._flush.listeners.add(renewed)
        try:
            yield
        finally:
            self._flush.listeners.discard(renewed)

    def reason_unready(self) -> str:
        """Return why answers would not be complete; empty when they are."""
        return self._unready() or ("" if self.freshness.ready else self.freshness.reason)

    async def read(
        self, endpoint: Endpoint, values: Mapping[str, Any], rows: Rows, then: Callable[[Answer], Read], lane: str = SHORT
    ) -> Read:
        """Return what *then* makes of the answer to *endpoint* for the read *values*, over *rows* only; both run in *lane*.

        What is too long for SHORT goes on in LONG.

        Raises:
            Problem: there is no warehouse to read at this moment, too much to do, or this took too long.
        """
        begun, asked_at = time.perf_counter(), asyncio.get_running_loop().time()

        def made(allowance: Allowance) -> Read:
            return then(answer(Allowed(self._warehouse, allowance), self.freshness, endpoint, values, rows))

        def made_short() -> Read:  # an allowance begins with the turn: what others took of this thread before is not its own
            return made(Allowance(SHORT_ROWS - ROWS_PER_WRITTEN * (values.get("limit") or 0), SHORT_SECONDS))

        try:
            if lane == SHORT:
                try:
                    return await self._turns.run(made_short)
                except BeyondAllowance as error:
                    error.__traceback__ = None  # its frames hold the counts, which may have been replaced when its turn comes
                    lane = LONG
            return await self._threads[lane].run(made, asked_at)
        except Unavailable as error:
            raise not_ready(str(error)) from error
        finally:
            self._tell(endpoint, values, time.perf_counter() - begun)

    def figures(self) -> WarehouseFigures:
        """Return what there is to say about the warehouse: at once, however much there is to answer."""
        size = self._warehouse.size_bytes
        try:
            conservation = answer(self._warehouse, self.freshness, CONSERVATION, {}, EVERY_ROW).rows
            return WarehouseFigures(size, conservation, self._warehouse.balance.counts)
        except Unavailable:
            return WarehouseFigures(size)

    async def close(self) -> None:
        """Answer nothing more, and break off what is being answered."""
        self._turns.close()
        for queries in self._threads.values():
            await queries.close()

    def _tell(self, endpoint: Endpoint, values: Mapping[str, Any], seconds: float) -> None:
        self._seconds.labels(endpoint.name).observe(seconds)
        if seconds >= self._slow_seconds:
            given = {name: value for name, value in values.items() if value is not None}  # the token is no parameter
            told = {"request": request_id(), "endpoint": endpoint.name, "parameters": str(given)[:PARAMETERS_CHARACTERS]}
            log.warning("slow query", extra={"data": {**told, "seconds": round(seconds, 3)}})
