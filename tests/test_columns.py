"""Claims about columns: sums by some of them are right whatever numbers stand in them, and of whatever types the parts are."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.columns import (
    PIECE_ROWS,
    Array,
    Dense,
    Growing,
    added_up,
    among,
    as_rows,
    groups,
    narrowed,
    positions,
    ranges,
    repeated,
    summed,
    sums,
    united,
)

NUMBERS = st.sampled_from([0, 1, 2, 7, 200, 254, 255, 256, 300, 65_535, 65_536, 70_000, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32])
ROWS = st.lists(st.tuples(st.integers(0, 300) | NUMBERS, NUMBERS | st.integers(-800_000, 5), st.integers(0, 3) | NUMBERS), max_size=40)


def columns(rows: Sequence[tuple[int, int, int]]) -> Mapping[str, Array]:
    return {name: np.array([row[place] for row in rows], "i8") for place, name in enumerate(("song", "day", "plays"))}


def table(rows: Mapping[str, Array], by: Sequence[str]) -> dict[tuple[int, ...], int]:
    keys = list(zip(*(rows[name].tolist() for name in by), strict=True))
    assert len(set(keys)) == len(keys)
    assert keys == sorted(keys)
    return dict(zip(keys, rows["plays"].tolist(), strict=True))


@given(
    st.lists(ROWS, min_size=1, max_size=3),
    st.sampled_from([("song",), ("day",), ("song", "day"), ("day", "song")]),
    st.sampled_from([1, 3, PIECE_ROWS]),
)
def test_sums_are_right_whatever_types_the_parts_were_narrowed_to(
    parts: list[list[tuple[int, int, int]]], by: tuple[str, ...], piece_rows: int
) -> None:
    expected: Counter[tuple[int, ...]] = Counter()
    for song, day, plays in (row for part in parts for row in part):
        expected[tuple({"song": song, "day": day}[name] for name in by)] += plays
    narrow = [narrowed(columns(part)) for part in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tables.columns.PIECE_ROWS", piece_rows)
        assert table(added_up(narrow, by), by) == +expected
    again = narrowed(added_up(narrow[:1], ["song", "day"]))
    assert table(added_up([again, *narrow[1:]], by), by) == +expected


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 300) | NUMBERS, st.integers(-3, 3), NUMBERS | st.integers(-9, 9)), min_size=1),
        min_size=2,
        max_size=4,
    ),
    st.sampled_from([("song",), ("day", "song"), ()]),
    st.integers(0, 4),
    st.sampled_from([0, 1 << 12]),
)
def test_tables_are_added_to_others_as_the_rows_that_they_are_made_of(
    parts: list[list[tuple[int, int, int]]], by: tuple[str, ...], tables: int, dense_least: int
) -> None:
    names = [*by, "plays"]
    rows = [{name: column for name, column in narrowed(columns(part)).items() if name in names} for part in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tables.columns.DENSE_LEAST", dense_least)
        made = [summed([part], by) for part in rows[:tables]]
        found = as_rows(summed([*made, *rows[tables:]], by))
    expected: Counter[tuple[int, ...]] = Counter()
    for song, day, plays in (row for part in parts for row in part):
        expected[tuple({"song": song, "day": day}[name] for name in by)] += plays
    if by:
        assert table(found, by) == {key: plays for key, plays in expected.items() if plays}
    else:
        assert int(found["plays"].sum()) == expected[()]


@pytest.mark.parametrize(
    ("plays", "bits"), [([7, -7], 32), ([(1 << 31) - 1, 0], 32), ([1 << 31, 0], 64), ([1 << 62, 1 << 62], 64), ([-(1 << 62), 1 << 62], 64)]
)
def test_tables_hold_sums_of_any_size_in_as_few_bits_as_they_need(plays: list[int], bits: int) -> None:
    found = summed([{"song": np.array([0, 1]), "plays": np.array(plays)}], ["song"])
    assert isinstance(found, Dense)
    assert found.plays.tolist() == plays
    assert found.plays.itemsize == bits // 8


@given(ROWS.filter(bool))
def test_rows_of_one_group_have_the_same_keys_and_others_have_not(rows: list[tuple[int, int, int]]) -> None:
    some, group = groups({name: column for name, column in narrowed(columns(rows)).items() if name != "plays"})
    keys = [row[:2] for row in rows]
    assert [keys[index] for index in some[group].tolist()] == keys
    assert len({keys[index] for index in some.tolist()}) == len(some) == len(set(keys))


@pytest.mark.parametrize("plays", [[1, 2, 3], [(1 << 53) + 1, 1, (1 << 60) + 1]])
def test_sums_are_exact_beyond_what_floating_point_tells_apart(plays: list[int]) -> None:
    assert sums(np.array([0, 2, 0]), np.array(plays, "i8"), 3).tolist() == [plays[0] + plays[2], 0, plays[1]]


@given(st.lists(st.integers(0, 300)), st.sets(st.integers(0, 70_000)))
def test_values_are_among_numbers_of_any_size(values: list[int], numbers: set[int]) -> None:
    for kind in ("u2", "u4", "i8"):
        assert among(np.array(values, kind), np.array(sorted(numbers), "i8")).tolist() == [value in numbers for value in values]


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 3))), st.sampled_from([0, PIECE_ROWS]))
def test_values_are_repeated_as_often_as_their_counts_say(counted: list[tuple[int, int]], piece_rows: int) -> None:
    values, counts = np.array(counted, "i8").reshape(-1, 2).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tables.columns.PIECE_ROWS", piece_rows)
        assert repeated(values, counts).tolist() == np.repeat(values, counts).tolist()


def test_ranges_are_every_index_from_each_start_to_before_its_end() -> None:
    assert ranges(np.array([5, 1, 9]), np.array([7, 1, 12])).tolist() == [5, 6, 9, 10, 11]


@given(
    st.lists(st.lists(st.integers(0, 9).map(lambda day: 20_000 + day), max_size=20).map(sorted), max_size=6), st.integers(19_999, 20_011)
)
def test_a_value_stands_in_each_part_where_bisecting_it_finds(parts: list[list[int]], value: int) -> None:
    ends = np.cumsum([len(part) for part in parts], dtype="i8")
    starts = ends - [len(part) for part in parts]
    column = np.array([day for part in parts for day in part], "u2")
    expected = [int(start) + bisect_left(part, value) for start, part in zip(starts, parts, strict=True)]
    assert positions(column, starts, ends, value).tolist() == expected


@pytest.mark.parametrize("value", [-1, 1 << 16, 1 << 40])
def test_a_value_beyond_the_type_of_a_column_stands_at_an_end(value: int) -> None:
    column, starts, ends = np.array([0, 1, 65_535], "u2"), np.array([0, 1]), np.array([1, 3])
    assert positions(column, starts, ends, value).tolist() == (starts if value < 0 else ends).tolist()


@given(st.lists(st.lists(st.integers(0, 9)), max_size=6))
def test_what_was_seen_of_a_growing_array_stays_as_it_was(added: list[list[int]]) -> None:
    growing, seen = Growing("u4"), list[tuple[Array, list[int]]]()
    for values in added:
        growing.extend(values)
        seen.append((growing.seen, growing.seen.tolist()))
    assert growing.seen.tolist() == [value for values in added for value in values]
    assert all(array.tolist() == before for array, before in seen)


@given(st.lists(st.integers(0, 15), min_size=1, max_size=8), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5))), st.integers(0, 5))
def test_the_sets_of_a_place_are_united(sets: list[int], placed: list[tuple[int, int]], count: int) -> None:
    placed = [(number % len(sets), place) for number, place in placed]
    numbers, places = np.array(placed, "u4").reshape(-1, 2).T
    expected = [reduce(or_, (sets[number] for number, place in placed if place == wanted), 0) for wanted in range(count)]
    assert united(np.array(sets, "u8"), numbers, places, count).tolist() == expected
