"""Endpoints as data: what can be asked. Routes, validation and tests read this list."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from tables.names import marks, plain
from web import parameters
from web.dimensions import BY, Column, text
from web.filters import ALL_PARAMETERS, DIMENSION_PARAMETERS
from web.parameters import Parameter, Rule, Written
from web.search import errors_forgiven
from web.series import Span, of_days, of_seconds

Rows = Sequence[tuple[Any, ...]]
Series = Callable[[Rows, Mapping[str, Any]], Rows]


@dataclass(frozen=True)
class Endpoint:
    """An endpoint: its parameters, its rows and its SQL file in `web/sql`."""

    name: str
    about: str
    params: tuple[Parameter, ...]
    row: tuple[Column, ...]
    """The columns that its rows always have."""
    sql: str
    facts: str = "rollups"
    """What it reads: the rollup that suits its filters, or the table of facts `daily` or `live`."""
    columns: tuple[str, ...] = ()
    """The columns of the facts that its SQL is about, beyond those of its filters."""
    per_song: bool = False
    """Whether its SQL takes the facts added up by song."""
    series: Series | None = None
    """Makes a series without gaps of the rows that came, and of all that was bound."""
    page_end: str = ""
    """A SQL file that tells by which day and song a page is full."""
    searches: tuple[str, ...] = ()
    """The kinds of names that it searches."""
    aliases: tuple[str, ...] = ()
    bind: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Turns the values of the parameters into those that the SQL binds."""
    asked: tuple[Column, ...] = ()
    """The columns that its rows have when the parameters ask for them."""


PLAYS, INCOME = Column("plays", "UInt64"), Column("income", "Float64")
SONG_ID = Column("song_id", "String")


TREND = Column("trend", "Array(UInt64)")
PREVIOUS = (Column("previous_plays", "UInt64"), Column("previous_income", "Float64"))


def _limit(default: int, most: int = 10_000) -> Parameter:
    return Parameter("limit", "most rows", parameters.whole(1, most), default, example="5")


def _bind_search(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is looked for, and the marks that its words have, by which most names are left out."""
    asked = plain(values.get("artist") or values.get("q") or "")
    words = reduce(or_, map(marks, asked.split()), 0)
    return {"asked": asked, "words": words, "marks": marks(asked), "errors": errors_forgiven(asked), "limit": values["limit"]}


class FactKey(NamedTuple):
    """What a stored count stands under, in the order of the `facts` and of its columns."""

    date: date
    song_id: str
    country: str
    source: str
    partition: int
    artists: str


MOST_PARTITIONS = 1 << 16


def _read_fact_key(value: str) -> FactKey:
    """Read the key of a fact: a row without its plays, as a JSON array."""
    try:
        day, song, country, source, partition, artists = json.loads(value)
        (song + country + source + artists).encode()  # strings, and no half of a surrogate pair in them
        return FactKey(date.fromisoformat(day), song, country, source, range(MOST_PARTITIONS).index(partition), artists)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"the last row of the page before, {', '.join(FactKey._fields)}, as a JSON array") from None


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
        "minItems": len(FactKey._fields),
    },
    _read_fact_key,
    Written.JSON,
)
BEFORE_ALL_FACTS = FactKey(date.min, "", "", "", -1, "")


def _bind_facts(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the key to go on after as one value a column."""
    day, song, country, source, partition, artists = values["after"] or BEFORE_ALL_FACTS
    after = {"after_day": day, "after_song": song, "after_country": country, "after_source": source}
    return {**values, **after, "after_partition": partition, "after_artists": artists}


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
        Parameter("trend", "adds each row's plays of so many last days, of at most 100 rows", parameters.whole(1, 400), example="7"),
    ),
    row=(PLAYS, INCOME, SONG_ID),
    asked=(*dict.fromkeys(column for dimension in BY.values() for column, _ in dimension.columns), TREND),
    sql="ranking_by.sql",
)
EVOLUTION = Endpoint(
    name="evolution_plays_income_from_mv",
    about="Plays and income per day, every day of the span.",
    params=(
        *ALL_PARAMETERS,
        Parameter(
            "compare",
            "previous: adds the same days of the span before",
            parameters.choices(("previous",)),
            example="previous",
            needs=("days", "date_from"),
        ),
    ),
    row=(Column("date", "Date"), PLAYS, INCOME),
    asked=PREVIOUS,
    sql="evolution_plays_income_from_mv.sql",
    columns=("day",),
    series=lambda rows, asked: of_days(rows, Span(asked["first_day"], asked.get("date_to"), asked["today"], asked["span_days"])),
    aliases=("evolution",),
)
PER_SECOND = Endpoint(
    name="evolution_per_second",
    about="Plays and income per second, up to the newest complete second.",
    params=(*DIMENSION_PARAMETERS, Parameter("seconds", "length of the span", parameters.whole(1, 600), 120, example="10")),
    row=(Column("date", "DateTime"), PLAYS, INCOME),
    sql="evolution_per_second.sql",
    facts="live",
    columns=("second",),
    series=lambda rows, asked: of_seconds(rows, asked["first_second"], asked["last_second"]),
)
SEARCH_ARTIST = Endpoint(
    name="search_artist",
    about="Artists whose name is like the given one, best match first.",
    params=(
        Parameter("artist", "part of a name; accents and small typing errors are forgiven", parameters.phrase, example="rosalia"),
        _limit(10),
    ),
    row=(text("artist"), SONG_ID, PLAYS),
    sql="search.sql",
    columns=("song",),
    per_song=True,
    searches=("artist",),
    bind=_bind_search,
)
SEARCH = Endpoint(
    name="search",
    about="Artists, songs and albums whose name is like the given one, best match first.",
    params=(
        Parameter("q", "part of a name; accents, punctuation and small typing errors are forgiven", parameters.phrase, example="motomami"),
        _limit(10),
    ),
    row=(*(text(name) for name in ("kind", "name", "artists", "id")), PLAYS),
    sql="search.sql",
    columns=("song",),
    per_song=True,
    searches=("artist", "song", "album"),
    bind=_bind_search,
)
TOTALS = Endpoint(
    name="totals",
    about="Plays, income and how many artists, songs and countries they spread over; plays of songs not in the dimension.",
    params=ALL_PARAMETERS,
    row=(PLAYS, INCOME, *(Column(name, "UInt64") for name in ("artists", "songs", "countries", "unmatched"))),
    sql="totals.sql",
    columns=("song",),
    per_song=True,
)
CONSERVATION = Endpoint(
    name="conservation",
    about="Per partition: what was consumed, counted, rejected and is stored, and how far counting is.",
    params=(),
    row=tuple(Column(name, "UInt64") for name in ("partition", "consumed", "counted", "rejected", "stored", "watermark", "log_end", "lag")),
    sql="conservation.sql",
    facts="daily",
)
REJECTED_MOST = 100
"""So many rejected records fit a page; they are no rows of the warehouse, see `web.rejected`."""
REJECTED_LIMIT = Parameter("limit", "most records, the newest first", parameters.whole(1, REJECTED_MOST), 50, example="5")
FACTS = Endpoint(
    name="facts",
    about="For audit: every stored count with its whole key, by partition and with the credit it was counted under, in pages.",
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
    sql="facts.sql",
    facts="daily",
    page_end="page_end.sql",
    bind=_bind_facts,
)

ENDPOINTS = (RANKING, EVOLUTION, PER_SECOND, SEARCH_ARTIST, SEARCH, TOTALS, CONSERVATION, FACTS)
BY_NAME: Mapping[str, Endpoint] = {name: endpoint for endpoint in ENDPOINTS for name in (endpoint.name, *endpoint.aliases)}
