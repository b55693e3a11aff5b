"""Endpoints as data: what can be asked. Routes, validation and tests read this list."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from web import parameters, questions
from web.dimensions import BY, INCOME, PLAYS, PREVIOUS, SONG_ID, TREND, Column, text
from web.facts import Key
from web.filters import ALL_PARAMETERS, DIMENSION_PARAMETERS
from web.parameters import Parameter, Rule, Written
from web.questions import Found, Question


@dataclass(frozen=True)
class Endpoint:
    """An endpoint: its parameters, its rows and what answers it."""

    name: str
    about: str
    params: tuple[Parameter, ...]
    row: tuple[Column, ...]
    """The columns that its rows always have."""
    answer: Callable[[Question], Found]
    aliases: tuple[str, ...] = ()
    asked: tuple[Column, ...] = ()
    """The columns that its rows have when the parameters ask for them."""


def _limit(default: int, most: int = 10_000) -> Parameter:
    return Parameter("limit", "most rows", parameters.whole(1, most), default, example="5")


MOST_PARTITIONS = 1 << 16


def _read_fact_key(value: str) -> Key:
    """Read the key of a fact: a row without its plays, as a JSON array."""
    try:
        day, song, country, source, partition, artists = json.loads(value)
        (song + country + source + artists).encode()  # strings, and no half of a surrogate pair in them
        return Key(date.fromisoformat(day), song, country, source, range(MOST_PARTITIONS).index(partition), artists)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"the last row of the page before, {', '.join(Key._fields)}, as a JSON array") from None


_FACT_KEY = Rule(
    {
        "type": "array",
        "prefixItems": [
            {"title": "date", "type": "string", "format": "date"},
            *({"title": name, "type": "string"} for name in ("song_id", "country", "source")),
            {"title": "partition", "type": "integer", "minimum": 0, "maximum": MOST_PARTITIONS - 1},
            {"title": "artists", "type": "string"},
        ],
        "items": False,
        "minItems": len(Key._fields),
    },
    _read_fact_key,
    Written.JSON,
)


RANKING = Endpoint(
    name="ranking_by",
    about=(
        "Most played artists, songs, albums, countries, services or genres. song_id is the most played song of a row;"
        " empty when only countries and services are ranked."
    ),
    params=(
        Parameter(
            "by", "what is ranked: one or several, comma-separated", parameters.choices(tuple(BY)), ("artist",), example="song_title"
        ),
        *ALL_PARAMETERS,
        _limit(20),
        Parameter("offset", "rows to skip", parameters.whole(0, 1_000_000), 0, example="0"),
        Parameter(
            "trend",
            "adds to each row its plays of each of so many days, the last ones up to date_to or today",
            parameters.whole(1, 400),
            example="7",
        ),
    ),
    row=(PLAYS, INCOME, SONG_ID),
    asked=(*dict.fromkeys(shown.column for dimension in BY.values() for shown in dimension.shown), TREND),
    answer=questions.rank,
)
EVOLUTION = Endpoint(
    name="evolution_plays_income_from_mv",
    about="Plays and income per day, every day of the span.",
    params=(
        *ALL_PARAMETERS,
        Parameter(
            "compare",
            "previous: adds the same days of the span before",
            parameters.choice(("previous",)),
            example="previous",
            needs=("days", "date_from"),
        ),
    ),
    row=(Column("date", "Date"), PLAYS, INCOME),
    asked=PREVIOUS,
    answer=questions.per_day,
    aliases=("evolution",),
)
PER_SECOND = Endpoint(
    name="evolution_per_second",
    about="Plays and income per second, up to the newest complete second.",
    params=(*DIMENSION_PARAMETERS, Parameter("seconds", "length of the span", parameters.whole(1, 600), 120, example="10")),
    row=(Column("date", "DateTime"), PLAYS, INCOME),
    answer=questions.per_second,
)
SEARCH_ARTIST = Endpoint(
    name="search_artist",
    about="Artists whose name is like the given one, best match first.",
    params=(
        Parameter(
            "artist",
            "part of a name, or words of it in any order; accents and small typing errors are forgiven",
            parameters.phrase,
            example="rosalia",
        ),
        _limit(10),
    ),
    row=(text("artist"), SONG_ID, PLAYS),
    answer=questions.search_artists,
)
SEARCH = Endpoint(
    name="search",
    about="Artists, songs and albums whose name is like the given one, best match first.",
    params=(
        Parameter(
            "q",
            "part of a name, or words of it and of its artists in any order; accents, punctuation and small typing errors are forgiven",
            parameters.phrase,
            example="motomami",
        ),
        _limit(10),
    ),
    row=(*(text(name) for name in ("kind", "name", "artists", "id")), PLAYS),
    answer=questions.search,
)
TOTALS = Endpoint(
    name="totals",
    about="Plays, income and how many artists, songs and countries they spread over; plays of songs not in the dimension.",
    params=ALL_PARAMETERS,
    row=(PLAYS, INCOME, *(Column(name, "UInt64") for name in ("artists", "songs", "countries", "unmatched"))),
    answer=questions.total,
)
CONSERVATION = Endpoint(
    name="conservation",
    about="Per partition: what was consumed, counted, rejected and is stored, and how far counting is.",
    params=(),
    row=tuple(Column(name, "UInt64") for name in ("partition", "consumed", "counted", "rejected", "stored", "watermark", "log_end", "lag")),
    answer=questions.conservation,
)
REJECTED_MOST = 100
"""So many rejected records fit a page; they are no rows of the warehouse, see `web.rejected`."""
REJECTED_LIMIT = Parameter("limit", "most records, the newest first", parameters.whole(1, REJECTED_MOST), 50, example="5")
FACTS = Endpoint(
    name="facts",
    about=(
        "For audit: every stored count with its whole key, by partition and with the credit it was counted under, in pages. While"
        " rows_before_limit_at_least is more than rows there is another page: ask for it with the last row in after."
    ),
    params=(
        Parameter(
            "after",
            "where a page begins: the last row before it, without its plays, as a JSON array",
            _FACT_KEY,
            example='["2026-11-23", "6ZKv8Ug8EnnDJzUrGFNgAb", "ES", "spotify", 0, "Travis Scott/ROSALÍA"]',
        ),
        *ALL_PARAMETERS,
        _limit(1_000, most=50_000),
    ),
    row=(
        *(Column("date", "Date"), SONG_ID, text("country"), text("source"), Column("partition", "UInt64")),
        *(text("artists"), PLAYS),
    ),
    answer=questions.facts,
)

ENDPOINTS = (RANKING, EVOLUTION, PER_SECOND, SEARCH_ARTIST, SEARCH, TOTALS, CONSERVATION, FACTS)
BY_NAME: Mapping[str, Endpoint] = {name: endpoint for endpoint in ENDPOINTS for name in (endpoint.name, *endpoint.aliases)}
