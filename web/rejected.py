"""Rejected: the newest records that could not be counted, for whoever looks after the server; read from Kafka when somebody asks."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from web.endpoints import REJECTED_LIMIT, REJECTED_MOST
from web.page import Page, json_response
from web.parameters import read_query
from web.problems import Problem, not_ready, too_busy
from web.reader import Reader

log = logging.getLogger(__name__)

KEPT_SECONDS = 2.0
"""How long a reading is good for: however often it is asked for, Kafka is read no more often."""
ANSWER_SECONDS = 8.0
RETRY_SECONDS = 5

Rows = Sequence[Mapping[str, Any]]
ReadRejected = Callable[[int], Rows]
"""Reads so many of the newest records at most; blocks, and may raise `Unreadable`."""


class Unreadable(Exception):
    """Kafka does not give the rejected records now; says why."""


class Newest:
    """The newest rejected records: as many as anybody may ask for, so that one reading does for all, and one at a time."""

    def __init__(self, read: ReadRejected) -> None:
        """Read with *read*."""
        self._read = read
        self._thread = ThreadPoolExecutor(1, "rejected")
        self._one = asyncio.Lock()
        self._rows: Rows = ()
        self._read_at = float("-inf")

    async def rows(self) -> Rows:
        """Return them, newest first.

        Raises:
            Problem: Kafka does not give them, or not in time.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._one:
                if time.monotonic() - self._read_at > KEPT_SECONDS:
                    self._rows = await asyncio.get_running_loop().run_in_executor(self._thread, self._read, REJECTED_MOST)
                    self._read_at = time.monotonic()
                return self._rows
        except Unreadable as error:
            log.warning("the rejected records cannot be read: %s", error)
            raise Problem(
                503, "Not readable now", f"the rejected records cannot be read: {error}", {"Retry-After": str(RETRY_SECONDS)}
            ) from error
        except TimeoutError as error:
            raise too_busy(f"Kafka did not give the rejected records within {ANSWER_SECONDS:g} s: ask again", RETRY_SECONDS) from error


def add_rejected(page: Page, reader: Reader, read: ReadRejected) -> None:
    """Add `/v0/rejected.json`, of what *read* gives."""
    newest = Newest(read)

    @page("/v0/rejected.json")
    async def rejected(_view: Any, request: web.Request) -> web.Response:
        """Show the newest rejected records; the scope is that of the conservation, which counts them."""
        limit = read_query((REJECTED_LIMIT,), list(request.query.items()))["limit"]
        if reason := reader.reason_unready():
            raise not_ready(reason)
        rows = (await newest.rows())[:limit]
        return json_response({"data": rows, "rows": len(rows)})
