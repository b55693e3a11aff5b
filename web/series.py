"""Series: days and seconds without gaps, from those that have plays."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from tables.columns import Columns, groups, length, sums
from web.selection import Selection, day_of

Row = tuple[Any, ...]
NOTHING = (0, 0)
MINUTE = 60
ROWS_PER_LISTED = 100
"""Writing a day takes as long as looking at so many rows."""
LAST_DAY = date(2099, 12, 31)
"""A producer's clock can be wrong by centuries, and each day is a row."""


class Span(NamedTuple):
    """Which days are asked for; None: from the first, or to the last, that has plays."""

    first: date | None
    last: date | None
    today: date
    before_days: int = 0
    """So many days earlier stands what a day is compared with; 0: nothing is."""

    @property
    def days(self) -> int:
        """How many are listed at least."""
        return 0 if self.first is None else max(((self.last or self.today) - self.first).days + 1, 0)


def per_day(selection: Selection, span: Span) -> list[Row]:
    """Return day, plays and income of each day of *span*, ascending; with those of the day it is compared with."""
    selection.snapshot.allowance.take(ROWS_PER_LISTED * span.days)
    first = span.first and span.first - timedelta(days=span.before_days)
    rows = selection.of_days(first, span.last).daily(["day"], earning=True)
    return of_days(((day_of(day), *figures) for day, *figures in _figures(selection, rows, "day")), span)


def per_second(selection: Selection, first: int, last: int) -> list[Row]:
    """Return the time, plays and income of each second from *first* to *last* (since 1970), ascending."""
    return of_seconds(_figures(selection, selection.seconds(["second"], first, last), "second"), first, last)


def _figures(selection: Selection, rows: Columns, time: str) -> Iterable[Row]:
    """Return each time that has plays, its plays and what they earn."""
    if not length(rows):
        return ()
    some, group = groups({time: rows[time]})
    plays = sums(group, rows["plays"], len(some))
    return zip(rows[time][some].tolist(), plays.tolist(), selection.earned(rows, group, len(some)), strict=True)


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
    seconds: list[Row] = []
    for minute in range(first - first % MINUTE, last + 1, MINUTE):
        begins = datetime.fromtimestamp(minute, UTC).strftime("%Y-%m-%d %H:%M:")  # writing each second so takes longer than all else
        within = range(max(first, minute), min(last + 1, minute + MINUTE))
        seconds += [(f"{begins}{second - minute:02}", *of_second.get(second, NOTHING)) for second in within]
    return seconds
