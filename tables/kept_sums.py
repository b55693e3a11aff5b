"""Kept sums: a cache of what was added up of a level of sorted counts. The level never changes, so that they are right until it goes."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

from tables.columns import Array, Dense, Sums

KEPT_BYTES = 64 << 20
"""What the numbers of one level's sums may take: those of 24 tables of 20,000 songs by 69 countries, in 16 bits."""
REMEMBERED = 512
"""Of so many questions it is known when they were asked first, and so many sums are kept at most, however small."""
AGAIN_SECONDS = 0.5
"""Asked sooner it is taken for the same question: the event loop begins answers that a thread then makes. Where one waits longer for the
thread its sums are kept one question too soon, which does no harm."""
NEVER = math.inf


class KeptSums:
    """Those of one level. What was never found goes first, then the least recently used. Any thread asks, and leaves sums as they are."""

    def __init__(self) -> None:
        """Keep none yet."""
        self._lock = threading.Lock()
        self._sums: OrderedDict[Hashable, Sums] = OrderedDict()
        self._asked: OrderedDict[Hashable, float] = OrderedDict()
        """When each was asked for first; NEVER if it is not to be kept."""
        self._bytes = 0

    def find(self, key: Hashable) -> Sums | None:
        """Return the sums of *key*; None if they are not kept."""
        with self._lock:
            found = self._sums.get(key)
            if found is not None:
                self._sums.move_to_end(key)
            return found

    def to_keep(self, key: Hashable, *, at_once: bool = False) -> bool:
        """Say whether the sums of *key* are to be kept: if it was noted AGAIN_SECONDS ago or more; *at_once*: also if it never was.

        Those that are asked for once are not worth their memory; those that `keep` was told are not worth it never are to be kept.
        """
        with self._lock:
            first = self._asked.get(key)
        return at_once if first is None else time.monotonic() - first >= AGAIN_SECONDS

    def note(self, key: Hashable) -> None:
        """Note that *key* is asked for."""
        with self._lock:
            self._remember(key, self._asked.get(key, time.monotonic()))

    def keep(self, key: Hashable, made: Sums, *, worth_it: bool) -> None:
        """Keep the sums that were *made* for *key*; those that are too large or not *worth_it* are not made again to be kept.

        They are the first to go until they are found: sums that are asked for once drive out one another, and no others.
        """
        size = _bytes_of(made)
        with self._lock:
            if size > KEPT_BYTES or not worth_it:
                self._remember(key, NEVER)
            elif key not in self._sums:
                while self._sums and (self._bytes + size > KEPT_BYTES or len(self._sums) >= REMEMBERED):
                    self._bytes -= _bytes_of(self._sums.popitem(last=False)[1])
                self._sums[key] = made
                self._sums.move_to_end(key, last=False)
                self._bytes += size

    def _remember(self, key: Hashable, first: float) -> None:
        self._asked[key] = first
        self._asked.move_to_end(key)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)


def _bytes_of(sums: Sums) -> int:
    columns: list[Array] = [sums.plays] if isinstance(sums, Dense) else [*sums.values()]
    return sum(column.nbytes for column in columns)
