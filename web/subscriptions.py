"""Subscriptions: what a stream asks for, read from its address; equal ones are asked once, whoever listens. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from web.endpoints import BY_NAME, Endpoint
from web.grants import Grant, Rows
from web.parameters import IGNORED, read_query
from web.problems import Problem, bad_request, forbidden

MOST_SUBSCRIPTIONS = 20
MOST_ROWS = 1_000
"""Rows of one subscription: they are compared each second."""
EVENTS = ("as_of", "state", "bye")
"""What a stream says by itself; no subscription can have such a name."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
FORM = "NAME=ENDPOINT?PARAMETERS with the value URL-encoded, as in top=ranking_by%3Fby%3Dsong_title"


@dataclass(frozen=True)
class Subscription:
    """An endpoint with the values that it is asked with, over the rows that may be seen."""

    endpoint: Endpoint = field(compare=False)
    values: Mapping[str, Any] = field(compare=False)
    rows: Rows
    asked: tuple[Any, ...]
    """Endpoint and values, the same for whatever asks the same."""


def read_subscriptions(query: Sequence[tuple[str, str]], grant: Grant) -> dict[str, Subscription | Problem]:
    """Return what each part of the stream's *query* asks for by its name; a problem in place of what *grant* does not open.

    Raises:
        Problem: a part cannot be read, there is none or there are too many, or the grant opens none of them.
    """
    asked: dict[str, Subscription | Problem] = {}
    for name, value in query:
        if IGNORED.fullmatch(name):
            continue
        if not NAME.fullmatch(name) or name in EVENTS:
            allowed = f"a letter, then at most 39 letters, digits, _ and -, and not {', '.join(EVENTS)}"
            raise bad_request(f"{name[:60]!r} is no name of a subscription; allowed: {allowed}")
        if name in asked:
            raise bad_request(f"{name} is given twice; a stream has one subscription of a name")
        asked[name] = _read_part(name, value, grant)
    if not 1 <= len(asked) <= MOST_SUBSCRIPTIONS:
        raise bad_request(f"{len(asked)} subscriptions came; allowed: 1 to {MOST_SUBSCRIPTIONS}, each {FORM}")
    barred = [part for part in asked.values() if isinstance(part, Problem)]
    if len(barred) == len(asked):
        raise barred[0]
    return asked


def _read_part(name: str, value: str, grant: Grant) -> Subscription | Problem:
    asks, _, parameters = value.partition("?")
    endpoint = BY_NAME.get(asks)
    if endpoint is None:
        raise bad_request(f"{name} asks for {asks[:60]!r}, which is not an endpoint; a subscription is {FORM}, of {', '.join(BY_NAME)}")
    try:
        values = read_query(endpoint.params, parse_qsl(parameters, keep_blank_values=True))
    except Problem as problem:
        raise bad_request(f"{name}: {problem.detail}") from None
    if values.get("limit", 0) > MOST_ROWS:
        raise bad_request(f"{name}: limit is {values['limit']}; a stream sends at most {MOST_ROWS} rows of a subscription")
    if not grant.opens(endpoint.name):
        return forbidden(f"{name}: this token does not open {endpoint.name}")
    return Subscription(endpoint, values, grant.rows, (endpoint.name, *_comparable(values)))


def _comparable(values: Mapping[str, Any]) -> Sequence[Any]:
    """Return *values* without the order and the repetitions in which some may be given."""
    return [(name, tuple(sorted(set(value))) if isinstance(value, list) else value) for name, value in sorted(values.items())]
