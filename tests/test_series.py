"""Claims about series: every day and second of a span is there once, in order, with what it has."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from web.series import Span, of_days, of_seconds

TODAY = date(2026, 11, 23)
DAYS = st.dates(TODAY - timedelta(days=50), TODAY)


@given(st.dictionaries(DAYS, st.tuples(st.integers(1, 9), st.integers(0, 9))), st.none() | DAYS, st.none() | DAYS)
def test_days_come_once_in_order_and_hold_their_plays(plays: dict[date, tuple[int, int]], first: date | None, last: date | None) -> None:
    rows = of_days([(day, *both) for day, both in plays.items()], Span(first, last, TODAY))
    days = [day for day, *_ in rows]
    begin, end = first or min(plays, default=TODAY), last or TODAY
    assert days == [begin + timedelta(number) for number in range((end - begin).days + 1)]
    assert all(tuple(both) == plays.get(day, (0, 0)) for day, *both in rows)


def test_a_day_stands_beside_the_one_of_the_span_before() -> None:
    rows = [(TODAY, 5, 50), (TODAY - timedelta(days=1), 4, 40), (TODAY - timedelta(days=2), 3, 30)]
    span = Span(TODAY - timedelta(days=1), TODAY, TODAY, before_days=2)
    assert of_days(rows, span) == [(TODAY - timedelta(days=1), 4, 40, 0, 0), (TODAY, 5, 50, 3, 30)]


def test_a_producer_with_a_wrong_clock_does_not_make_a_series_of_a_thousand_years() -> None:
    assert [day for day, *_ in of_days([(date(3026, 1, 1), 1, 1), (TODAY, 2, 2)], Span(None, None, TODAY))] == [TODAY]


def test_plays_of_a_later_day_than_today_lengthen_the_series() -> None:
    later = TODAY + timedelta(days=2)
    assert [day for day, *_ in of_days([(later, 1, 1)], Span(TODAY, None, TODAY))][-1] == later


def test_seconds_are_written_in_utc_and_missing_ones_are_zero() -> None:
    assert of_seconds([(1_795_417_272, 3, 7)], 1_795_417_271, 1_795_417_272) == [
        ("2026-11-23 07:01:11", 0, 0),
        ("2026-11-23 07:01:12", 3, 7),
    ]
