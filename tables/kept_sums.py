"""Kept sums: a cache of what was added up of a level of sorted counts. The level never changes, so that they are right until it goes."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

from tables.columns import Array, Columns, Dense

KEPT_BYTES = 48 << 20
"""What the numbers of one level's sums may take: those of nine tables of 20,000 songs by 69 countries, in 32 bits."""
REMEMBERED = 512
"""Of so many questions it is known when they were asked first, and so many sums are kept at most, however small."""
AGAIN_SECONDS = 0.5
"""Asked sooner it is taken for the same question: the event loop begins answers that a thread then makes. Where one waits longer for the
thread its sums are kept one question too soon, which does no harm."""
NEVER = math.inf

Sums = Dense | Columns


class KeptSums:
    """Those of one level: the least recently used go first. Any thread may ask; whoever gets sums leaves them as they are."""

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

    def asked_again(self, key: Hashable) -> bool:
        """Say whether *key* was asked for before: sums that are asked for once are not worth their memory."""
        now = time.monotonic()
        with self._lock:
            first = self._asked.get(key)
            self._asked[key] = now if first is None else first
            self._asked.move_to_end(key)
            while len(self._asked) > REMEMBERED:  # `keep` may have added one
                self._asked.popitem(last=False)
            return first is not None and now - first >= AGAIN_SECONDS

    def keep(self, key: Hashable, made: Sums, *, worth_it: bool) -> None:
        """Keep the sums that were *made* for *key*; those that are too large or not *worth_it* are not made again to be kept."""
        size = _bytes_of(made)
        with self._lock:
            if size > KEPT_BYTES or not worth_it:
                self._asked[key] = NEVER
            elif key not in self._sums:
                self._sums[key] = made
                self._bytes += size
                while self._bytes > KEPT_BYTES or len(self._sums) > REMEMBERED:
                    self._bytes -= _bytes_of(self._sums.popitem(last=False)[1])


def _bytes_of(sums: Sums) -> int:
    columns: list[Array] = [sums.plays] if isinstance(sums, Dense) else [*sums.values()]
    return sum(column.nbytes for column in columns)
