"""Claims about rates and income: decimal all the way, rounded only in the answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.rates import DEFAULT_RATE, MOST_RATE, BadRates, Rate, Rates, income, read_rates, units

ONE = units(DEFAULT_RATE)
DAY = date(2026, 11, 23)
HEADER = "platform,country,valid_from,rate"

earned = st.integers(0, 10**30)
rates = st.decimals(0, MOST_RATE, places=19, allow_nan=False)


def test_one_play_earns_the_rate_to_nine_digits() -> None:
    assert income(ONE) == 0.000543060
    assert Decimal("0.0005430597610141161") == DEFAULT_RATE


def test_a_million_plays_lose_no_digit_on_the_way() -> None:
    assert income(1_000_000 * ONE) == 543.059761014


def test_no_plays_earn_nothing() -> None:
    assert str(income(0)) == "0.0"


@given(earned)
def test_income_is_the_nearest_ninth_decimal_of_what_was_earned(amount: int) -> None:
    exact = Fraction(amount, 10**19)
    assert abs(Fraction(income(amount)) - exact) <= Fraction(1, 2 * 10**9) + abs(exact) / 2**52


@given(earned, earned)
def test_more_never_earns_less(some: int, others: int) -> None:
    assert income(some + others) >= income(some)


@given(rates)
def test_a_rate_is_kept_to_its_last_digit(rate: Decimal) -> None:
    assert Fraction(units(rate), 10**19) == Fraction(rate)


def test_the_line_that_says_most_about_a_play_counts() -> None:
    lines = [
        Rate("", "", date(2020, 1, 1), Decimal(1)),
        Rate("", "ES", date(2020, 1, 1), Decimal(2)),
        Rate("spotify", "", date(2020, 1, 1), Decimal(3)),
        Rate("spotify", "ES", date(2020, 1, 1), Decimal(4)),
    ]
    places = [("deezer", "FR"), ("deezer", "ES"), ("spotify", "FR"), ("spotify", "ES")]
    for order in (lines, lines[::-1]):
        assert [Rates(order).of(*place, DAY) for place in places] == [1, 2, 3, 4]


def test_a_rate_counts_from_its_day_on_and_the_default_before_any() -> None:
    lines = Rates([Rate("", "", date(2026, 1, 1), Decimal(1)), Rate("", "", date(2026, 7, 1), Decimal(2))])
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), DAY]
    assert [lines.of("spotify", "ES", day) for day in days] == [DEFAULT_RATE, 1, 1, 2, 2]


def written(path: Path, lines: Sequence[str]) -> Path:
    file = path / "rates.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def test_a_file_of_rates_is_read_with_names_of_countries_and_columns_in_any_order(tmp_path: Path) -> None:
    read = read_rates(written(tmp_path, ["rate,platform,valid_from,country", "0.004, Spotify ,2026-01-01,Spain", "0.001,,2026-01-01,"]))
    assert [read.of(*place, DAY) for place in (("spotify", "ES"), ("spotify", "FR"))] == [Decimal("0.004"), Decimal("0.001")]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("spotify,Atlantis,2026-01-01,1", "country is 'Atlantis'"),
        ("spotify,ES,01.01.2026,1", "valid_from is '01.01.2026'"),
        ("spotify,ES,2026-01-01,cheap", "rate is 'cheap'"),
        ("spotify,ES,2026-01-01,NaN", "rate is 'NaN'"),
        ("spotify,ES,2026-01-01,-1", "rate is '-1'"),
        ("spotify,ES,2026-01-01,1000000.1", "rate is"),
        ("spotify,ES,2026-01-01,0.00000000000000000001", "19 decimal places"),
        ("spotify,ES,2026-01-01", "not 4 fields"),
        ("spotify,ES,2026-01-01,1,1", "not 4 fields"),
        ("deezer,,2026-01-01,2", "stand on a line before"),
    ],
)
def test_a_bad_line_is_named_with_what_is_allowed(tmp_path: Path, line: str, named: str) -> None:
    with pytest.raises(BadRates, match=f"line 3: .*{named}"):
        read_rates(written(tmp_path, [HEADER, "deezer,,2026-01-01,1", line]))


def test_a_file_that_is_none_or_lacks_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRates, match="cannot be read"):
        read_rates(tmp_path / "nothing.csv")
    with pytest.raises(BadRates, match="must have platform, country, valid_from, rate"):
        read_rates(written(tmp_path, ["platform,rate"]))
