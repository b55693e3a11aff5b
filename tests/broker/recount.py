"""The recount: what each endpoint has to answer, from the truth's plays, in plain Python."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from tests.broker.truth import Catalogue, CatalogueSong, Play

RATE = Fraction("0.0005430597610141161")
"""EUR a play."""
INCOME_TOLERANCE = 1e-8

USUAL = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "–": "-",
}
"""What names of the catalogues in use are written with, and what is taken for it."""

UNKNOWN = CatalogueSong((), "", "", "", "")


class Part(NamedTuple):
    """A group that plays belong to, the names it goes by, and its share of their income."""

    key: Any
    names: tuple[str, ...]
    share: Fraction = Fraction(1)


class Rank(NamedTuple):
    """A row of a ranking; *songs* are those that are played most in it."""

    names: tuple[str, ...]
    plays: int
    income: Fraction
    songs: set[str]


@lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """*text* without case, accents, typographic signs and outer space."""
    for letter, usual in USUAL.items():
        text = text.casefold().replace(letter, usual)
    parts = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(char for char in parts if not unicodedata.combining(char)).split())


@dataclass(frozen=True)
class Recount:
    """Some plays, perhaps those of some artists only, whose share of the income is then asked for."""

    catalogue: Catalogue
    plays: Sequence[Play]
    only_artists: frozenset[str] | None = None
    """Folded names."""

    def where(self, **wanted: str | list[str]) -> "Recount":
        """Keep what matches every filter; several values of one mean any of them."""
        kept, recount = list(self.plays), self
        for name, values in wanted.items():
            accepted = frozenset(folded(value) for value in ([values] if isinstance(values, str) else values))
            kept = [play for play in kept if accepted & self._filterable(name, play)]
            if name == "artist":
                recount = replace(recount, only_artists=accepted)
        return replace(recount, plays=kept)

    def between(self, first: date, last: date) -> "Recount":
        """Keep the plays of these UTC days."""
        return replace(self, plays=[play for play in self.plays if first <= day_of(play) <= last])

    def totals(self) -> dict[str, int | Fraction]:
        songs = {play.song for play in self.plays}
        return {
            "plays": len(self.plays),
            "income": sum((self._share(play.song) for play in self.plays), Fraction(0)) * RATE,
            "artists": len({artist for song in songs for artist in self._artists(song)}),
            "songs": len(songs),
            "countries": len({play.country for play in self.plays} - {"ZZ"}),
            "unmatched": sum(play.song not in self.catalogue for play in self.plays),
        }

    def ranking(self, *by: str) -> list[Rank]:
        """Most played first, ties by name."""
        plays: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        income: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        names: dict[tuple[Any, ...], tuple[str, ...]] = {}
        for (song, country, platform), count in Counter((play.song, play.country, play.platform) for play in self.plays).items():
            whole = Fraction(1) if "artist" in by else self._share(song)
            for parts in product(*(self._parts(name, song, country, platform) for name in by)):
                key = tuple(part.key for part in parts)
                names[key] = tuple(name for part in parts for name in part.names)
                plays[key][song] += count
                share = whole
                for part in parts:
                    share *= part.share
                income[key] += count * share * RATE
        ranks = []
        for key, songs in plays.items():
            most = {song for song, count in songs.items() if count == max(songs.values())}
            nameless = set(by) <= {"country", "source"}  # of these no song is named
            ranks.append(Rank(names[key], sum(songs.values()), income[key], {""} if nameless else most))
        return sorted(ranks, key=lambda rank: (-rank.plays, rank.names, min(rank.songs)))

    def per_day(self, first: date | None = None, last: date | None = None) -> dict[str, tuple[int, Fraction]]:
        """Every day of the span, by default from the first play's day to the last one's."""
        days = [day_of(play) for play in self.plays]
        first, last = first or min(days), last or max(days)
        span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return self.per([day.isoformat() for day in span], lambda play: day_of(play).isoformat())

    def per_second(self, seconds: Iterable[str]) -> dict[str, tuple[int, Fraction]]:
        """These seconds, live plays only."""
        live = replace(self, plays=[play for play in self.plays if play.live])
        return live.per(seconds, lambda play: datetime.fromtimestamp(play.second, UTC).strftime("%Y-%m-%d %H:%M:%S"))

    def per(self, windows: Iterable[str], window: Callable[[Play], str]) -> dict[str, tuple[int, Fraction]]:
        """Plays and income of each of *windows*; *window* says which one a play is in."""
        plays: Counter[str] = Counter()
        income: dict[str, Fraction] = defaultdict(Fraction)
        for (start, song), count in Counter((window(play), play.song) for play in self.plays).items():
            plays[start] += count
            income[start] += count * self._share(song) * RATE
        return {start: (plays[start], income[start]) for start in windows}

    def _artists(self, song: str) -> list[str]:
        """The artists of *song* that are asked for, each once."""
        artists = dict.fromkeys(self.catalogue.get(song, UNKNOWN).artists)
        return [artist for artist in artists if self.only_artists is None or folded(artist) in self.only_artists]

    def _share(self, song: str) -> Fraction:
        if self.only_artists is None:
            return Fraction(1)
        return Fraction(len(self._artists(song)), len(set(self.catalogue[song].artists)))

    def _parts(self, by: str, song: str, country: str, platform: str) -> list[Part]:
        row = self.catalogue.get(song, UNKNOWN)
        if by == "artist":
            return [Part(artist, (artist,), Fraction(1, len(set(row.artists)))) for artist in self._artists(song)]
        first = row.artists[0] if row.artists else ""
        return {
            "song_title": [Part(song, (title_of(song, self.catalogue), "/".join(row.artists)))],
            "album_name": [Part((row.album, first), (row.album, first))],
            "country": [Part(country, (country,))],
            "source": [Part(platform, (platform,))],
            "genre": [Part(row.genre, (row.genre,))],
        }[by]

    def _filterable(self, name: str, play: Play) -> frozenset[str]:
        row = self.catalogue.get(play.song, UNKNOWN)
        if name == "artist":
            return frozenset(map(folded, row.artists))
        values: Mapping[str, str] = {
            "song": title_of(play.song, self.catalogue),
            "song_id": play.song,
            "album": row.album,
            "album_artist": row.artists[0] if row.artists else "",
            "country": play.country,
            "source": play.platform,
            "genre": row.genre,
        }
        return frozenset([folded(values[name])])


def title_of(song: str, catalogue: Catalogue) -> str:
    """The title with its version; the id of a song that nobody catalogued."""
    row = catalogue.get(song)
    if row is None:
        return song
    return f"{row.title} ({row.version})" if row.version else row.title


def day_of(play: Play) -> date:
    return _day(play.second // 86_400)


@lru_cache(maxsize=10_000)
def _day(days: int) -> date:
    return date(1970, 1, 1) + timedelta(days=days)


def assert_income(came: float, expected: Fraction) -> None:
    assert abs(came - float(expected)) <= INCOME_TOLERANCE, f"income is {came}, the recount says {float(expected)}"


def assert_ranking(rows: Sequence[dict[str, Any]], expected: Sequence[Rank]) -> None:
    """*rows* are *expected*, in the same order; `song_id` is one of the most played."""
    figures = ("plays", "income", "song_id")
    came = [(tuple(value for name, value in row.items() if name not in figures), row["plays"]) for row in rows]
    assert came == [(rank.names, rank.plays) for rank in expected]
    for row, rank in zip(rows, expected, strict=True):
        assert row["song_id"] in rank.songs, (row, rank)
        assert_income(row["income"], rank.income)


def assert_series(rows: Sequence[dict[str, Any]], expected: Mapping[str, tuple[int, Fraction]]) -> None:
    """*rows* are the windows of *expected*, ascending, none left out."""
    assert {row["date"]: row["plays"] for row in rows} == {start: plays for start, (plays, _) in expected.items()}
    assert [row["date"] for row in rows] == sorted(expected)
    for row in rows:
        assert_income(row["income"], expected[row["date"]][1])
