"""Rates: what a play earns, by platform, country and day. Decimal all the way, rounded only in the answer."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from tables.countries import UNKNOWN, country_code

DEFAULT_RATE = Decimal("0.0005430597610141161")
"""Income of one play, in the configured currency, where no other rate is given."""

RATE_DIGITS = 19
"""Decimal places of a rate. Income is added up in whole numbers of its smallest unit, which loses nothing."""
MOST_RATE = 1_000_000
"""More than any play earns: a higher rate is a slip. Earnings are whole numbers of Python's, which have no bound."""

ANSWER_DIGITS = 9
"""Decimal places of income in an answer: one play's income shows six figures."""

ROUNDED, SHOWN = 10 ** (RATE_DIGITS - ANSWER_DIGITS), 10**ANSWER_DIGITS

COLUMNS = ("platform", "country", "valid_from", "rate")
PROBLEMS_SHOWN = 10
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


class BadRates(ValueError):
    """A file of rates that cannot be used: says each line, what came and what is allowed."""


class Rate(NamedTuple):
    """One line: what a play earns from a day on."""

    platform: str
    """The service, as plays name it; empty: every one."""
    country: str
    """ISO 3166 alpha-2; empty: every one."""
    valid_from: date
    rate: Decimal


class Rates:
    """Answers what a play earns.

    Of the lines that have come into force, the most specific counts: platform and country, then platform, then country,
    then neither; of equally specific ones the latest.
    """

    def __init__(self, lines: Iterable[Rate] = ()) -> None:
        """Take the lines in any order."""
        self._lines = sorted(lines, key=lambda line: (bool(line.platform) * 2 + bool(line.country), line.valid_from), reverse=True)

    def of(self, platform: str, country: str, day: date) -> Decimal:
        """Return the income of one play."""
        for line in self._lines:
            if line.platform in ("", platform) and line.country in ("", country) and line.valid_from <= day:
                return line.rate
        return DEFAULT_RATE


def units(rate: Decimal) -> int:
    """Return *rate* as a whole number of 10^-19."""
    return int(EXACT.scaleb(rate, RATE_DIGITS))


def income(earned: int) -> float:
    """Return *earned*, a whole number of 10^-19 of the currency, as an answer shows it: rounded half to even."""
    digits, rest = divmod(earned, ROUNDED)
    up = 2 * rest > ROUNDED or (2 * rest == ROUNDED and digits % 2 == 1)
    shown: float = (digits + up) / SHOWN
    return shown


def read_rates(path: Path) -> Rates:
    """Return the rates in the CSV file *path*.

    Raises:
        BadRates: it cannot be read, lacks a column, or has lines that cannot be used.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRates(f"{path} cannot be read: {error}") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if sorted(rows.fieldnames or ()) != sorted(COLUMNS):
        raise BadRates(f"{path} has the columns {', '.join(rows.fieldnames or ()) or 'none'}; it must have {', '.join(COLUMNS)}")
    lines: dict[tuple[str, str, date], Rate] = {}
    problems = []
    for row in rows:
        try:
            line = _line(row)
        except ValueError as problem:
            problems.append(f"line {rows.line_num}: {problem}")
            continue
        if lines.setdefault(line[:3], line) is not line:
            problems.append(f"line {rows.line_num}: the same platform, country and valid_from stand on a line before")
    if problems:
        more = f" and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        raise BadRates(f"{path}: {'; '.join(problems[:PROBLEMS_SHOWN])}{more}")
    return Rates(lines.values())


def _line(row: dict[str, str | None]) -> Rate:
    if None in row or None in row.values():
        raise ValueError(f"it has not {len(COLUMNS)} fields")
    platform, country, valid_from, rate = ((row[column] or "").strip() for column in COLUMNS)
    code = country and (UNKNOWN if country.upper() == UNKNOWN else country_code(country))
    if code is None:
        raise ValueError(f"country is {country!r}; allowed: an ISO 3166 alpha-2 code, an English name, ZZ for unknown, or nothing for all")
    try:
        day = date.fromisoformat(valid_from)
    except ValueError:
        raise ValueError(f"valid_from is {valid_from!r}; allowed: a day as YYYY-MM-DD") from None
    return Rate(platform.lower(), code, day, _rate(rate))


def _rate(text: str) -> Decimal:
    allowed = f"a decimal number from 0 to {MOST_RATE} with at most {RATE_DIGITS} decimal places"
    try:
        rate = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"rate is {text!r}; allowed: {allowed}") from None
    if not rate.is_finite() or not 0 <= rate <= MOST_RATE or EXACT.scaleb(rate, RATE_DIGITS) % 1:
        raise ValueError(f"rate is {text!r}; allowed: {allowed}")
    return rate
