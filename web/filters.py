"""Filters: which facts an answer counts, each a row of data: its parameter and its SQL predicate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from web import parameters
from web.grants import Rows
from web.parameters import Parameter


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows the facts; its SQL binds the parameter's value under its name."""

    parameter: Parameter
    column: str
    """The column of the facts that it looks at."""
    condition: str
    """Of that column; with a *table*, of the rows there whose values of the column are asked for."""
    table: str = ""
    narrow: bool = False
    """Whether it leaves some songs of thousands, or some countries of all."""

    @property
    def predicate(self) -> str:
        """What holds for the facts that are asked for."""
        if not self.table:
            return self.condition
        return f"{self.column} IN (SELECT {self.column} FROM {self.table} WHERE {self.condition})"  # noqa: S608  (all stand in this file)


DIMENSIONS = (
    Filter(
        Parameter(
            "artist", "a credited artist's whole name, in any case, with or without accents", parameters.text, many=True, example="ROSALÍA"
        ),
        "song",
        "artist_folded IN (SELECT unnest($artist::VARCHAR[]))",
        "song_artist",
        narrow=True,
    ),
    Filter(
        Parameter("song", "a song's whole title", parameters.text, many=True, example="TKN"),
        "song",
        "title_folded IN (SELECT unnest($song))",
        "song_detail",
        narrow=True,
    ),
    Filter(
        Parameter("song_id", "a song's external_id", parameters.exact, many=True, example="6ZKv8Ug8EnnDJzUrGFNgAb"),
        "song",
        "external_id IN (SELECT unnest($song_id))",
        "song_detail",
        narrow=True,
    ),
    Filter(
        Parameter("album", "an album's whole name", parameters.text, many=True, example="El Madrileño"),
        "song",
        "album_folded IN (SELECT unnest($album))",
        "song_detail",
        narrow=True,
    ),
    Filter(
        Parameter(
            "album_artist",
            "the first artist of a song: with an album's name, what tells it from others of that name",
            parameters.text,
            many=True,
            example="C. Tangana",
        ),
        "song",
        "album_artist_folded IN (SELECT unnest($album_artist))",
        "song_detail",
        narrow=True,
    ),
    Filter(
        Parameter("country", "alpha-2 code or English name, in any case", parameters.country, many=True, example="ES"),
        "country",
        "code IN (SELECT unnest($country))",
        "country",
        narrow=True,
    ),
    Filter(
        Parameter("source", "the streaming service", parameters.text, many=True, aliases=("platform",), example="spotify"),
        "platform",
        "regexp_replace(name, ' +', ' ', 'g') IN (SELECT unnest($source))",
        "platform",
    ),
    Filter(
        Parameter("genre", "a genre's whole name", parameters.text, many=True, example="latin"),
        "song",
        "genre_folded IN (SELECT unnest($genre))",
        "song_detail",
    ),
)

FIXED = (
    Filter(
        Parameter("fixed_artist", "the artist of the token", parameters.text),
        "song",
        "artist_folded = $fixed_artist",
        "song_artist",
        narrow=True,
    ),
    Filter(
        Parameter("fixed_country", "the country of the token", parameters.country),
        "country",
        "code = $fixed_country",
        "country",
        narrow=True,
    ),
)
"""What keeps an answer to the rows that its token is fixed to, in the order of `Rows`; nobody can ask for them."""

DATES = (
    Filter(Parameter("date_from", "first UTC day, inclusive", parameters.day, example="2026-11-01"), "day", "day >= $date_from"),
    Filter(Parameter("date_to", "last UTC day, inclusive", parameters.day, example="2026-11-30"), "day", "day <= $date_to"),
)

DAYS_OF_TREND = Filter(Parameter("trend", "the trend's days", parameters.day), "day", "day BETWEEN $trend_first AND $trend_last")

SECONDS = Filter(Parameter("seconds", "the span", parameters.whole(1, 600)), "second", "second BETWEEN $first_second AND $last_second")

DAYS = Parameter("days", "the last days up to today (UTC), instead of date_from and date_to", parameters.whole(1, 36_500), example="30")

DIMENSION_PARAMETERS = tuple(item.parameter for item in DIMENSIONS)
ALL_PARAMETERS = (*DIMENSION_PARAMETERS, *(item.parameter for item in DATES), DAYS)


def with_dates(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return *values* with `days` turned into dates."""
    dated = dict(values)
    days = dated.pop("days", None)
    if days is not None:
        dated["date_from"] = max(dated.get("date_from") or date.min, today - timedelta(days=days - 1))
        dated["date_to"] = min(dated.get("date_to") or date.max, today)
    return dated


def fixed(values: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """Return *values* with what the predicates of `FIXED` bind; of the artists asked for, only the one of *rows* is left.

    A song of that artist and another would otherwise be found by the other's name.
    """
    bound = {**values, **{f"fixed_{name}": value for name, value in rows._asdict().items()}}
    if rows.artist is not None and values.get("artist") is not None:
        bound["artist"] = [artist for artist in values["artist"] if artist == rows.artist]
    return bound


def in_force(values: Mapping[str, Any], rows: Rows) -> list[Filter]:
    """Return the filters that are given, and those that keep to the *rows* that may be seen."""
    given = [item for item in (*DIMENSIONS, *DATES) if values.get(item.parameter.name) is not None]
    return given + [item for item, value in zip(FIXED, rows, strict=True) if value is not None]


def without_dates(filters: Sequence[Filter]) -> list[Filter]:
    """Return the *filters* that hold for every day."""
    return [item for item in filters if item not in DATES]


def where(filters: Sequence[Filter], *more: str) -> str:
    """Return the SQL condition that all *filters* hold, and whatever *more* says."""
    return " AND ".join([*(item.predicate for item in filters), *filter(None, more)]) or "true"


def of_artists(filters: Sequence[Filter]) -> list[Filter]:
    """Return the *filters* for the credited artists that an answer is about."""
    return [item for item in filters if item.table == "song_artist"]
