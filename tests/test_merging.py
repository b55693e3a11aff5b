"""Claims about merging: two relations become what their sums are, whatever the pieces, and it rests after each of these."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.columns import Array, Columns, added_up, length, narrowed
from tables.merging import merged
from tables.resting import go_on

BY = ("song", "day", "country")
NUMBERS = st.integers(0, 4) | st.sampled_from([255, 256, 65_535, 65_536, (1 << 32) - 1])
KEYS = st.tuples(NUMBERS, st.integers(-2, 2) | NUMBERS, NUMBERS)
PLAYS = st.integers(1, 3) | st.sampled_from([255, 65_535, (1 << 32) - 1, 1 << 40]) | st.integers(-3, -1)
RELATIONS = st.dictionaries(KEYS, PLAYS, max_size=60)


def relation(counts: dict[tuple[int, int, int], int]) -> Columns:
    columns: Columns = {name: np.array([key[place] for key in counts], "i8") for place, name in enumerate(BY)}
    return narrowed(added_up([{**columns, "plays": np.array([*counts.values()], "i8")}], BY))


def listed(rows: Columns) -> list[tuple[int, ...]]:
    return list(zip(*(rows[name].tolist() for name in (*BY, "plays")), strict=True))


def largest(column: Array) -> int:
    return int(np.iinfo(column.dtype).max)


@given(RELATIONS, RELATIONS, st.sampled_from([1, 2, 7, 1 << 16]))
def test_what_is_merged_is_what_all_of_it_adds_up_to(
    one: dict[tuple[int, int, int], int], other: dict[tuple[int, int, int], int], piece_rows: int
) -> None:
    parts = relation(one), relation(other)
    before = [listed(part) for part in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tables.merging.PIECE_ROWS", piece_rows)
        both = merged(*parts, BY, go_on)
    assert listed(both) == listed(added_up(parts, BY))
    assert [listed(part) for part in parts] == before


@given(
    st.dictionaries(KEYS, st.integers(1, 200), min_size=1, max_size=60), st.dictionaries(KEYS, st.integers(1, 200), min_size=1, max_size=60)
)
def test_no_column_is_wider_than_its_greatest_value_or_the_sum_of_two_asks_for(
    one: dict[tuple[int, int, int], int], other: dict[tuple[int, int, int], int]
) -> None:
    both = merged(relation(one), relation(other), BY, go_on)
    for name in ("song", "country"):
        assert both[name].dtype == narrowed({name: both[name]})[name].dtype
    assert largest(both["plays"]) <= largest(np.zeros(0, "u2"))


@pytest.mark.parametrize(("rows", "pieces"), [(1, 1), (10, 1), (11, 2), (95, 10)])
def test_it_rests_after_each_piece(rows: int, pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.merging.PIECE_ROWS", 10)
    rested: list[int] = []
    long, short = relation({(number, 0, 0): 1 for number in range(rows)}), relation({(0, 0, 0): 1})
    both = merged(short, long, BY, lambda: rested.append(1))
    assert len(rested) == pieces
    assert (length(both), int(both["plays"].sum())) == (rows, rows + 1)


@pytest.mark.parametrize("behind", [0, 450, 1_000])
def test_no_piece_is_longer_of_either_side_however_they_lie(behind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.merging.PIECE_ROWS", 10)
    rested: list[int] = []
    one, other = (relation({(number, 0, 0): 1 for number in range(first, first + 1_000)}) for first in (0, behind))
    both = merged(one, other, BY, lambda: rested.append(1))
    assert length(both) == 1_000 + behind
    assert len(rested) >= length(both) / 10 - 1
