"""Sorting: the daily counts in memory grow with each fold, and are sorted now and then in a thread of their own.

There are two levels of sorted counts: new ones are sorted and merged into the small level, and that into the large one when it is a part
of it that is worth the work. Only the thread that folds calls this; what it gives out never changes.
"""

import logging
import threading

from tables.columns import Columns, Growing, length, taken
from tables.counts import Counts
from tables.levels import TYPES, UNCOUNTED, Sorted, in_order
from tables.resting import Pauses

log = logging.getLogger(__name__)

FEWEST_TO_SORT = 50_000
"""Unsorted rows that cost an answer a tenth of a millisecond."""
SHARE_TO_SORT = 8
"""The small level is sorted into the large one when it is this part of it: the work stays in proportion to the plays."""
SHARE_OF_PROCESSOR = 0.1
"""What sorting takes as long as it keeps up: it has seconds, and whoever waits for an answer has not."""


class Sorting(threading.Thread):
    """Sorts some rows into those that are sorted; its end is its result."""

    def __init__(self, large: Sorted, small: Sorted, rows: Columns) -> None:
        """Sort the *rows* into one of the two levels, once started."""
        super().__init__(name="sorting", daemon=True)
        self.rows = length(rows)
        self.result: tuple[Sorted, Sorted] | None = None
        self.pauses = Pauses(SHARE_OF_PROCESSOR, FEWEST_TO_SORT)
        self._large, self._small, self._more = large, small, rows

    def run(self) -> None:
        """Sort; what cannot be sorted stays as it is, and answers get slower."""
        try:
            self.result = self._sorted()
        except Exception:
            log.exception("the counts in memory could not be sorted; they are tried again when more have come")
        finally:
            self._large = self._small = UNCOUNTED  # what it began with may go before anybody asks for its result
            self._more = {}

    def _sorted(self) -> tuple[Sorted, Sorted]:
        self.pauses.begin()
        rest = self.pauses.rest
        small = self._small.with_more(in_order(self._more, rest), rest)
        if length(small.rows) <= max(FEWEST_TO_SORT, length(self._large.rows) // SHARE_TO_SORT):
            return self._large, small
        return self._large.with_more(small, rest), UNCOUNTED


class DailyCounts:
    """The counts up to the newest fold."""

    def __init__(self, rows: Columns) -> None:
        """Begin with *rows*, in any order, which takes a while when they are many."""
        self._levels = in_order(rows), UNCOUNTED
        self._unsorted = {name: Growing(kind) for name, kind in TYPES.items()}
        self._sorting: Sorting | None = None
        self._sorted_at = FEWEST_TO_SORT
        """So many unsorted rows are sorted."""

    def add(self, rows: Columns) -> None:
        """Add the plays of *rows*; sort in the background when enough has come."""
        if self._sorting is not None and not self._sorting.is_alive():
            self._take(self._sorting)
        for name, column in self._unsorted.items():
            column.extend(rows[name])
        if self._sorting is not None:
            self._sorting.pauses.keep_up(length(self._seen) - self._sorting.rows)
        elif length(self._seen) > self._sorted_at:
            self._sorting = Sorting(*self._levels, self._seen)
            self._sorting.start()

    def now(self) -> Counts:
        """Return the counts as they are now."""
        return Counts(self._levels, self._seen)

    def _take(self, sorting: Sorting) -> None:
        """Go on from what *sorting* made."""
        self._sorting, self._sorted_at = None, FEWEST_TO_SORT
        if sorting.result is None:
            self._sorted_at += length(self._seen)
        else:
            self._levels = sorting.result
            left = taken(self._seen, TYPES, slice(sorting.rows, None))
            self._unsorted = {name: Growing(kind, left[name]) for name, kind in TYPES.items()}

    @property
    def _seen(self) -> Columns:
        return {name: column.seen for name, column in self._unsorted.items()}
