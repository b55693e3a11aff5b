"""Questions: what the API is asked in its benchmark, made up from the catalogue. No two are the same, so that no cache answers twice."""

import json
import random
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from app.simulation import COUNTRIES, SOURCES
from tables.songs import Song
from web.dimensions import BY
from web.endpoints import CONSERVATION, ENDPOINTS, EVOLUTION, FACTS, PER_SECOND, RANKING, SEARCH, SEARCH_ARTIST, TOTALS

HISTORY_DAYS = 60
TRIES = 1_000
PARTITIONS = 4

MIX: Mapping[str, float] = {
    RANKING.name: 40, EVOLUTION.name: 16, TOTALS.name: 14, PER_SECOND.name: 10, SEARCH_ARTIST.name: 6, SEARCH.name: 6, CONSERVATION.name: 4,
    FACTS.name: 4,
}  # fmt: skip
"""How often each endpoint is asked: a page has several rankings, a curve, the totals and the last seconds."""
FILTERS: Mapping[tuple[str, ...], float] = {
    ("artist",): 45, ("artist", "country"): 8, ("artist", "source"): 4, ("artist", "genre"): 1,
    ("song_id",): 8, ("song",): 3, ("album",): 3, ("album", "album_artist"): 2,
    ("country",): 10, ("country", "genre"): 2, ("country", "source"): 2, ("source",): 3, ("genre",): 3, (): 6,
}  # fmt: skip
"""What a page is about: mostly an artist."""
EVEN_SHARE = 0.5
"""Of the songs, artists and albums asked for: drawn from all alike. The others are drawn as they are played."""
DAYS: Mapping[str, float] = {"": 30, "7": 25, "30": 30, "dates": 15}
PAIRS: Mapping[str, float] = {
    "artist,country": 3, "song_title,country": 3, "country,source": 2, "song_title,source": 2, "artist,source": 1, "genre,country": 1,
}  # fmt: skip
RANKED: Mapping[str, float] = {"song_title": 28, "artist": 22, "country": 16, "album_name": 12, "source": 8, "genre": 6, **PAIRS}
LIMITS: Mapping[str, float] = {"": 4, "5": 2, "10": 4, "50": 2, "100": 1}
TREND_SHARE, COMPARED_SHARE, OFFSET_SHARE, MISSPELT_SHARE = 0.15, 0.25, 0.2, 0.25
PAGES: Mapping[str, float] = {"100": 3, "250": 2, "1000": 1}
assert RANKED.keys() >= BY.keys()
assert MIX.keys() == {endpoint.name for endpoint in ENDPOINTS}

Kind = TypeVar("Kind")
Parameters = list[tuple[str, str]]


class Question(NamedTuple):
    """One request for an endpoint."""

    endpoint: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """What stands after the server's address."""
        return f"/v0/pipes/{self.endpoint}.json?{urlencode(self.parameters)}"


class Asking:
    """Makes questions about *songs*; the same songs, seed, day and calls make the same ones."""

    def __init__(self, songs: Iterable[Song], seed: int) -> None:
        """Prepare the chances."""
        self._songs = tuple(songs)
        self._heard = list(accumulate(song.weight for song in self._songs))
        self._random = random.Random(seed)
        self._asked: set[Question] = set()
        self._today = datetime.now(UTC).date()
        self._makers: Mapping[str, Callable[[], Parameters]] = {
            RANKING.name: self._ranking,
            EVOLUTION.name: self._evolution,
            TOTALS.name: lambda: [*self._filters(), *self._days()],
            PER_SECOND.name: lambda: [*self._filters(), ("seconds", str(self._random.randint(30, 600)))],
            SEARCH_ARTIST.name: lambda: [("artist", self._part(self._random.choice(self._song().artists))), *self._limit()],
            SEARCH.name: lambda: [("q", self._part(self._random.choice(_names(self._song())))), *self._limit()],
            CONSERVATION.name: lambda: [("__tb__semver", str(self._random.random()))],  # it has no parameters but those that are ignored
            FACTS.name: self._facts,
        }

    def mixed(self, count: int) -> Iterator[Question]:
        """Yield *count* questions in the shares of MIX."""
        for _ in range(count):
            yield self.of(self._one(MIX))

    def of(self, endpoint: str) -> Question:
        """Return a question to *endpoint* that no call has returned before.

        Raises:
            RuntimeError: there are no more.
        """
        for _ in range(TRIES):
            question = Question(endpoint, tuple(self._makers[endpoint]()))
            if question not in self._asked:
                self._asked.add(question)
                return question
        raise RuntimeError(f"{TRIES} questions in a row to {endpoint} were asked before: the catalogue is too small for so many")

    def _ranking(self) -> Parameters:
        asked = [("by", self._one(RANKED)), *self._filters(), *self._days(), *self._limit()]
        if self._random.random() < TREND_SHARE:
            return [*asked, ("trend", "30")]
        return [*asked, ("offset", str(self._random.randint(1, 50)))] if self._random.random() < OFFSET_SHARE else asked

    def _evolution(self) -> Parameters:
        asked = [*self._filters(), *self._days()]
        spanned = any(name in ("days", "date_from") for name, _ in asked)
        return [*asked, ("compare", "previous")] if spanned and self._random.random() < COMPARED_SHARE else asked

    def _facts(self) -> Parameters:
        """Make a page of an audit: of everything, or of what a filter leaves, from anywhere on."""
        day = (self._today - timedelta(days=self._random.randint(0, HISTORY_DAYS))).isoformat()
        song, place = self._song(), (self._one(_COUNTRY_WEIGHTS), self._one(SOURCES), self._random.randrange(PARTITIONS))
        after = json.dumps([day, song.external_id, *place, song.credit], ensure_ascii=False)
        filters = self._filters() if self._random.random() < EVEN_SHARE else []
        return [*filters, ("after", after), ("limit", self._one(PAGES))]

    def _filters(self) -> Parameters:
        song = self._song()
        values: Mapping[str, Callable[[], str]] = {
            "artist": lambda: self._random.choice(song.artists),
            "song": lambda: f"{song.title} ({song.version})" if song.version else song.title,
            "song_id": lambda: song.external_id,
            "album": lambda: song.album or song.title,
            "album_artist": lambda: song.artists[0],
            "country": lambda: self._one(_COUNTRY_WEIGHTS),
            "source": lambda: self._one(SOURCES),
            "genre": lambda: song.genre,
        }
        return [(name, values[name]()) for name in self._one(FILTERS)]

    def _days(self) -> Parameters:
        days = self._one(DAYS)
        if days != "dates":
            return [("days", days)] if days else []
        first, last = sorted(self._random.sample(range(HISTORY_DAYS), 2), reverse=True)
        return [("date_from", self._ago(first)), ("date_to", self._ago(last))]

    def _limit(self) -> Parameters:
        limit = self._one(LIMITS)
        return [("limit", limit)] if limit else []

    def _part(self, name: str) -> str:
        """Return the beginning of *name* or of a word in it, perhaps with a typing error."""
        begin = self._random.choice([0, 0, *(place + 1 for place, letter in enumerate(name[:-3]) if letter == " ")])
        part = name[begin : begin + self._random.randint(3, 12)]
        if self._random.random() >= MISSPELT_SHARE:
            return part
        place = self._random.randrange(len(part))
        return part[:place] + self._random.choice(string.ascii_lowercase) + part[place + 1 :]

    def _song(self) -> Song:
        if self._random.random() < EVEN_SHARE:
            return self._random.choice(self._songs)
        return self._random.choices(self._songs, cum_weights=self._heard)[0]

    def _ago(self, days: int) -> str:
        return date.isoformat(self._today - timedelta(days=days))

    def _one(self, weights: Mapping[Kind, float]) -> Kind:
        return self._random.choices(list(weights), list(weights.values()))[0]


_COUNTRY_WEIGHTS = {country.code: country.weight for country in COUNTRIES}


def _names(song: Song) -> Sequence[str]:
    return [name for name in (*song.artists, song.title, song.album) if name]
