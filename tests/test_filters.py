"""Claims about filters: which conditions a query leads to, and what its last days are."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from web.filters import ALL_PARAMETERS, DATES, DIMENSIONS, FIXED, fixed, in_force, of_artists, where, with_dates
from web.grants import EVERY_ROW, Rows

TODAY = date(2026, 11, 23)


def condition(values: Mapping[str, Any], rows: Rows = EVERY_ROW) -> str:
    return where(in_force(values, rows))


def test_no_filter_is_true() -> None:
    assert condition({}) == condition(dict.fromkeys(parameter.name for parameter in ALL_PARAMETERS)) == "true"


def test_every_filter_binds_its_own_value_and_no_value_stands_in_the_sql() -> None:
    for item in (*DIMENSIONS, *DATES):
        assert re.findall(r"\$(\w+)", item.predicate) == [item.parameter.name]
        assert condition({item.parameter.name: ["'; DROP TABLE daily"]}) == item.predicate


def test_several_filters_must_all_hold() -> None:
    sql = condition({"artist": ["a"], "country": ["ES"], "date_from": TODAY})
    assert sql.count(" AND ") == 2
    assert {"$artist", "$country", "$date_from"} == set(re.findall(r"\$\w+", sql))


def test_a_filter_of_no_values_matches_nothing_instead_of_everything() -> None:
    assert condition({"artist": []}) != "true"


def test_the_rows_that_a_token_is_fixed_to_narrow_every_query_and_stand_in_no_sql() -> None:
    rows = Rows(artist="'; DROP TABLE daily", country="ES")
    assert condition({}, rows) == where(FIXED)
    assert condition({"album": ["a"]}, rows).endswith(where(FIXED))
    assert condition({}, Rows(country="ES")) == FIXED[1].predicate
    assert set(re.findall(r"\$(\w+)", condition({}, rows))) == set(fixed({}, rows))


def test_of_the_artists_asked_for_a_token_that_is_fixed_to_one_leaves_that_one() -> None:
    asked = {"artist": ["a", "b"], "album": ["c"]}
    assert fixed(asked, Rows(artist="b")) == {"artist": ["b"], "album": ["c"], "fixed_artist": "b", "fixed_country": None}
    assert fixed(asked, Rows(artist="x"))["artist"] == []
    assert fixed(asked, Rows(country="ES"))["artist"] == ["a", "b"]


def test_an_answer_is_about_the_artists_asked_for_and_of_those_only_the_one_of_the_token() -> None:
    assert of_artists(in_force({}, Rows(country="ES"))) == []
    asked = of_artists(in_force({"artist": ["a"], "country": ["ES"]}, Rows(artist="b")))
    assert [item.parameter.name for item in asked] == ["artist", "fixed_artist"]


@pytest.mark.parametrize(
    ("given", "date_from", "date_to"),
    [
        ({"days": 1}, TODAY, TODAY),
        ({"days": 30}, date(2026, 10, 25), TODAY),
        ({"days": 30, "date_from": date(2026, 11, 1)}, date(2026, 11, 1), TODAY),
        ({"days": 30, "date_from": date(2026, 1, 1)}, date(2026, 10, 25), TODAY),
        ({"days": 30, "date_to": date(2026, 11, 1)}, date(2026, 10, 25), date(2026, 11, 1)),
        ({"days": 30, "date_to": date(2027, 1, 1)}, date(2026, 10, 25), TODAY),
        ({"days": 36_500}, date(1926, 12, 19), TODAY),
        ({"date_from": date(2026, 1, 1), "date_to": None}, date(2026, 1, 1), None),
    ],
)
def test_days_narrow_the_dates_to_the_last_ones_up_to_today(given: dict[str, object], date_from: date, date_to: date | None) -> None:
    dated = with_dates(given, TODAY)
    assert (dated["date_from"], dated["date_to"]) == (date_from, date_to)
    assert "days" not in dated


def test_other_values_are_left_as_they_are() -> None:
    given = {"artist": ["a"], "days": None, "date_from": None, "date_to": None}
    assert with_dates(given, TODAY) == {"artist": ["a"], "date_from": None, "date_to": None}
    assert given["days"] is None
