"""Day sums: sums by day, first of all, and by more, out of which come those of some days. Pure."""

from collections.abc import Sequence
from math import prod

import numpy as np

from tables.allowance import Allowance
from tables.columns import Array, Code, Dense, Sums, position, summed, taken

DAY = "day"


def of_days(sums: Sums, first: int | None, last: int | None) -> Sums:
    """Return what *sums* have of the days from *first* to *last*; None: from their first, or to their last. It is a view of them."""
    if isinstance(sums, Dense):
        least, width = sums.code.spans[DAY]
        start = 0 if first is None else min(max(first - least, 0), width)
        end = width if last is None else max(min(last + 1 - least, width), start)
        if start == end:  # without cells it would still widen what it is added to
            return dict.fromkeys([*sums.code.spans, "plays"], np.zeros(0, "i8"))
        cells = sums.code.width // width  # of a day
        code = Code({**sums.code.spans, DAY: (least + start, end - start)}, (end - start) * cells)
        return Dense(code, sums.plays[start * cells : end * cells], sums.bound)
    start = 0 if first is None else position(sums[DAY], first)
    end = len(sums[DAY]) if last is None else position(sums[DAY], last, "right")
    return taken(sums, sums, slice(start, end))


def without_day(sums: Sums, by: Sequence[str], allowance: Allowance) -> Sums:
    """Return *sums* by the columns *by*, which are all but the day; may raise BeyondAllowance."""
    if not isinstance(sums, Dense):
        return summed([sums], by, allowance)
    spans = {name: sums.code.spans[name] for name in by}
    code = Code(spans, prod(width for _, width in spans.values()))
    table: Array = sums.plays.reshape(sums.code.widths[0], code.width)
    return Dense(code, np.add.reduce(table, axis=0, dtype=sums.sum_type), sums.bound)  # none is beyond the bound, which is one of all days
