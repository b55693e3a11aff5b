"""Resting: how a thread that has time leaves the processor, and Python's lock, to the event loop, where somebody waits for an answer.

An answer is a few dozen short steps of numpy, most of which let go of the lock for a moment. A thread that waits to run Python takes it
each time, and gives it back only after the switch interval (`SWITCH_SECONDS` in `app/interpreter.py`, 0.5 ms): an answer of 2 ms takes 20
beside it. So such a thread works for about one interval at a time, and sleeps in between.
"""

import time
from collections.abc import Callable

Rest = Callable[[], None]
"""Called after each piece of work; returns when the next may begin."""


def go_on() -> None:
    """Rest not at all."""


class Pauses:
    """Sleeps between pieces of work, of the thread that makes them, so that it takes a share of a processor as long as it keeps up."""

    def __init__(self, share: float, rows: float) -> None:
        """Take this *share*, above 0 and 1 at most, as long as no more than so many *rows* are waiting."""
        self._least, self._rows = share, rows
        self._share, self._worked = share, 0.0

    def keep_up(self, waiting: int) -> None:
        """Take a larger share from now on the more rows are *waiting*; for any thread."""
        self._share = min(1.0, self._least * max(1.0, waiting / self._rows))

    def begin(self) -> None:
        """Begin the first piece, in the thread that makes it."""
        self._worked = time.thread_time()

    def rest(self) -> None:
        """Sleep as long as the piece that is done asks for."""
        time.sleep((time.thread_time() - self._worked) * (1 / self._share - 1))
        self._worked = time.thread_time()
