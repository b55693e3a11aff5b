"""Resting: how a thread that has time leaves the processor, and Python's lock, to the event loop, where somebody waits for an answer.

An answer is a few dozen short steps of numpy, most of which let go of the lock for a moment. A thread that waits to run Python takes it
each time, and is made to give it back only after `sys.getswitchinterval`: an answer of 2 ms takes 20 beside it, of which the processor is
idle or does what nobody waits for. So such a thread works in pieces of about that interval, and sleeps in between.
"""

import time
from collections.abc import Callable

Rest = Callable[[], None]
"""Called after each piece of work; returns when the next may begin."""


def go_on() -> None:
    """Rest not at all."""


class Pauses:
    """Sleeps between pieces of work, of the thread that makes them, so that it takes a share of a processor."""

    def __init__(self, share: float) -> None:
        """Take this *share*, above 0 and 1 at most, until another one is set."""
        self.share = share
        self._worked = 0.0

    def begin(self) -> None:
        """Begin the first piece, in the thread that makes it."""
        self._worked = time.thread_time()

    def rest(self) -> None:
        """Sleep as long as the piece that is done asks for."""
        time.sleep((time.thread_time() - self._worked) * (1 / self.share - 1))
        self._worked = time.thread_time()
