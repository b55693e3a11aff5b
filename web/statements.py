"""Statements: from an endpoint and its parameters to SQL, the values that it binds and the rollups that it reads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from tables import rollups
from tables.following import Freshness
from tables.rollups import Rollup
from web.dimensions import BY, Column
from web.endpoints import PREVIOUS, TREND, Endpoint
from web.filters import DAYS_OF_TREND, Filter, artist_where, fixed, in_force, where, with_dates, without_dates
from web.grants import Rows

BOUND = re.compile(r"\$([a-z_]+)")
MOST_PLAYED = "arg_max(song, (plays::HUGEINT << 32) - song)"
"""The most played song; of equally played ones always the same."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What DuckDB is asked."""

    sql: str
    columns: Sequence[Column]
    """Of the answer; a row may go on after them, first with the number of rows before the limit."""
    values: Mapping[str, Any]
    reads: tuple[Rollup, ...]
    before: "Statement | None" = None
    """To be asked before: the values of its one row are bound too, under the names of its columns."""


def statements(endpoint: Endpoint, values: Mapping[str, Any], visible: Rows, freshness: Freshness) -> list[Statement]:
    """Return what to ask for the answer to *endpoint* over the *visible* rows: each in turn, until one fills the limit.

    Raises:
        Problem: parameters that are allowed contradict each other.
    """
    bound = _bound(endpoint, values, visible, freshness)
    facts = _Facts(endpoint.facts, in_force(bound, visible))
    artists = artist_where(bound, visible)
    by: Sequence[str] = values.get("by", ())
    share = "per_artist" if "artist" in by else "of_artists" if artists != "true" else "whole"
    earned, shares = _named("shares.sql")[share].format(artist_where=artists).split("\n", 1)
    needed = dict.fromkeys([*endpoint.columns, *(BY[name].fact_column for name in by), *(["song"] if share != "whole" else [])])
    columns: Sequence[Column] = endpoint.row
    parts = {"artist_where": artists, "where": where(facts.filters), "earned": earned, "shares": shares}
    parts |= {"fact_columns": ", ".join(needed), "facts": facts.summed(needed)}
    if by:
        columns = (*_ranking(parts, by), *columns)
    sql = _sql(endpoint.sql)
    if "{places}" in sql:
        parts["places"] = facts.summed(["country"])
    if values.get("trend"):
        parts |= {"trend_facts": facts.of_trend([*needed, "day"]), "ranking": sql.format(**parts)}
        sql, columns = _sql("trend.sql"), (*columns, TREND)
    if values.get("compare"):
        columns = (*columns, *PREVIOUS)
    tries: Sequence[str] = ("",)
    if endpoint.searches:
        named = _named("named.sql")
        parts["named"] = " UNION ALL ".join(named[kind].format(**parts) for kind in endpoint.searches)
        *names, parts["id"], _ = (column.name for column in columns)
        parts["names"] = ", ".join(names)
        tries = ("", _sql("misspelt.sql")) if bound["errors"] else ("",)
    before = None
    if endpoint.before:
        before = _statement(_sql(endpoint.before).format(**parts, keys=facts.keys(["day", "song"])), (), bound, ())
    return [_statement(sql.format(**parts, misspelt=misspelt), columns, bound, facts.read, before) for misspelt in tries]


class _Facts:
    """The facts that the filters leave, from the rollups that hold them in the fewest rows."""

    def __init__(self, table: str, filters: Sequence[Filter]) -> None:
        self.filters = filters
        self._rolled_up = table == "rollups"
        self.read: list[Rollup] = []

    def summed(self, columns: Iterable[str]) -> str:
        """Return the SQL that adds up their plays and earnings by *columns*."""
        return rollups.summed(self._best(columns, self.filters), columns, where(self.filters)) if self._rolled_up else ""

    def of_trend(self, columns: Iterable[str]) -> str:
        """Return the SQL for their rows in the days of the trend, whatever days are asked for."""
        filters = [*without_dates(self.filters), DAYS_OF_TREND]
        return rollups.rows(self._best(columns, filters), columns, where(filters))

    def keys(self, columns: Iterable[str]) -> str:
        """Return the table that has one row or more for each of their groups by *columns*, and none for others."""
        return self._best(columns, self.filters).table

    def _best(self, columns: Iterable[str], filters: Sequence[Filter]) -> Rollup:
        narrow = {item.column for item in filters if item.narrow}
        rollup = rollups.best({*columns, *(item.column for item in filters)}, narrow)
        self.read.append(rollup)
        return rollup


def _bound(endpoint: Endpoint, values: Mapping[str, Any], visible: Rows, freshness: Freshness) -> dict[str, Any]:
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
    of_songs = any(dimension.fact_column == "song" for dimension in dimensions)
    groups = [group for dimension in dimensions for group in dimension.groups]
    keys = {f"key_{number}": group for number, group in enumerate(groups)}
    parts |= {
        "columns": ", ".join(f"{sql} AS {column.name}" for column, sql in shown.items()),
        "names": ", ".join(column.name for column in shown),
        "groups": ", ".join(groups),
        "joins": " ".join(dict.fromkeys(dimension.join for dimension in dimensions)),
        "most_played": "song" if "song_title" in by and "artist" not in by else MOST_PLAYED if of_songs else "NULL::UINTEGER",
        "keys": ", ".join(f"{group} AS {key}" for key, group in keys.items()),
        "key_names": ", ".join(keys),
        "top_keys": ", ".join(f"top.{key}" for key in keys),
        "same_keys": " AND ".join(f"{group} = top.{key}" for key, group in keys.items()),
    }
    return list(shown)


def _statement(
    sql: str, columns: Sequence[Column], bound: Mapping[str, Any], read: Iterable[Rollup], before: Statement | None = None
) -> Statement:
    values = {name: bound[name] for name in set(BOUND.findall(sql)) if name in bound}  # others are asked before
    return Statement(sql, columns, values, tuple(dict.fromkeys(read)), before)


@cache
def _sql(name: str) -> str:
    return files("web").joinpath("sql", name).read_text()


@cache
def _named(file: str) -> Mapping[str, str]:
    """Return the statements of *file* by their names."""
    _, *named = _sql(file).split("-- name: ")
    return {name: sql for name, _, sql in (part.partition("\n") for part in named)}
