"""Kept sums: those of a level of sorted counts that are asked for again and again, since they stay what they are as long as it does."""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable

from tables.columns import Array, Columns, Dense

KEPT_BYTES = 48 << 20
"""What the numbers of one level's sums may take: those of nine tables of 20,000 songs by 69 countries, in 32 bits."""
REMEMBERED = 512
"""Of so many sums it is known that they were asked for before, and so many are kept at most, however small."""
AGAIN_SECONDS = 0.5
"""Whoever asks sooner is no other question, but the same one in a thread, after the event loop began it; see `web.reader`."""

Sums = Dense | Columns


class KeptSums:
    """The sums of one level that were asked for last. Any thread may ask."""

    def __init__(self) -> None:
        """Keep none yet."""
        self._lock = threading.Lock()
        self._sums: OrderedDict[Hashable, Sums] = OrderedDict()
        self._asked: OrderedDict[Hashable, float] = OrderedDict()
        """When each was asked for first."""
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
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
            return first is not None and now - first >= AGAIN_SECONDS

    def keep(self, key: Hashable, made: Sums) -> None:
        """Keep the sums that were *made* for *key* until others have been asked for since; what is too large is not kept."""
        size = _bytes_of(made)
        with self._lock:
            if size <= KEPT_BYTES and key not in self._sums:
                self._sums[key] = made
                self._bytes += size
                while self._bytes > KEPT_BYTES or len(self._sums) > REMEMBERED:
                    self._bytes -= _bytes_of(self._sums.popitem(last=False)[1])


def _bytes_of(sums: Sums) -> int:
    columns: list[Array] = [sums.plays] if isinstance(sums, Dense) else [*sums.values()]
    return sum(column.nbytes for column in columns)
