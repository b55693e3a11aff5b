"""Questions: what an endpoint is asked, and its answer: rows and how much was looked at for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from tables.allowance import Allowance
from tables.balance import Balance
from tables.following import Freshness
from tables.memory import Snapshot
from web import finding, ranking, series, totals
from web.conservation import conserved
from web.dimensions import INCOME, PLAYS, PREVIOUS, SONG_ID, TREND, Column
from web.facts import BEFORE_ALL, page
from web.filters import fixed, with_dates
from web.grants import Rows
from web.selection import Looked, Selection
from web.series import Span
from web.trends import trend


class Readable(Protocol):
    """A warehouse, or a view of one."""

    @property
    def snapshot(self) -> Snapshot:
        """See `Warehouse.snapshot`."""

    @property
    def balance(self) -> Balance:
        """See `Warehouse.balance`."""


class Allowed:
    """A warehouse, of which no more is looked at than an allowance is for."""

    def __init__(self, warehouse: Readable, allowance: Allowance) -> None:
        """Be a view of *warehouse*."""
        self._warehouse, self._allowance = warehouse, allowance

    @property
    def snapshot(self) -> Snapshot:
        """See `Warehouse.snapshot`."""
        return self._warehouse.snapshot._replace(allowance=self._allowance)

    @property
    def balance(self) -> Balance:
        """See `Warehouse.balance`."""
        return self._warehouse.balance


class Found(NamedTuple):
    """What a question led to."""

    rows: Sequence[tuple[Any, ...]]
    looked: Looked
    watermarks: Mapping[int, int]
    """Next source offset by partition: exactly which plays the rows hold; those of seconds may hold newer ones."""
    every: int | None = None
    """Rows before the limit, if there is one; at least so many where counting all of them would take long."""
    columns: Sequence[Column] = ()
    """Those of the rows, where they depend on the question."""


@dataclass(frozen=True)
class Question:
    """The values of an endpoint's parameters, and over what they are asked."""

    given: Mapping[str, Any]
    visible: Rows
    freshness: Freshness
    warehouse: Readable

    @cached_property
    def today(self) -> date:
        """The UTC day up to which everything is counted."""
        return datetime.fromtimestamp(self.freshness.as_of, UTC).date()

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What was given, with days as dates, and narrowed to the rows that may be seen."""
        return fixed(with_dates(self.given, self.today), self.visible)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day asked for."""
        return self.values.get("date_from"), self.values.get("date_to")

    def selection(self) -> Selection:
        """Return the plays that it is about, of whatever day."""
        return Selection(self.warehouse.snapshot, self.values)


def rank(question: Question) -> Found:
    """Answer what is played most."""
    by, part = question.values["by"], ranking.Page(question.values["limit"], question.values["offset"])
    selection = question.selection()
    ranked = ranking.rank(selection.of_days(*question.days), by, part)
    columns = [*(shown.column for shown in ranking.columns_of(by)), PLAYS, INCOME, SONG_ID]
    rows: Sequence[tuple[Any, ...]] = ranked.rows
    if days := question.values["trend"]:
        last = question.days[1] or question.today
        first = last - timedelta(days=days - 1)
        trends = trend(selection.of_days(first, last), by, ranked.keys, first, days)
        rows, columns = [(*row, series_of_row) for row, series_of_row in zip(rows, trends, strict=True)], [*columns, TREND]
    return _found(selection, rows, ranked.found, columns)


def per_day(question: Question) -> Found:
    """Answer plays and income of each day."""
    (first, last), compared, selection = question.days, question.values["compare"], question.selection()
    # At least a day: plays of a producer whose clock is ahead may lie behind today, and be all that is asked for.
    before = max(((last or question.today) - first).days + 1, 1) if compared and first else 0
    rows = series.per_day(selection, Span(first, last, question.today, before))
    columns = [Column("date", "Date"), PLAYS, INCOME, *(PREVIOUS if compared else ())]
    return _found(selection, rows, columns=columns)


def per_second(question: Question) -> Found:
    """Answer plays and income of each of the newest complete seconds."""
    last, selection = int(question.freshness.as_of) - 1, question.selection()
    return _found(selection, series.per_second(selection, last - question.values["seconds"] + 1, last))


def search_artists(question: Question) -> Found:
    """Answer whose names are like the given one."""
    selection, found, count = _find(question, question.given["artist"], ("artist",))
    return _found(selection, [(each.name, each.song_id, each.plays) for each in found], count)


def search(question: Question) -> Found:
    """Answer what has a name like the given one."""
    selection, found, count = _find(question, question.given["q"], tuple(finding.KINDS))
    return _found(selection, found, count)


def total(question: Question) -> Found:
    """Answer the totals."""
    selection = question.selection()
    return _found(selection, [totals.total(selection.of_days(*question.days))])


def conservation(question: Question) -> Found:
    """Answer what was consumed, counted and is stored."""
    balance = question.warehouse.balance
    return Found(*conserved(balance, question.freshness.log_end or {}), balance.offsets)


def facts(question: Question) -> Found:
    """Answer a page of the stored counts."""
    selection, after, limit = question.selection(), question.values["after"] or BEFORE_ALL, question.values["limit"]
    rows = page(selection, question.days, after, limit + 1)  # one more tells that this is not the last page; counting all takes long
    return _found(selection, rows[:limit], len(rows))


def _find(question: Question, words: str | None, kinds: Sequence[str]) -> tuple[Selection, list[finding.Found], int]:
    selection = Selection(question.warehouse.snapshot, fixed({}, question.visible))
    return selection, *finding.find(selection, words or "", kinds, question.given["limit"])


def _found(selection: Selection, rows: Sequence[tuple[Any, ...]], count: int | None = None, columns: Sequence[Column] = ()) -> Found:
    return Found(rows, selection.looked, selection.snapshot.watermarks, count, columns)
