"""Line: what holds for questions wherever they are answered: so many at once, each for so long, and what became of each is counted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from tables.allowance import BeyondAllowance, BrokenOff
from web.metrics import Instruments
from web.problems import Problem, not_ready, too_busy

RETRY_SECONDS = 1


class _TooLate(Exception):
    """The time of `Line.in_time` is over."""


class Line:
    """Questions that wait for their answers."""

    def __init__(self, most: int, seconds: float, instruments: Instruments) -> None:
        """Have *most* of them at once, each for *seconds* at most."""
        self._most, self._seconds, self._ends = most, seconds, instruments.queries
        self._closed = False

    def refuse_when_full(self, under_way: int) -> None:
        """Raise a Problem when so many are *under_way* that no more is taken, or the server stops."""
        if self._closed:
            raise _stopping()
        if under_way >= self._most:
            self._ends.labels("refused").inc()
            raise too_busy(
                f"{self._most} queries of this kind are under way, which is what this server takes at once: ask again in a moment",
                RETRY_SECONDS,
            )

    @asynccontextmanager
    async def in_time(self, asked_at: float | None = None) -> AsyncIterator[None]:
        """Give the block its time, from *asked_at* on the event loop's clock or from now, within `counted`, which says what its end means.

        Raises:
            _TooLate: it is over.
        """
        begun = asyncio.get_running_loop().time() if asked_at is None else asked_at
        try:
            async with asyncio.timeout_at(begun + self._seconds) as limit:
                yield
        except TimeoutError as error:
            if limit.expired():
                raise _TooLate from error
            raise

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count how the block ended.

        Raises:
            Problem: it took too long, or the server stops.
        """
        end = "failed"
        try:
            yield
            end = "answered"
        except BeyondAllowance:
            end = "moved"
            raise
        except _TooLate as error:
            end = "timed_out"
            raise too_busy(
                f"the answer was not there after {self._seconds:g} s (ARTIST360_QUERY_SECONDS): ask for fewer days, or with more filters",
                RETRY_SECONDS,
            ) from error
        except (asyncio.CancelledError, BrokenOff) as error:
            end = "left"
            if self._closed:
                raise _stopping() from error
            raise
        finally:
            self._ends.labels(end).inc()


def _stopping() -> Problem:
    return not_ready("the server stops")
