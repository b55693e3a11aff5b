"""Endpoints as data: what can be asked. Routes, validation and tests read this list."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from tables.names import fold
from web import parameters
from web.filters import ALL_PARAMETERS, DIMENSION_PARAMETERS
from web.parameters import Parameter


class Column(NamedTuple):
    """A column of an answer; the type is named as ClickHouse and Tinybird name theirs."""

    name: str
    type: str


@dataclass(frozen=True)
class Dimension:
    """Something that plays are ranked by."""

    columns: tuple[tuple[Column, str], ...]
    """Each column of the answer and the SQL behind it."""
    groups: str
    """What makes two plays one group: more than its name where names collide."""
    fact_column: str = ""
    """The column of the facts that it needs beyond the song."""
    join: str = ""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint: its parameters, its rows and its SQL file in `web/sql`."""

    name: str
    about: str
    params: tuple[Parameter, ...]
    row: tuple[Column, ...]
    sql: str
    facts: str = "daily"
    """The table that it reads; empty: none."""
    aliases: tuple[str, ...] = ()
    bind: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Turns the values of the parameters into those that the SQL binds."""


PLAYS, INCOME = Column("plays", "UInt64"), Column("income", "Float64")
SONG_ID = Column("song_id", "String")


def _text(name: str) -> Column:
    return Column(name, "String")


BY: Mapping[str, Dimension] = {
    "artist": Dimension(((_text("artist"), "artist"),), "artist"),
    "song_title": Dimension(((_text("song_title"), "any_value(title)"), (_text("artists"), "any_value(artists)")), "song"),
    "album_name": Dimension(((_text("album_name"), "album"), (_text("artists"), "album_artist")), "album, album_artist"),
    "country": Dimension(((_text("country"), "code"),), "code", "country", "JOIN country USING (country)"),
    "source": Dimension(((_text("source"), "platform.name"),), "platform.name", "platform", "JOIN platform USING (platform)"),
    "genre": Dimension(((_text("genre"), "genre"),), "genre"),
}


def _limit(default: int, most: int = 10_000) -> Parameter:
    return Parameter("limit", "most rows", parameters.whole(1, most), default)


def _bind_search(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the search as a pattern in which anything but letters and digits matches anything or nothing."""
    words = re.sub(r"[\W_]+", " ", values["artist"] or "").split()
    plain = " ".join(words)
    errors = 0 if len(plain) < 4 else 1 if len(plain) < 8 else 2  # noqa: PLR2004
    return {"plain": plain, "pattern": ".*".join(words), "errors": errors, "limit": values["limit"]}


class FactKey(NamedTuple):
    """What a stored count stands under, in the order of the `facts` and of its columns."""

    date: date
    song_id: str
    country: str
    source: str
    partition: int
    artists: str


def _fact_key(value: str) -> FactKey:
    """Read the key of a fact: a row without its plays, as a JSON array."""
    try:
        day, song, country, source, partition, artists = json.loads(value)
        (song + country + source + artists).encode()  # strings, and no half of a surrogate pair in them
        return FactKey(date.fromisoformat(day), song, country, source, range(1 << 16).index(partition), artists)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"the last row of the page before, {', '.join(FactKey._fields)}, as a JSON array") from None


BEFORE_ALL_FACTS = FactKey(date.min, "", "", "", -1, "")


def _bind_facts(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the key to go on after as one value a column."""
    day, song, country, source, partition, artists = values["after"]
    after = {"after_day": day, "after_song": song, "after_country": country, "after_source": source}
    return {**values, **after, "after_partition": partition, "after_artists": artists}


RANKING = Endpoint(
    name="ranking_by",
    about="Most played artists, songs, albums, countries, services or genres.",
    params=(
        Parameter("by", f"what is ranked: one or several of {', '.join(BY)}", parameters.choices(tuple(BY)), ("artist",)),
        *ALL_PARAMETERS,
        _limit(20),
        Parameter("offset", "rows to skip", parameters.whole(0, 1_000_000), 0),
    ),
    row=(PLAYS, INCOME, SONG_ID),
    sql="ranking_by.sql",
)
EVOLUTION = Endpoint(
    name="evolution_plays_income_from_mv",
    about="Plays and income per day, every day of the span.",
    params=ALL_PARAMETERS,
    row=(Column("date", "Date"), PLAYS, INCOME),
    sql="evolution_plays_income_from_mv.sql",
    aliases=("evolution",),
)
PER_SECOND = Endpoint(
    name="evolution_per_second",
    about="Plays and income per second, up to the newest complete second.",
    params=(*DIMENSION_PARAMETERS, Parameter("seconds", "length of the span", parameters.whole(1, 600), 120)),
    row=(Column("date", "DateTime"), PLAYS, INCOME),
    sql="evolution_per_second.sql",
    facts="live",
)
SEARCH_ARTIST = Endpoint(
    name="search_artist",
    about="Artists whose name is like the given one, best match first.",
    params=(Parameter("artist", "part of a name; accents and small typing errors are forgiven", fold), _limit(10)),
    row=(_text("artist"), SONG_ID, PLAYS),
    sql="search_artist.sql",
    bind=_bind_search,
)
TOTALS = Endpoint(
    name="totals",
    about="Plays, income and how many artists, songs and countries they spread over; plays of songs not in the dimension.",
    params=ALL_PARAMETERS,
    row=(PLAYS, INCOME, *(Column(name, "UInt64") for name in ("artists", "songs", "countries", "unmatched"))),
    sql="totals.sql",
)
CONSERVATION = Endpoint(
    name="conservation",
    about="Per partition: what was consumed, counted, rejected and is stored, and how far counting is.",
    params=(),
    row=tuple(Column(name, "UInt64") for name in ("partition", "consumed", "counted", "rejected", "stored", "watermark", "log_end", "lag")),
    sql="conservation.sql",
)
FACTS = Endpoint(
    name="facts",
    about="For audit: every stored count with its whole key, by partition and with the credit it was counted under, in pages.",
    params=(
        Parameter("after", "where a page begins: the last row before it, without its plays, as a JSON array", _fact_key, BEFORE_ALL_FACTS),
        *ALL_PARAMETERS,
        _limit(1_000, most=50_000),
    ),
    row=(
        *(Column("date", "Date"), SONG_ID, _text("country"), _text("source"), Column("partition", "UInt64")),
        *(_text("artists"), PLAYS),
    ),
    sql="facts.sql",
    bind=_bind_facts,
)

ENDPOINTS = (RANKING, EVOLUTION, PER_SECOND, SEARCH_ARTIST, TOTALS, CONSERVATION, FACTS)
BY_NAME: Mapping[str, Endpoint] = {name: endpoint for endpoint in ENDPOINTS for name in (endpoint.name, *endpoint.aliases)}
