"""Parameters: how the values of a query string are read, each written once as data."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from tables.countries import UNKNOWN, codes, country_asked_for, names_near
from tables.names import fold
from web.problems import bad_request

MOST_CHARACTERS = 200
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
MOST_VALUES = 100
IGNORED = re.compile(r"__tb__.*|from|token")
"""Parameters of Tinybird clients that mean nothing here, and the token, which is not a parameter."""


class Written(Enum):
    """How a value of a schema is written in the query."""

    PLAIN = "as it is"
    COMMAS = "its items with commas between them"
    JSON = "as JSON"


class Rule(NamedTuple):
    """What a value may be, said twice: to programs as JSON Schema, and by reading it."""

    schema: Mapping[str, Any]
    """Every value that it allows can be read; some others too, such as a country's name."""
    read: Callable[[str], Any]
    """Turns a value into what answers are made with, or raises ValueError with what is allowed."""
    written: Written = Written.PLAIN


@dataclass(frozen=True)
class Parameter:
    """One parameter of an endpoint."""

    name: str
    about: str
    rule: Rule
    default: Any = None
    many: bool = False
    """Whether it may be repeated, and then means any of its values."""
    aliases: tuple[str, ...] = ()
    example: str = ""
    """A value as it stands in the query."""
    needs: tuple[str, ...] = ()
    """Others, of which one has to be given too."""
    instead_of: tuple[str, ...] = ()
    """Others, of which none may be given too."""
    not_after: str = ""
    """Another, which ends what this one begins."""


def rule(**schema: Any) -> Callable[[Callable[[str], Any]], Rule]:
    """Make a reader a rule with its *schema*."""
    return partial(Rule, schema)


# White space as Python, JSON Schema and browsers have it; what one of them takes for it is white space to all.
_SAYS_SOMETHING = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085\ufeff][^\u0000]*$"


@rule(type="string", minLength=1, maxLength=MOST_CHARACTERS, pattern=_SAYS_SOMETHING)
def text(value: str) -> str:
    """Read free text, to be compared as `tables.names.fold` leaves it."""
    if len(value) > MOST_CHARACTERS or not re.search(_SAYS_SOMETHING, value):
        raise ValueError(f"1 to {MOST_CHARACTERS} characters, not all of them white space and none of them NUL")
    return fold(value)


@rule(type="string", maxLength=MOST_CHARACTERS)
def phrase(value: str) -> str:
    """Read what is searched for; it may be nothing."""
    if len(value) > MOST_CHARACTERS:
        raise ValueError(f"at most {MOST_CHARACTERS} characters")
    return fold(value)


@rule(type="string", minLength=1, maxLength=MOST_CHARACTERS, pattern=r"^[^\u0000]+$")
def exact(value: str) -> str:
    """Read an identifier."""
    if not value or len(value) > MOST_CHARACTERS or "\x00" in value:
        raise ValueError(f"1 to {MOST_CHARACTERS} characters, none of them NUL")
    return value


@rule(type="string", enum=sorted({*codes().values(), UNKNOWN}))
def country(value: str) -> str:
    """Read a country: alpha-2 or an English name; ZZ asks for plays without a known country."""
    if len(value) > MOST_CHARACTERS:
        raise ValueError(f"an ISO 3166 alpha-2 code (ES) or an English name (spain), of at most {MOST_CHARACTERS} characters")
    code = UNKNOWN if value.strip().upper() == UNKNOWN else country_asked_for(value)
    if code is None:
        near = names_near(value)
        nearest = f"; the nearest: {', '.join(near)}" if near else ""
        raise ValueError(f"an ISO 3166 alpha-2 code (ES) or an English name (spain); ZZ for unknown{nearest}")
    return code


_MONTHS = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEAR = "20([02468][048]|[13579][26])"


@rule(type="string", format="date", pattern=f"^(20[0-9][0-9]-({_MONTHS})|{_LEAP_YEAR}-02-29)$")
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


def whole(least: int, most: int) -> Rule:
    """Return the rule for whole numbers in a range."""

    @rule(type="integer", minimum=least, maximum=most)
    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(value)

    return read


def choice(allowed: Sequence[str]) -> Rule:
    """Return the rule for one of *allowed*."""

    @rule(type="string", enum=list(allowed))
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return read


def choices(allowed: Sequence[str]) -> Rule:
    """Return the rule for one or several of *allowed*, comma-separated."""

    def read(value: str) -> tuple[str, ...]:
        chosen = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
        if not set(chosen) <= set(allowed):
            raise ValueError(f"one or several of {', '.join(allowed)}, comma-separated")
        return chosen

    return Rule({"type": "array", "items": {"type": "string", "enum": list(allowed)}, "minItems": 1}, read, Written.COMMAS)


def read_query(parameters: Sequence[Parameter], query: Sequence[tuple[str, str]]) -> Mapping[str, Any]:
    """Return each parameter's value, its default when it is not given.

    Raises:
        Problem: a parameter is unknown, repeated where it may not be, lacks another or goes with none, or has a value that is not allowed.
    """
    known = {name: parameter for parameter in parameters for name in (parameter.name, *parameter.aliases)}
    given: dict[str, list[Any]] = {}
    times: Counter[str] = Counter()
    for name, value in query:
        if IGNORED.fullmatch(name):
            continue
        if name not in known:
            there_are = f"its parameters are {', '.join(known)}" if known else "it has none"
            raise bad_request(f"{name[:60]!r} is not a parameter of this endpoint; {there_are}")
        parameter = known[name]
        values = given.setdefault(parameter.name, [])
        try:
            values.append(parameter.rule.read(value))
        except ValueError as allowed:
            raise bad_request(f"{name} is {value[:60]!r}; allowed: {allowed}") from None
        times[name] += 1
        if not parameter.many and len(values) > 1:
            way_out = "; put commas between its parts" if parameter.rule.written is Written.COMMAS else ""
            raise bad_request(f"{name} is given {len(values)} times; one value is allowed{way_out}")
        if times[name] > MOST_VALUES:
            raise bad_request(f"{name} is given {times[name]} times; at most {MOST_VALUES} values are allowed")
    for parameter in parameters:
        if parameter.name in given:
            _check_with_others(parameter, given)
    return {
        parameter.name: (given.get(parameter.name) or None) if parameter.many else given.get(parameter.name, [parameter.default])[0]
        for parameter in parameters
    }


def _check_with_others(parameter: Parameter, given: Mapping[str, Sequence[Any]]) -> None:
    name = parameter.name
    if parameter.needs and not given.keys() & set(parameter.needs):
        raise bad_request(f"{name} is given without {' or '.join(parameter.needs)}; give one of them too")
    if others := [other for other in parameter.instead_of if other in given]:
        raise bad_request(f"{name} is given with {' and '.join(others)}; give either {name} or {' and '.join(parameter.instead_of)}")
    if parameter.not_after in given and given[name][0] > given[parameter.not_after][0]:
        other = parameter.not_after
        raise bad_request(f"{name} is {given[name][0]}, which is after {other}, {given[other][0]}; nothing lies between them: swap them")
