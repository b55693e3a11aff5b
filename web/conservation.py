"""Conservation: per partition what came in, what is stored of it and how far counting is."""

from collections.abc import Mapping, Sequence

from tables.balance import Balance, StoredPlays
from tables.grain import Watermark
from web.selection import Looked

ROW_BYTES = 18
"""Of what a partition has stored in a day, by the types in schema.sql."""

Row = tuple[int, ...]


def conserved(balance: Balance, log_end: Mapping[int, int]) -> tuple[Sequence[Row], Looked]:
    """Return per partition what was consumed, counted and rejected, what is stored, and how far counting is from *log_end*."""
    rows = []
    for partition, end in sorted(log_end.items()):
        mark, stored = balance.watermarks.get(partition, Watermark()), balance.stored.get(partition, StoredPlays())
        lag = max(end - mark.next_offset, 0)
        rows.append((partition, mark.consumed, mark.counted, mark.rejected, stored.plays, mark.next_offset, end, lag))
    days = sum(stored.days for stored in balance.stored.values())
    return rows, Looked(days, days * ROW_BYTES)
