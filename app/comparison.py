"""Comparison: the pages that the server answers against the counts of the recount, number by number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.audit import Counts, FactKey
from app.audit_rules import NO_COUNTRY, CatalogueSong
from app.served import RANKED, RANKS, FactPage, Page

CONSERVED = ("consumed", "counted", "rejected", "stored", "watermark")
TOTALS = ("plays", "artists", "songs", "countries", "unmatched")
NAMES = {"evolution": ("date",), "song_title": ("song_title", "artists", "song_id"), "album_name": ("album_name", "artists")}
"""The columns that a row is known by, where that is not the one that its page is about."""
FIRST_DATE_WITHOUT_EVOLUTION = "2100-01-01"
"""Only a wrong clock names later days."""
UNKNOWN = CatalogueSong((), "", "", "")
"""A song without a title is one that the catalogue does not know."""

Key = tuple[str, ...]


class Difference(NamedTuple):
    """A number that is not what the topic says; None where there is none."""

    dimension: str
    key: Key
    served: int | None
    recounted: int | None

    def __str__(self) -> str:
        what = f"by={self.dimension}" if self.dimension in RANKED else self.dimension
        names = ", ".join(f"'{name}'" for name in self.key)
        served, recounted = ("nothing" if number is None else number for number in (self.served, self.recounted))
        return f"{what} {names}: served {served}, recounted {recounted}"


class Comparison:
    """Pages against counts: how many numbers were compared, and which differ."""

    def __init__(self, catalogue: Mapping[str, CatalogueSong]) -> None:
        """Name songs by *catalogue*."""
        self._catalogue = catalogue
        self.compared: Counter[str] = Counter()
        self.differences: list[Difference] = []

    def compare(self, pages: Sequence[Page | FactPage], counts: Counts) -> None:
        """Compare *pages*, all of which hold the plays of *counts*."""
        sums = Sums(counts, self._catalogue) if any(isinstance(page, Page) for page in pages) else None
        for page in pages:
            if isinstance(page, FactPage):
                served = {_shown(key): plays for key, plays in page.facts.items()}
                self._compare("facts", served, {_shown(key): plays for key, plays in facts_between(counts, page.after, page.until).items()})
            elif sums is not None:
                self._compare(page.about, served_by(page), sums.expected(page))

    def _compare(self, dimension: str, served: Mapping[Key, int], recounted: Mapping[Key, int]) -> None:
        keys = served.keys() | recounted.keys()
        self.compared[dimension] += len(keys)
        differing = [key for key in keys if served.get(key) != recounted.get(key)]
        self.differences += [Difference(dimension, key, served.get(key), recounted.get(key)) for key in differing]


class Sums:
    """Counts summed over each dimension."""

    def __init__(self, counts: Counts, catalogue: Mapping[str, CatalogueSong]) -> None:
        """Sum *counts* up; *catalogue* names the songs."""
        self.counts, self._catalogue = counts, catalogue
        self.dates: Counter[str] = Counter()
        self.songs: Counter[str] = Counter()
        self.countries: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        for facts in counts.by_date.values():
            for (date, song, country, source, _), plays in facts.items():
                self.dates[date] += plays
                self.songs[song] += plays
                self.countries[country] += plays
                self.sources[source] += plays

    def expected(self, page: Page) -> Mapping[Key, int]:
        """Return what *page* should say."""
        if page.about == "conservation":
            return self._conservation(page)
        if page.about == "totals":
            return self._totals()
        if page.about == "evolution":
            dates = {date: plays for date, plays in self.dates.items() if date < FIRST_DATE_WITHOUT_EVOLUTION}
            return {**{(row["date"],): 0 for row in page.rows}, **{(date,): plays for date, plays in dates.items()}}
        ranked = sorted(self._by(page.about).items(), key=lambda item: (-item[1], item[0]))
        return dict(ranked[page.first : page.first + RANKS])

    def _conservation(self, page: Page) -> Mapping[Key, int]:
        expected: dict[Key, int] = {}
        for partition in (row["partition"] for row in page.rows):
            consumed, rejected = self.counts.consumed[partition], self.counts.rejected[partition]
            figures = (consumed, consumed - rejected, rejected, consumed - rejected, page.watermarks.get(partition, 0))
            expected |= {(f"partition {partition}", name): figure for name, figure in zip(CONSERVED, figures, strict=True)}
        return expected

    def _totals(self) -> Mapping[Key, int]:
        return {
            ("plays",): self.songs.total(),
            ("artists",): len(self._by("artist")),
            ("songs",): len(self.songs),
            ("countries",): len(self.countries.keys() - {NO_COUNTRY}),
            ("unmatched",): sum(plays for song, plays in self.songs.items() if not self._named(song).title),
        }

    def _by(self, dimension: str) -> Mapping[Key, int]:
        if dimension in ("country", "source"):
            return {(name,): plays for name, plays in (self.countries if dimension == "country" else self.sources).items()}
        sums: Counter[Key] = Counter()
        for song, plays in self.songs.items():
            for key in self._keys(dimension, song):
                sums[key] += plays
        return sums

    def _keys(self, dimension: str, song: str) -> Sequence[Key]:
        named = self._named(song)
        if dimension == "artist":
            return [(artist,) for artist in named.artists]
        if dimension == "genre":
            return [(named.genre,)]
        if dimension == "album_name":
            return [(named.album, named.artists[0] if named.title else "")]
        return [(named.title or song, "/".join(named.artists), song)]

    def _named(self, song: str) -> CatalogueSong:
        return self._catalogue.get(song, UNKNOWN)


def served_by(page: Page) -> Mapping[Key, int]:
    """Return the numbers of *page*; one that it says twice is added up, so that it differs."""
    if page.about == "conservation":
        return {(f"partition {row['partition']}", name): row[name] for row in page.rows for name in CONSERVED}
    if page.about == "totals":
        return {(name,): page.rows[0][name] for name in TOTALS}
    numbers: Counter[Key] = Counter()
    for row in page.rows:
        numbers[tuple(row[name] for name in NAMES.get(page.about, (page.about,)))] += row["plays"]
    return numbers


def facts_between(counts: Counts, after: FactKey, until: FactKey | None) -> dict[FactKey, int]:
    """Return the facts after one key, up to and with another."""
    return {
        key: plays
        for date, facts in counts.by_date.items()
        if after[0] <= date and (until is None or date <= until[0])
        for key, plays in facts.items()
        if after < key and (until is None or key <= until)
    }


def _shown(key: FactKey) -> Key:
    return (*key[:4], f"partition {key[4]}")
