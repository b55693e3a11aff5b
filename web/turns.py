"""Turns: short answers are made in the event loop itself, never two in one of its rounds.

In a thread each would wait twice for Python's lock, which takes longer than most of them; and most of a short one is Python.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from web.line import Line
from web.metrics import Instruments

Read = TypeVar("Read")


class Turns(Line):
    """The line before the event loop. What else the loop has to do comes between any two answers."""

    def __init__(self, name: str, most: int, seconds: float, instruments: Instruments) -> None:
        """Let *most* wait at once, each for *seconds* at most."""
        super().__init__(most, seconds, instruments)
        self._free = asyncio.Lock()
        self._asked = 0
        instruments.waiting.labels(name).set_function(lambda: self._asked)  # whoever looks does so between two answers

    async def run(self, work: Callable[[], Read]) -> Read:
        """Return what *work* returns, once it is its turn.

        Raises:
            Problem: too many are under way, it waited for too long, or the server stops.
            BeyondAllowance: it looks at too much to be made here.
        """
        self.refuse_when_full(self._asked)
        self._asked += 1
        try:
            with self.counted():
                await self._turn()
                try:
                    if self._closed:
                        raise asyncio.CancelledError  # as of threads what waits is cancelled
                    return work()
                finally:
                    asyncio.get_running_loop().call_soon(self._free.release)  # and not now: the next answer belongs to the next round
        finally:
            self._asked -= 1

    async def _turn(self) -> None:
        """Return when no other has the turn, and take it."""
        if self._asked == 1 and not self._free.locked():
            await self._free.acquire()  # nobody is before it: this waits for nothing, and needs no clock
            return
        async with self.in_time():
            await self._free.acquire()

    def close(self) -> None:
        """Take no more, and answer nobody who waits."""
        self._closed = True
