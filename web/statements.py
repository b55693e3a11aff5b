"""Statements: from an endpoint and its parameters to SQL, the values that it binds and the rollups that it reads."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from tables.following import Freshness
from tables.rollups import Rollup
from web.dimensions import BY, Column
from web.endpoints import PREVIOUS, TREND, Endpoint, Rows, Series
from web.fact_sql import OF_ARTISTS, PER_ARTIST, WHOLE, Facts
from web.filters import SECONDS, fixed, in_force, of_artists, where, with_dates
from web.grants import Rows as Visible
from web.search import near
from web.series import of_places

BOUND = re.compile(r"\$([a-z_0-9]+)")
Ask = Callable[["Statement", Mapping[str, Any]], Rows]
"""Asks a statement with more values bound, in the same snapshot."""
Before = Callable[[Ask], Mapping[str, Any]]
Finish = Callable[[Rows, Ask], Rows]


def _nothing(_ask: Ask) -> Mapping[str, Any]:
    return {}


def _as_they_come(rows: Rows, _ask: Ask) -> Rows:
    return rows


@dataclass(frozen=True, slots=True)
class Statement:
    """What DuckDB is asked."""

    sql: str
    columns: Sequence[Column]
    """Of the answer; a row may go on after them, first with the number of rows before the limit."""
    values: Mapping[str, Any]
    reads: tuple[Rollup, ...] = ()
    before: Before = _nothing
    """Finds out what else to bind."""
    finished: Finish = _as_they_come
    """Makes the answer's rows of those that came."""


def statement_of(endpoint: Endpoint, values: Mapping[str, Any], visible: Visible, freshness: Freshness) -> Statement:
    """Return what to ask for the answer to *endpoint* over the *visible* rows.

    Raises:
        Problem: parameters that are allowed contradict each other.
    """
    bound = _bound(endpoint, values, visible, freshness)
    filters = in_force(bound, visible) + ([SECONDS] if endpoint.facts == "live" else [])
    artists = of_artists(filters)
    by: Sequence[str] = values.get("by", ())
    facts = Facts(endpoint.facts, filters, PER_ARTIST if "artist" in by else OF_ARTISTS if artists else WHOLE)
    parts = {
        "asked": facts.asked,
        "earned": facts.earned,
        "where": where(filters),
        "artist_where": " AND ".join(item.condition for item in artists) or "true",
    }
    needed = [*endpoint.columns, *(BY[name].fact_column for name in by)]
    sql = _sql(endpoint.sql)
    if "{places}" in sql:
        needed += ["country"] if facts.narrow else []
        parts["places"] = "SELECT DISTINCT country FROM facts" if facts.narrow else facts.of(["country"])
    columns: Sequence[Column] = endpoint.row
    if by:
        columns = (*_ranking(parts, by), *columns)
    parts["facts"] = facts.of(dict.fromkeys(needed), per_song=endpoint.per_song or _most_played_of(by) is not None)
    finished: Finish = _as_they_come
    if endpoint.series is not None:
        finished = _series(endpoint.series, bound)
    if values.get("trend"):
        finished = _trend(parts, facts, bound, by, len(columns))
        columns = (*columns, TREND)
    if values.get("compare"):
        columns = (*columns, *PREVIOUS)
    before: Before = _nothing
    if endpoint.searches:
        *names, parts["id"], _ = (column.name for column in columns)
        parts |= {"names": ", ".join(names), "named": _named(endpoint.searches, "true", parts)}
        before = _near(_named(endpoint.searches, _sql("possible.sql"), parts), bound)
    if endpoint.page_end:
        before = _page_end(_sql(endpoint.page_end).format(**parts, keys=facts.keys(["day", "song"])), bound)
    sql = sql.format(**parts)
    return Statement(sql, columns, _values(sql, bound), tuple(dict.fromkeys(facts.read)), before, finished)


def _named(kinds: Sequence[str], kept: str, parts: Mapping[str, str]) -> str:
    """Return the SQL for the names of some *kinds*, of those that are *kept* (a condition on their marks)."""
    return " UNION ALL ".join(_named_by_kind()[kind].format(**parts, kept=kept) for kind in kinds)


def _near(possible: str, bound: Mapping[str, Any]) -> Before:
    """Return what finds the names that a search means, among the *possible* ones."""
    sql = f"SELECT DISTINCT plain FROM ({possible})"  # noqa: S608  (from our files)
    asked = Statement(sql, (), _values(sql, bound))

    def before(ask: Ask) -> Mapping[str, Any]:
        found = near((name for (name,) in ask(asked, {})), bound["asked"])
        return {"names": list(found), "matches": [match.value for match in found.values()]}

    return before


def _page_end(sql: str, bound: Mapping[str, Any]) -> Before:
    """Return what finds the day and the song by which a page of the facts is full."""
    asked = Statement(sql, (), _values(sql, bound))

    def before(ask: Ask) -> Mapping[str, Any]:
        ((day, song, one_day),) = ask(asked, {})
        return {"last_day": day, "last_song": song, "one_day": one_day}

    return before


def _series(make: Series, bound: Mapping[str, Any]) -> Finish:
    return lambda rows, _ask: make(rows, bound)


def _bound(endpoint: Endpoint, values: Mapping[str, Any], visible: Visible, freshness: Freshness) -> dict[str, Any]:
    """Return everything that the SQL of *endpoint* may bind."""
    today = datetime.fromtimestamp(freshness.as_of, UTC).date()
    last_second = int(freshness.as_of) - 1
    log_end = freshness.log_end or {}
    bound = {
        **fixed(with_dates(endpoint.bind(values), today), visible),
        "today": today,
        "last_second": last_second,
        "first_second": last_second - values.get("seconds", 1) + 1,
        "partitions": list(log_end),
        "log_ends": list(log_end.values()),
    }
    last_day = bound.get("date_to") or today
    bound |= {"trend_first": last_day - timedelta(days=(values.get("trend") or 1) - 1), "trend_last": last_day}
    bound |= {"first_day": bound.get("date_from"), "span_days": 0}
    if values.get("compare"):
        bound["span_days"] = (last_day - bound["first_day"]).days + 1
        bound["date_from"] = bound["first_day"] - timedelta(days=bound["span_days"])
    return bound


def _ranking(parts: dict[str, str], by: Sequence[str]) -> Sequence[Column]:
    """Add what a ranking *by* some dimensions puts into its SQL; return its own columns."""
    dimensions = [BY[name] for name in by]
    shown = {column: sql for dimension in dimensions for column, sql in dimension.columns}
    if "song_title" in by:  # an album has `artists` too; beside a song they are the song's
        shown |= dict(BY["song_title"].columns)
    keys = [key for dimension in dimensions for key, _ in dimension.keys]
    ids = _most_played_of(by)
    parts |= {
        "columns": ", ".join(f"{sql} AS {column.name}" for column, sql in shown.items()),
        "names": ", ".join(column.name for column in shown),
        "keys": ", ".join(keys),
        "group_keys": ", ".join(f"groups.{key}" for key in keys),
        "grouped": " ".join(dict.fromkeys(dimension.grouped for dimension in dimensions)),
        "named": " ".join(dict.fromkeys(dimension.named for dimension in dimensions)),
        "most_played": f"arg_max({ids}, (plays::HUGEINT << 32) - facts.song)" if ids else "NULL::VARCHAR",  # the same one of equals
        "song_id": "external_id" if "song_title" in by else "coalesce(groups.song_id, '')",
    }
    return list(shown)


def _most_played_of(by: Sequence[str]) -> str | None:
    """Return where the ids stand of the songs of which a ranking *by* some dimensions names the most played; None: it names none."""
    if "song_title" in by:
        return None  # each row is a song
    return next((BY[name].song_id for name in by if BY[name].song_id), None)


def _trend(parts: Mapping[str, str], facts: Facts, bound: Mapping[str, Any], by: Sequence[str], place: int) -> Finish:
    """Return what adds to each row of a ranking its plays of the trend's days, in the *place*-th column; its keys are its last ones."""
    keys = [key for name in by for key in BY[name].keys]
    first, days = bound["trend_first"], (bound["trend_last"] - bound["trend_first"]).days + 1
    names = [f"key_{number}" for number in range(len(keys))]
    columns = dict.fromkeys([*(BY[name].fact_column for name in by), "day"])
    songs = "".join(f"song IN (SELECT unnest(${name}::UINTEGER[]))" for (key, _), name in zip(keys, names, strict=True) if key == "song")
    more = {
        "top_keys": ", ".join(f"unnest(${name}::{kind}[]) AS {name}" for (_, kind), name in zip(keys, names, strict=True)),
        "same_keys": " AND ".join(f"{key} = top.{name}" for (key, _), name in zip(keys, names, strict=True)),
        "trend_facts": facts.of_trend(columns, songs),
    }
    sql = _sql("trend.sql").format(**parts, **more)
    asked = Statement(sql, (), _values(sql, bound))

    def finish(rows: Rows, ask: Ask) -> Rows:
        lists = {name: [row[number - len(names)] for row in rows] for number, name in enumerate(names)}
        series = of_places(ask(asked, lists), len(rows), first, days)
        return [(*row[:place], trend, *row[place:]) for row, trend in zip(rows, series, strict=True)]

    return finish


def _values(sql: str, bound: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what *sql* binds, as far as it is known before anything is asked."""
    return {name: bound[name] for name in set(BOUND.findall(sql)) if name in bound}


@cache
def _named_by_kind() -> Mapping[str, str]:
    _, *named = _sql("named.sql").split("-- name: ")
    return {kind: sql for kind, _, sql in (part.partition("\n") for part in named)}


@cache
def _sql(name: str) -> str:
    return files("web").joinpath("sql", name).read_text()
