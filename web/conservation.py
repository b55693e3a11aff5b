"""Conservation: per partition what came in, what is stored of it and how far counting is."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tables.balance import Balance, Stored
from tables.grain import Watermark

ROW_BYTES = 18
"""Of what a partition has stored in a day, by the types in schema.sql."""


class Conserved(NamedTuple):
    """The rows of an answer, and of what they were made."""

    rows: Sequence[tuple[Any, ...]]
    watermarks: Mapping[int, int]
    """Next source offset by partition: exactly which plays the rows hold."""
    looked_at: int
    """Rows of the table `stored`."""


def conserved(balance: Balance, log_end: Mapping[int, int]) -> Conserved:
    """Return per partition what was consumed, counted and rejected, what is stored, and how far counting is from *log_end*."""
    rows = []
    for partition, end in sorted(log_end.items()):
        mark, stored = balance.watermarks.get(partition, Watermark()), balance.stored.get(partition, Stored())
        lag = max(end - mark.next_offset, 0)
        rows.append((partition, mark.consumed, mark.counted, mark.rejected, stored.plays, mark.next_offset, end, lag))
    offsets = {partition: mark.next_offset for partition, mark in sorted(balance.watermarks.items())}
    return Conserved(rows, offsets, sum(stored.rows for stored in balance.stored.values()))
