"""Reader: asks the warehouse for answers in threads, so that the event loop goes on, and says when there is none to give."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from tables.flush import Flush
from tables.following import Freshness
from tables.warehouse import Warehouse
from tables.warehouse_file import Unavailable
from web.answers import Answer, answer
from web.endpoints import Endpoint
from web.grants import Rows
from web.problems import not_ready

QUERY_THREADS = 4

Read = TypeVar("Read")


class Reader:
    """Answers endpoints from the warehouse that the flush keeps."""

    def __init__(self, warehouse: Warehouse, flush: Flush, unready: Callable[[], str]) -> None:
        """Read *warehouse*; *unready* says why this process is not ready beyond the flush, and nothing when it is."""
        self._warehouse, self._flush, self._unready = warehouse, flush, unready
        self._threads = ThreadPoolExecutor(QUERY_THREADS, "query")

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

    async def read(self, endpoint: Endpoint, values: Mapping[str, Any], rows: Rows, then: Callable[[Answer], Read]) -> Read:
        """Return what *then* makes of the answer to *endpoint* for the read *values*, over *rows* only; both run in a thread.

        Raises:
            Problem: there is no warehouse to read at this moment.
        """

        def answered() -> Read:
            return then(answer(self._warehouse, self.freshness, endpoint, values, rows))

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, answered)
        except Unavailable as error:
            raise not_ready(str(error)) from error
