"""Claims about income: decimal all the way, rounded only in the answer."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tables.rates import DEFAULT_RATE, income

plays = st.integers(0, 10**15)


def test_one_play_earns_the_rate_to_nine_digits() -> None:
    assert income(1) == 0.000543060
    assert Decimal("0.0005430597610141161") == DEFAULT_RATE


def test_a_million_plays_lose_no_digit_on_the_way() -> None:
    assert income(1_000_000) == 543.059761014


def test_no_plays_earn_nothing() -> None:
    assert income(0) == income(None) == income(Decimal(0)) == 0.0
    assert str(income(None)) == "0.0"


@given(plays, st.integers(1, 50))
def test_income_is_the_nearest_ninth_decimal_of_the_exact_product(count: int, artists: int) -> None:
    share = (Decimal(1) / artists).quantize(Decimal("1e-18"))
    exact = Fraction(count) * Fraction(share) * Fraction(DEFAULT_RATE)
    answer = income(count * share if count < 10**9 else count)
    if count >= 10**9:
        exact = Fraction(count) * Fraction(DEFAULT_RATE)
    assert abs(Fraction(answer) - exact) <= Fraction(1, 2 * 10**9) + abs(exact) / 2**52


@given(plays, plays)
def test_more_plays_never_earn_less(some: int, others: int) -> None:
    assert income(some + others) >= income(some)
