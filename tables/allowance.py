"""Allowance: how much one question may look at, so that whoever has little time is told before it was looked at."""

import time


class BeyondAllowance(Exception):
    """A question would look at more than it may."""


class BrokenOff(Exception):
    """Nobody waits for the answer any more, or for so long, or the server stops."""


class Allowance:
    """What one question may still look at: rows in memory, or work that takes as long."""

    def __init__(self, rows: int | None = None, seconds: float | None = None) -> None:
        """Allow so many *rows*, and so many *seconds* of this thread's processor time from now on; None: however many."""
        self._left = rows
        self._until = None if seconds is None else time.thread_time() + seconds
        self._broken_off = False

    def break_off(self) -> None:
        """Allow nothing any more, whatever thread takes from it."""
        self._broken_off = True

    def take(self, rows: int) -> None:
        """Take *rows* from what is left: before they are looked at.

        Raises:
            BeyondAllowance: they are more, or it took too long so far.
            BrokenOff: it was broken off.
        """
        if self._broken_off:
            raise BrokenOff
        if self._left is not None:
            if rows > self._left:
                raise BeyondAllowance(f"{rows} rows to look at, and {self._left} left")
            self._left -= rows
        if self._until is not None and time.thread_time() > self._until:
            raise BeyondAllowance("it took too long so far")


UNBOUNDED = Allowance()
"""Of which nothing is ever taken, and which nobody breaks off: it can be anybody's."""
