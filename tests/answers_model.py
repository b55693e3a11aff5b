"""Answers model: facts as a list, and what every endpoint should answer, by going through it; beside a warehouse that holds the same.

Slow, and shares no code with what it checks.
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from tables.following import Freshness
from tables.grain import PlayKey, Watermark, pack_keys, pack_plays
from tables.rates import DEFAULT_RATE, Rate, Rates
from tables.songs import Song, Songs
from tables.warehouse import Batch, TopicPosition, Warehouse
from web.answers import Answer, answer
from web.endpoints import Endpoint
from web.grants import EVERY_ROW, Rows
from web.parameters import read_query

NOW = 1_795_417_272
NOW_MS = NOW * 1000
TODAY = date(2026, 11, 23)
PARTITIONS = 3

ARTISTS = (
    *("ROSALÍA", "Rosalia", "Travis Scott", "Lil Baby", "Tiësto", "Björk", "AC-DC", "P!nk", "Ñengo Flow", "Beyoncé", "Sigur Rós", "김광석"),
    *("The Weeknd", "Florence + The Machine", "Bad Bunny", "Måneskin"),
    *("MØ", "Kid Mo’", "Ægir"),
)
TITLES = ("TKN", "tkn", "Bulería", "Hello", "Ça Ira", "Intro")
ALBUMS = ("", "Greatest Hits", "greatest hits", "Motomami", "Volta")
GENRES = ("", "Latin Pop", "latin pop", "Électro", "rock")
COUNTRIES = {
    "ES": ("es", "Spain", "SPAIN"),
    "GB": ("GB", "uk", "United Kingdom"),
    "FR": ("fr", "France"),
    "US": ("usa", "US"),
    "ZZ": ("zz", "ZZ"),
}
PLATFORMS = ("spotify", "apple music", "deezer", "a-b_c.d")
UNMATCHED = {"late-1": "", "late-2": "", "gone-1": "Ghost/Travis Scott", "gone-2": "Ghost", "ñ'--": "ROSALÍA/Nobody/Else"}

Query = Sequence[tuple[str, str]]


class Fact(NamedTuple):
    """A row of the model; *when* is a day or a second since 1970."""

    partition: int
    when: Any
    country: str
    platform: str
    song: str
    plays: int


def plain(text: str) -> str:
    """Lower case without accents, by another way than the product's."""
    written = text.strip().lower().replace("ø", "o").replace("æ", "ae").replace("’", "'")
    marked = unicodedata.normalize("NFD", written)
    return unicodedata.normalize("NFC", "".join(char for char in marked if unicodedata.category(char) != "Mn"))


# The model -----------------------------------------------------------------------------------------------------------


@dataclass(repr=False)
class Model:
    """Facts as a list, and answers by going through it."""

    songs: Mapping[str, Song]
    daily: list[Fact] = field(default_factory=list)
    live: list[Fact] = field(default_factory=list)
    watermarks: dict[int, Watermark] = field(default_factory=dict)
    rates: list[Rate] = field(default_factory=list)

    def rate(self, fact: Fact) -> Fraction:
        """What a play earns: the line that says most about it, the latest of those, of all that are in force."""
        day = fact.when if isinstance(fact.when, date) else datetime.fromtimestamp(fact.when, UTC).date()
        lines = [
            ((line.platform == fact.platform, line.country == fact.country), line.valid_from, Fraction(line.rate))
            for line in self.rates
            if line.platform in ("", fact.platform) and line.country in ("", fact.country) and line.valid_from <= day
        ]
        return max(lines)[2] if lines else Fraction(DEFAULT_RATE)

    def artists(self, song: str) -> tuple[str, ...]:
        known = self.songs.get(song)
        return known.artists if known else tuple(name for name in UNMATCHED[song].split("/") if name)

    def title(self, song: str) -> str:
        known = self.songs.get(song)
        if known is None:
            return song
        return known.title + (f" ({known.version})" if known.version else "")

    def album(self, song: str) -> tuple[str, str]:
        known = self.songs.get(song)
        return (known.album, known.artists[0]) if known else ("", "")

    def genre(self, song: str) -> str:
        known = self.songs.get(song)
        return known.genre if known else ""

    def kept(self, facts: Iterable[Fact], query: Query) -> list[Fact]:
        asked: dict[str, set[str]] = defaultdict(set)
        for name, value in query:
            asked[name].add(value)
        texts = {name: {plain(value) for value in values} for name, values in asked.items()}
        countries = {code for code, names in COUNTRIES.items() if asked["country"] & set(names)}
        first, last = span_of(query)

        def holds(fact: Fact) -> bool:
            return (
                ("artist" not in asked or any(plain(name) in texts["artist"] for name in self.artists(fact.song)))
                and ("song" not in asked or plain(self.title(fact.song)) in texts["song"])
                and ("song_id" not in asked or fact.song in asked["song_id"])
                and ("album" not in asked or plain(self.album(fact.song)[0]) in texts["album"])
                and ("album_artist" not in asked or plain(self.album(fact.song)[1]) in texts["album_artist"])
                and ("genre" not in asked or plain(self.genre(fact.song)) in texts["genre"])
                and (not asked["country"] or fact.country in countries)
                and ("source" not in asked or fact.platform in texts["source"])
                and (not isinstance(fact.when, date) or (first or date.min) <= fact.when <= (last or date.max))
            )

        return [fact for fact in facts if holds(fact)]

    def share(self, song: str, query: Query) -> Fraction:
        """The part of a song's income that the artist filter asks for."""
        wanted = {plain(value) for name, value in query if name == "artist"}
        artists = self.artists(song)
        return Fraction(sum(plain(name) in wanted for name in artists), len(artists)) if wanted else Fraction(1)

    def ranking(self, by: Sequence[str], query: Query) -> list[dict[str, Any]]:
        wanted = {plain(value) for name, value in query if name == "artist"}
        plays: dict[tuple[Any, ...], int] = defaultdict(int)
        earning: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        of_song: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for fact in self.kept(self.daily, query):
            artists: tuple[str | None, ...] = self.artists(fact.song) if "artist" in by else (None,)
            for artist in artists:
                if artist is not None and wanted and plain(artist) not in wanted:
                    continue
                parts: dict[str, Any] = {
                    "artist": artist,
                    "song_title": fact.song,
                    "album_name": self.album(fact.song),
                    "country": fact.country,
                }
                parts |= {"source": fact.platform, "genre": self.genre(fact.song)}
                group = tuple(parts[name] for name in by)
                plays[group] += fact.plays
                share = Fraction(1, len(artists)) if artist is not None else self.share(fact.song, query)
                earning[group] += fact.plays * share * self.rate(fact)
                of_song[group][fact.song] += fact.plays
        rows = []
        for group, count in plays.items():
            row: dict[str, Any] = {}
            for name, part in zip(by, group, strict=True):
                if name == "song_title":
                    row |= {"song_title": self.title(part), "artists": "/".join(self.artists(part))}
                elif name == "album_name":  # beside a song's own artists, the album's first one says nothing
                    row |= {"album_name": part[0]} if "song_title" in by else {"album_name": part[0], "artists": part[1]}
                else:
                    row[name] = part
            most = max(of_song[group].values())
            ids = {song for song, played in of_song[group].items() if played == most}
            if set(by) <= {"country", "source"}:
                ids = {""}
            rows.append({**row, "plays": count, "income": earning[group], "song_id": ids})
        return sorted(rows, key=lambda row: (-row["plays"], *(row[name] for name in names_of(row)), min(row["song_id"])))

    def evolution(self, query: Query) -> list[dict[str, Any]]:
        facts = self.kept(self.daily, query)
        first, last = span_of(query)
        days = [fact.when for fact in facts]
        first = first or min(days, default=TODAY)
        last = last or max([*days, TODAY])
        rows = []
        while first <= last:
            of_day = [fact for fact in facts if fact.when == first]
            rows.append({"date": first, **self.sums(of_day, query)})
            first += timedelta(days=1)
        return rows

    def per_second(self, query: Query, seconds: int) -> list[dict[str, Any]]:
        facts = self.kept(self.live, query)
        return [
            {
                "date": f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S}",
                **self.sums([fact for fact in facts if fact.when == second], query),
            }
            for second in range(NOW - seconds, NOW)
        ]

    def sums(self, facts: Sequence[Fact], query: Query) -> dict[str, Any]:
        earning = sum((fact.plays * self.share(fact.song, query) * self.rate(fact) for fact in facts), Fraction(0))
        return {"plays": sum(fact.plays for fact in facts), "income": earning}

    def totals(self, query: Query) -> dict[str, Any]:
        facts = self.kept(self.daily, query)
        wanted = {plain(value) for name, value in query if name == "artist"}
        artists = {name for fact in facts for name in self.artists(fact.song)}
        return {
            **self.sums(facts, query),
            "artists": len({name for name in artists if not wanted or plain(name) in wanted}),
            "songs": len({fact.song for fact in facts}),
            "countries": len({fact.country for fact in facts} - {"ZZ"}),
            "unmatched": sum(fact.plays for fact in facts if fact.song not in self.songs),
        }


def span_of(query: Query) -> tuple[date | None, date | None]:
    asked = dict(query)
    first = date.fromisoformat(asked["date_from"]) if "date_from" in asked else None
    last = date.fromisoformat(asked["date_to"]) if "date_to" in asked else None
    if "days" in asked:
        first, last = TODAY - timedelta(days=int(asked["days"]) - 1), TODAY
    return first, last


def by_names(row: Mapping[str, Any]) -> list[str]:
    return [row[name] for name in sorted(names_of(row))] + sorted(row["song_id"] if isinstance(row["song_id"], set) else [row["song_id"]])


def names_of(row: Mapping[str, Any]) -> list[str]:
    return [name for name in row if name not in ("plays", "income", "song_id")]


# Random facts --------------------------------------------------------------------------------------------------------


def made_up(seed: int) -> Model:
    """Songs of one to four artists with colliding titles and albums, and some that no dimension knows."""
    random_ = random.Random(seed)
    songs = {}
    for number in range(25):
        artists = tuple(random_.sample(ARTISTS, random_.choice((1, 1, 2, 3, 4))))
        version = random_.choice(("", "", "En Vivo"))
        song = Song(f"song-{number}", "", artists, random_.choice(TITLES), version, random_.choice(ALBUMS), random_.choice(GENRES), 1)
        songs[song.external_id] = song
    model = Model(songs)
    played = random_.sample([*songs, *UNMATCHED], 24)
    keys = {
        (random_.randrange(PARTITIONS), TODAY - timedelta(days=int(random_.expovariate(0.15))), random_.choice(list(COUNTRIES)), *where)
        for where in zip(random_.choices(PLATFORMS, k=400), random_.choices(played, k=400), strict=True)
    }
    # Few different counts, so that ranks tie.
    model.daily = [Fact(*key, random_.choice((1, 1, 2, 3, 1000))) for key in sorted(keys)]
    seconds = {
        (random_.randrange(PARTITIONS), NOW - random_.randrange(-3, 300), random_.choice(list(COUNTRIES)), *where)
        for where in zip(random_.choices(PLATFORMS, k=200), random_.choices(played, k=200), strict=True)
    }
    model.live = [Fact(*key, random_.randint(1, 5)) for key in sorted(seconds)]
    for partition in range(PARTITIONS):
        counted, rejected = sum(fact.plays for fact in model.daily if fact.partition == partition), random_.randrange(50)
        model.watermarks[partition] = Watermark(counted + rejected + 7, counted + rejected, counted, rejected, NOW_MS)
    if seed % 2:
        lines = {
            (random_.choice(("", *PLATFORMS)), random_.choice(("", *COUNTRIES)), TODAY - timedelta(days=random_.randrange(20)))
            for _ in range(12)
        }
        model.rates = [Rate(*line, Decimal(random_.randrange(10**17)) / 10**19) for line in sorted(lines)]
    return model


def batch_of(model: Model) -> Batch:
    batch = Batch(watermarks=dict(model.watermarks), positions={TopicPosition("daily", partition): 1 for partition in range(PARTITIONS)})
    for facts, rows in ((model.daily, batch.daily), (model.live, batch.live)):
        for fact in facts:
            when = f"{fact.when}" if isinstance(fact.when, date) else f"{datetime.fromtimestamp(fact.when, UTC):%Y-%m-%d %H:%M:%S}"
            key: PlayKey = (when, fact.country, fact.platform, "/".join(model.artists(fact.song)), fact.song)
            rows.setdefault(fact.partition, {})[pack_keys([key])[0]] = pack_plays(fact.plays)
    return batch


class Site(NamedTuple):
    """A warehouse, and the model that knows what it should answer."""

    model: Model
    warehouse: Warehouse
    freshness: Freshness

    def ask(self, endpoint: Endpoint, query: Query = (), visible: Rows = EVERY_ROW) -> Answer:
        return answer(self.warehouse, self.freshness, endpoint, read_query(endpoint.params, query), visible)


LOG_END = {0: 10, 1: 1_000_000, 2: 0}


def site_of(model: Model, path: Path, *, grown: bool = False) -> Site:
    warehouse = Warehouse(path / "a.duckdb", Songs(model.songs.values()), Rates(model.rates))
    warehouse.open()
    if grown:  # some keys were there when the memory was made, some grew since, some are new
        before = replace(model, daily=[fact._replace(plays=(fact.plays + 1) // 2) for fact in model.daily[::2]], live=[])
        for partition in model.watermarks:
            counted = sum(fact.plays for fact in before.daily if fact.partition == partition)
            before.watermarks = {**before.watermarks, partition: Watermark(counted, counted, counted, 0, NOW_MS)}
        warehouse.fold(batch_of(before))
    warehouse.load()
    warehouse.fold(batch_of(model))
    return Site(model, warehouse, Freshness(ready=True, reason="", as_of=NOW + 0.5, log_end=LOG_END))
