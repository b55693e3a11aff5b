"""Filters: which plays an answer counts, each a row of data: its parameter, and how its values become numbers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from tables.columns import Array
from tables.memory import Snapshot
from web import parameters
from web.grants import Rows
from web.parameters import Parameter

Numbers = Callable[[Snapshot, Sequence[str]], Array]


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows the plays."""

    parameter: Parameter
    column: str
    """The column of the counts that it looks at."""
    numbers: Numbers
    """The numbers in that column, ascending, that some values of the parameter mean."""


def _of_songs(column: str) -> Numbers:
    return lambda snapshot, values: snapshot.songs.of_names(column, values)


def _artists(snapshot: Snapshot, values: Sequence[str]) -> Array:
    songs, _ = snapshot.songs.of_artists(snapshot.songs.names["artist"].alike(values))
    return songs


def _songs(snapshot: Snapshot, values: Sequence[str]) -> Array:
    known = [snapshot.songs.ids.numbers.get(value, len(snapshot.songs)) for value in values]
    return np.unique([number for number in known if number < len(snapshot.songs)]).astype("i8")


def _countries(snapshot: Snapshot, values: Sequence[str]) -> Array:
    return np.unique([snapshot.countries.numbers[value] for value in values if value in snapshot.countries.numbers]).astype("i8")


def _platforms(snapshot: Snapshot, values: Sequence[str]) -> Array:
    wanted = set(values)
    names = list(snapshot.platforms.names)
    return np.array([number for number, name in enumerate(names) if re.sub(" +", " ", name) in wanted], "i8")


ARTIST = Filter(
    Parameter(
        "artist", "a credited artist's whole name, in any case, with or without accents", parameters.text, many=True, example="ROSALÍA"
    ),
    "song",
    _artists,
)
DIMENSIONS = (
    ARTIST,
    Filter(Parameter("song", "a song's whole title", parameters.text, many=True, example="TKN"), "song", _of_songs("title")),
    Filter(Parameter("song_id", "a song's external_id", parameters.exact, many=True, example="6ZKv8Ug8EnnDJzUrGFNgAb"), "song", _songs),
    Filter(Parameter("album", "an album's whole name", parameters.text, many=True, example="El Madrileño"), "song", _of_songs("album")),
    Filter(
        Parameter(
            "album_artist",
            "the first artist of a song: with an album's name, what tells it from others of that name",
            parameters.text,
            many=True,
            example="C. Tangana",
        ),
        "song",
        _of_songs("album_artist"),
    ),
    Filter(
        Parameter("country", "alpha-2 code or English name, in any case", parameters.country, many=True, example="ES"),
        "country",
        _countries,
    ),
    Filter(
        Parameter("source", "the streaming service", parameters.text, many=True, aliases=("platform",), example="spotify"),
        "platform",
        _platforms,
    ),
    Filter(Parameter("genre", "a genre's whole name", parameters.text, many=True, example="latin"), "song", _of_songs("genre")),
)
DATES = (
    Parameter("date_from", "first UTC day, inclusive", parameters.day, example="2026-11-01", not_after="date_to"),
    Parameter("date_to", "last UTC day, inclusive", parameters.day, example="2026-11-30"),
)
DAYS = Parameter(
    "days",
    "the last days up to today (UTC), instead of date_from and date_to",
    parameters.whole(1, 36_500),
    example="30",
    instead_of=("date_from", "date_to"),
)

DIMENSION_PARAMETERS = tuple(item.parameter for item in DIMENSIONS)
ALL_PARAMETERS = (*DIMENSION_PARAMETERS, *DATES, DAYS)


def with_dates(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return *values* with `days` turned into dates."""
    dated = dict(values)
    days = dated.pop("days", None)
    if days is not None:
        dated |= {"date_from": today - timedelta(days=days - 1), "date_to": today}
    return dated


def fixed(values: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """Return *values* narrowed to the *rows* that may be seen, whatever is asked for.

    Of the artists asked for, only the one of *rows* is left: a song of that artist and another would else be found by the other's name.
    """
    narrowed = dict(values)
    for name, value in rows._asdict().items():
        if value is not None:
            given = values.get(name)
            narrowed[name] = [value] if given is None or value in given else []
    return narrowed
