"""Series: days and seconds without gaps, from those that have plays. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

Row = tuple[Any, ...]
NOTHING = (0, 0)
LAST_DAY = date(2099, 12, 31)
"""A producer's clock can be wrong by centuries, and each day is a row."""


class Span(NamedTuple):
    """Which days are asked for; None: from the first, or to the last, that has plays."""

    first: date | None
    last: date | None
    today: date
    before_days: int = 0
    """So many days earlier stands what a day is compared with; 0: nothing is."""


def of_days(rows: Iterable[Row], span: Span) -> list[Row]:
    """Return day, plays and income of each day of *span*, ascending; with those of the day it is compared with.

    *rows* are a day each, in any order, those compared with among them.
    """
    of_day: Mapping[date, tuple[int, int]] = {day: (plays, earned) for day, plays, earned in rows}
    known = [day for day in of_day if day <= LAST_DAY]
    first = span.first or min(known, default=span.today)
    last = span.last or max([*known, span.today])
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    earlier = timedelta(span.before_days)
    return [(day, *of_day.get(day, NOTHING), *(of_day.get(day - earlier, NOTHING) if span.before_days else ())) for day in days]


def of_seconds(rows: Iterable[Row], first: int, last: int) -> list[Row]:
    """Return the time, plays and income of each second from *first* to *last* (since 1970), ascending."""
    of_second: Mapping[int, tuple[int, int]] = {second: (plays, earned) for second, plays, earned in rows}
    return [
        (datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S"), *of_second.get(second, NOTHING))
        for second in range(first, last + 1)
    ]


def of_places(rows: Iterable[Row], places: int, first: date, days: int) -> list[list[int]]:
    """Return for each of so many *places* its plays on each of the *days* from *first* on; *rows* are place, day and plays."""
    series: Sequence[list[int]] = [[0] * days for _ in range(places)]
    for place, day, plays in rows:
        series[place][(day - first).days] = plays
    return list(series)
