"""Parameters: how the values of a query string are read, each written once as data."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tables.countries import UNKNOWN, country_code
from tables.names import fold
from web.problems import bad_request

MOST_CHARACTERS = 200
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
MOST_VALUES = 100
IGNORED = re.compile(r"__tb__.*|from|token")
"""Parameters of Tinybird clients that mean nothing here, and the token, which is not a parameter."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: *read* turns a value into what the SQL takes, or raises ValueError with what is allowed."""

    name: str
    about: str
    read: Callable[[str], Any]
    default: Any = None
    many: bool = False
    """Whether it may be repeated, and then means any of its values."""
    aliases: tuple[str, ...] = ()


def text(value: str) -> str:
    """Read free text, to be compared without case and accents."""
    if not fold(value) or len(value) > MOST_CHARACTERS or "\x00" in value:
        raise ValueError(f"1 to {MOST_CHARACTERS} characters")
    return fold(value)


def exact(value: str) -> str:
    """Read an identifier."""
    if not value or len(value) > MOST_CHARACTERS or "\x00" in value:
        raise ValueError(f"1 to {MOST_CHARACTERS} characters")
    return value


def country(value: str) -> str:
    """Read a country: alpha-2 or an English name; ZZ asks for plays without a known country."""
    code = UNKNOWN if value.strip().upper() == UNKNOWN else country_code(value)
    if code is None:
        raise ValueError("an ISO 3166 alpha-2 code (ES) or an English name (spain); ZZ for unknown")
    return code


def day(value: str) -> date:
    """Read a UTC day."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("a day as YYYY-MM-DD")
    try:
        read = date.fromisoformat(value)
    except ValueError:
        raise ValueError("a day that exists, as YYYY-MM-DD") from None
    if not FIRST_DAY <= read <= LAST_DAY:
        raise ValueError(f"a day from {FIRST_DAY} to {LAST_DAY}")
    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers in a range."""

    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(value)

    return read


def choices(allowed: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of one or several of *allowed*, comma-separated."""

    def read(value: str) -> tuple[str, ...]:
        chosen = tuple(dict.fromkeys(value.split(",")))
        if not set(chosen) <= set(allowed):
            raise ValueError(f"one or several of {', '.join(allowed)}, comma-separated")
        return chosen

    return read


def read_query(parameters: Sequence[Parameter], query: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    """Return each parameter's value, its default when it is not given.

    Raises:
        Problem: a parameter is unknown, repeated where it may not be, or has a value that is not allowed.
    """
    known = {name: parameter for parameter in parameters for name in (parameter.name, *parameter.aliases)}
    given: dict[str, list[Any]] = {}
    for name, value in query:
        if IGNORED.fullmatch(name):
            continue
        if name not in known:
            raise bad_request(f"{name[:60]!r} is not a parameter of this endpoint; its parameters are {', '.join(known)}")
        parameter = known[name]
        values = given.setdefault(parameter.name, [])
        try:
            values.append(parameter.read(value))
        except ValueError as allowed:
            raise bad_request(f"{name} is {value[:60]!r}; allowed: {allowed}") from None
        if len(values) > (MOST_VALUES if parameter.many else 1):
            most = f"at most {MOST_VALUES} values are" if parameter.many else "one value is"
            raise bad_request(f"{name} is given {len(values)} times; {most} allowed")
    return {
        parameter.name: (given.get(parameter.name) or None) if parameter.many else given.get(parameter.name, [parameter.default])[0]
        for parameter in parameters
    }
