"""Claims about day sums: those of some days are what adding up the plays of these days alone finds, whatever they lie in."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.allowance import UNBOUNDED
from tables.columns import Columns, Dense, Sums, as_rows, narrowed_sums, summed
from tables.day_sums import of_days, without_day

Row = tuple[int, int, int, int]
NAMES = ("day", "song", "rate", "plays")
ROWS = st.lists(
    st.tuples(st.integers(20_775, 20_780), st.integers(0, 4), st.integers(0, 1), st.integers(0, 255) | st.sampled_from([-3, 1 << 40])),
    min_size=1,
    max_size=30,
)
DAYS = st.none() | st.integers(20_770, 20_785) | st.sampled_from([-(1 << 40), 1 << 40])


def made(rows: Sequence[Row], by: Sequence[str], *, dense: bool) -> Sums:
    """Return the sums of *rows* by day and *by*, in the smallest types, in a table or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tables.columns.DENSE_LEAST", 1 << 12 if dense else 0)
        patch.setattr("tables.columns.DENSE_SHARE", 4 if dense else 0)
        found = summed([{name: np.array(column, "i8") for name, column in zip(NAMES, zip(*rows, strict=True), strict=True)}], ["day", *by])
    assert isinstance(found, Dense) is dense
    return narrowed_sums(found)


def table(sums: Sums, by: Sequence[str]) -> dict[tuple[int, ...], int]:
    rows: Columns = as_rows(sums)
    keys = list(zip(*(rows[name].tolist() for name in by), strict=True))
    assert keys == sorted(set(keys))
    return dict(zip(keys, rows["plays"].tolist(), strict=True))


@given(rows=ROWS, by=st.sampled_from([("song",), ("song", "rate")]), first=DAYS, last=DAYS, dense=st.booleans())
def test_some_days_are_what_their_plays_add_up_to(
    rows: list[Row], by: tuple[str, ...], first: int | None, last: int | None, *, dense: bool
) -> None:
    within = [row for row in rows if (first is None or row[0] >= first) and (last is None or row[0] <= last)]
    by_day, by_none = Counter[tuple[int, ...]](), Counter[tuple[int, ...]]()
    for row in within:
        key = tuple(row[NAMES.index(name)] for name in by)
        by_day[(row[0], *key)] += row[3]
        by_none[key] += row[3]
    some = of_days(made(rows, by, dense=dense), first, last)
    assert table(some, ["day", *by]) == {key: plays for key, plays in by_day.items() if plays}
    assert table(without_day(some, by, UNBOUNDED), by) == {key: plays for key, plays in by_none.items() if plays}


def test_days_beyond_those_of_a_table_make_it_no_wider() -> None:
    """Two tables are added up over all that both span, and whoever asked for days counts from the first of these."""
    sums = made([(20_775, 0, 0, 1), (20_776, 1, 0, 2)], ["song"], dense=True)
    for first, last in ((20_777, None), (None, 20_774), (20_776, 20_775)):
        assert not isinstance(of_days(sums, first, last), Dense)
