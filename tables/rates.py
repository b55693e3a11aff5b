"""Rates: what a play earns. Pure; decimal, rounded only in the answer."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

DEFAULT_RATE = Decimal("0.0005430597610141161")
"""Income of one play, in the configured currency."""

ANSWER_DIGITS = 9
"""Decimal places of income in an answer: one play's income shows six figures."""

EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def income(earning_plays: Decimal | int | None) -> float:
    """Return the income of *earning_plays*: plays, each times the share of its artists that is asked for."""
    earned = EXACT.multiply(Decimal(earning_plays or 0), DEFAULT_RATE)
    return float(EXACT.quantize(earned, Decimal(1).scaleb(-ANSWER_DIGITS)))
