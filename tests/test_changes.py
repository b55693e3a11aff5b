"""Claims about changes: whatever the rows were, the steps lead to the next ones, and what stays is not sent again."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.events import Rows, applied
from web.changes import steps
from web.dimensions import TREND, Column
from web.endpoints import CONSERVATION, ENDPOINTS, PER_SECOND, RANKING, TOTALS

TEXTS = st.sampled_from(["", "a", "b", "ñ", "2026-11-23", "\n"])
NUMBERS = st.integers(0, 3)
VALUES = {"UInt64": NUMBERS, "Float64": NUMBERS, "Array(UInt64)": st.lists(NUMBERS, max_size=2)}
TOP = (Column("artist", "String"), *RANKING.row)


@st.composite
def two_answers(draw: st.DrawFn) -> tuple[tuple[Column, ...], Rows, Rows]:
    """Columns of some endpoint, and two answers with few different values: rows stay, move, change, repeat, come and go."""
    columns = draw(st.sampled_from([TOP, (*TOP, TREND), *(endpoint.row for endpoint in ENDPOINTS)]))
    rows = st.lists(st.fixed_dictionaries({name: VALUES.get(kind, TEXTS) for name, kind in columns}), max_size=8)
    return columns, draw(rows), draw(rows)


@given(two_answers())
def test_the_steps_from_any_rows_to_any_others_lead_there(answers: tuple[tuple[Column, ...], Rows, Rows]) -> None:
    columns, before, after = answers
    assert applied(before, orjson.loads(orjson.dumps(steps(columns, before, after)))) == after


@given(two_answers())
def test_rows_that_stay_cost_one_step(answers: tuple[tuple[Column, ...], Rows, Rows]) -> None:
    columns, rows, _ = answers
    distinct = list({tuple(row[name] for name, kind in columns if kind not in VALUES): row for row in rows}.values())
    assert len(steps(columns, distinct, distinct)) <= 1


def second(number: int, plays: int = 0) -> dict[str, Any]:
    return {"date": f"2026-11-23 07:00:{number:02d}", "plays": plays, "income": plays / 2}


def test_of_seconds_only_new_ones_and_those_that_changed_are_sent() -> None:
    before = [second(number) for number in range(50)]
    after = [second(number, plays=3 * (number == 47)) for number in range(1, 51)]
    assert steps(PER_SECOND.row, before, after) == [[1, 46], [47, {"plays": 3, "income": 1.5}], [48, 2], second(50)]


def test_a_row_that_climbs_is_sent_as_its_old_place_and_its_new_figures() -> None:
    one, two = ({"artist": name, "plays": plays, "income": 0.5, "song_id": name} for name, plays in (("a", 9), ("b", 8)))
    assert steps(TOP, [one, two], [{**two, "plays": 10}, one]) == [[1, {"plays": 10}], [0, 1]]


def test_rows_of_numbers_only_are_the_same_by_their_place() -> None:
    totals = dict.fromkeys((column.name for column in TOTALS.row), 7)
    assert steps(TOTALS.row, [totals], [{**totals, "plays": 8}]) == [[0, {"plays": 8}]]
    partitions = [{column.name: number for column in CONSERVATION.row} for number in range(4)]
    assert steps(CONSERVATION.row, partitions, [*partitions[:3], {**partitions[3], "lag": 0}]) == [[0, 3], [3, {"lag": 0}]]


def test_no_rows_are_no_steps() -> None:
    assert steps(TOTALS.row, [{"plays": 1}], []) == []
