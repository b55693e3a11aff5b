"""Simulated plays: songs that rise and fall, countries that wake and sleep, and a few broken events. Pure.

Everything follows from the seed, the times asked for and the order of the calls: no clock, no I/O.
"""

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tables.songs import Song

__all__ = ["BAD_WAYS", "COUNTRIES", "SOURCES", "Country", "Pace", "Simulation"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR_SECONDS = 3600
DAY_SECONDS = 86_400
WEEK_HOURS = 168
EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday, and weeks start on Monday."""


class Country(NamedTuple):
    """Where plays come from: share of the world's plays, hours ahead of UTC, and whose music is liked best."""

    code: str
    weight: float
    utc_hours: float
    taste: str


def _countries(table: str) -> tuple[Country, ...]:
    rows = (row.split() for row in table.split(","))
    return tuple(Country(code, float(weight), float(hours), taste) for code, weight, hours, taste in rows)


COUNTRIES = _countries(
    "US 22 -6 anglo, GB 7 0 anglo, DE 5.5 1 north, BR 7 -3 brazil, MX 7 -6 latin, FR 4.5 1 france, ES 4 1 latin, "
    "IT 3.5 1 italy, CA 3 -5 anglo, AU 2.6 10 anglo, NL 2 1 electro, SE 1.8 1 north, JP 3.2 9 japan, "
    "KR 1.8 9 korea, AR 2.6 -3 latin, CL 1.7 -4 latin, CO 2.2 -5 latin, PE 1.4 -5 latin, EC .7 -5 latin, "
    "UY .4 -3 latin, PY .3 -4 latin, BO .3 -4 latin, VE .4 -4 latin, CR .4 -6 latin, GT .5 -6 latin, "
    "DO .5 -4 latin, PA .3 -5 latin, SV .2 -6 latin, HN .2 -6 latin, PR .3 -4 latin, PT .8 0 brazil, "
    "IE .6 0 anglo, BE .9 1 france, CH .9 1 north, AT .8 1 north, NO .9 1 north, DK .9 1 north, FI .8 2 north, "
    "IS .1 0 north, PL 1.6 1 electro, CZ .6 1 electro, SK .3 1 electro, HU .5 1 electro, RO .5 2 electro, "
    "GR .5 2 electro, TR 1.8 3 electro, IL .5 2 electro, UA .4 2 electro, IN 3.2 5.5 world, ID 2.4 7 korea, "
    "PH 2.2 8 korea, TH .9 7 korea, VN .7 7 korea, MY .8 8 korea, SG .4 8 korea, TW .7 8 korea, HK .4 8 korea, "
    "NZ .5 12 anglo, ZA .7 2 afro, NG .6 1 afro, KE .3 3 afro, GH .2 0 afro, EG .4 2 world, MA .3 1 france, "
    "SA .5 3 world, AE .4 4 world"
)

TASTES: Mapping[str, Mapping[str, float]] = {
    "anglo": {
        "rap": 1.6,
        "rock": 1.3,
        "hip hop": 1.8,
        "country": 2.5,
        "pop": 1.3,
        "indie": 1.5,
        "r&b": 1.6,
        "folk": 1.6,
        "soul": 1.5,
    },
    "latin": {
        "latin": 6,
        "reggaeton": 7,
        "latin pop": 6,
        "flamenco": 4,
        "regional mexicano": 6,
        "cumbia": 6,
        "salsa": 5,
        "bachata": 5,
        "rock en español": 5,
    },
    "brazil": {
        "sertanejo": 16,
        "funk carioca": 14,
        "mpb": 12,
        "samba": 12,
        "pagode": 12,
        "bossa nova": 8,
        "forró": 14,
        "latin": 2,
    },
    "france": {"rap français": 16, "chanson": 12, "pop française": 14, "électro": 8, "rap": 1.5},
    "italy": {"pop italiano": 20, "cantautori": 18, "trap italiana": 20},
    "north": {"deutschpop": 10, "deutschrap": 11, "techno": 3, "nordic pop": 9, "metal": 3, "rock": 1.4, "edm": 1.3},
    "japan": {"j-pop": 22, "city pop": 18, "j-rock": 18, "anime": 22, "k-pop": 3},
    "korea": {"k-pop": 12, "k-indie": 8, "k-r&b": 8, "k-ballad": 10, "j-pop": 2, "r&b": 1.4},
    "afro": {"afrobeats": 14, "amapiano": 16, "highlife": 14, "hip hop": 1.6, "rap": 1.5},
    "electro": {"house": 3, "techno": 3, "trance": 3, "drum & bass": 2.5, "edm": 2.5, "ambient": 1.5},
    "world": {},
}
"""How many times as much a genre is played where a taste rules; 1 when it is not named."""

SOURCES: Mapping[str, float] = {
    "spotify": 52,
    "apple music": 19,
    "amazon": 12,
    "youtube music": 9,
    "deezer": 5,
    "tidal": 1.5,
}
SOURCES_ABROAD: Mapping[str, Mapping[str, float]] = {
    "US": {"apple music": 1.7, "amazon": 1.5},
    "GB": {"amazon": 1.6},
    "DE": {"amazon": 1.9},
    "JP": {"apple music": 1.8, "amazon": 2.2, "spotify": 0.5},
    "FR": {"deezer": 6},
    "BR": {"deezer": 3},
    "BE": {"deezer": 2},
    "KR": {"youtube music": 4, "spotify": 0.4},
    "IN": {"youtube music": 3, "spotify": 0.7},
    "NO": {"tidal": 5},
    "PL": {"tidal": 2},
}
"""How many times as much a service is used in a country; 1 when it is not named."""

LISTENING_BY_HOUR = (22, 14, 9, 7, 8, 16, 34, 58, 70, 66, 64, 66, 70, 71, 70, 74, 82, 94, 100, 96, 88, 76, 58, 38)
"""Plays by local hour, at its start: nights are quiet, the way home is loudest."""
LISTENING_BY_WEEKDAY = (0.94, 0.95, 0.97, 1.0, 1.1, 1.08, 0.96)

HIT_SHARE = 0.12
HIT_PERIOD_DAYS = 400
"""A hit comes back after that long, so that there are new ones on every day there will be."""
HIT_RISE_DAYS = 4
DAYS_KEPT = 3
UNKNOWN_SONGS = 50

BAD_WAYS: Mapping[str, Callable[[dict[str, Any]], bytes]] = {
    "cut off": lambda play: _json(play)[:-9],
    "not UTF-8": lambda play: _json(play).replace(b'"country": "', b'"country": "\xff\xfe'),
    "an array": lambda play: _json(list(play.values())),
    "no play_time": lambda play: _json({name: value for name, value in play.items() if name != "play_time"}),
    "external_id is a number": lambda play: _json(play | {"external_id": 360}),
    "country is null": lambda play: _json(play | {"country": None}),
    "external_id is empty": lambda play: _json(play | {"external_id": ""}),
    "play_time far ahead": lambda play: _json(play | {"play_time": "2199-12-31 23:59:59"}),
    "play_time before 2000": lambda play: _json(play | {"play_time": "1970-01-01 00:00:00"}),
    "play_time of another form": lambda play: _json(play | {"play_time": "23/11/2026 07:01"}),
    "source of other characters": lambda play: _json(play | {"source": "spotify/♫"}),
}
"""Each way an event can break the rules, from a good play to the bytes of a bad one."""


class Simulation:
    """Makes plays of *songs*; the same songs, seed and calls make the same plays.

    *bad_share* of the events break a rule, in all of BAD_WAYS alike; *unknown_share* are plays of songs that the
    catalogue does not have. `made` and `bad` count the events so far.

    Raises:
        ValueError: there are no songs, or a share is not between 0 and 1.
    """

    def __init__(self, songs: Iterable[Song], *, seed: int = 7, bad_share: float = 0.0, unknown_share: float = 0.0) -> None:
        """Prepare the parts of the JSON text and the chances of each."""
        catalogue = tuple(songs)
        if not catalogue:
            raise ValueError("the catalogue has no songs: plays need at least one")
        for name, share in (("bad_share", bad_share), ("unknown_share", unknown_share)):
            if not 0 <= share <= 1:
                raise ValueError(f"{name} is {share}: a share is from 0 to 1")
        self.made = 0
        self.bad = 0
        self._bad_share = bad_share
        self._unknown_share = unknown_share
        self._rng = np.random.default_rng([seed, 0])
        self._charts = _Charts(catalogue, seed)
        ids = [song.external_id for song in catalogue] + [f"unknown{seed}x{n}" for n in range(UNKNOWN_SONGS)]
        self._heads = [f'{{"external_id": {json.dumps(song)}, "play_time": "'.encode() for song in ids]
        self._tails = [f'", "country": "{country.code}", "source": "{source}"}}'.encode() for country in COUNTRIES for source in SOURCES]
        self._clock = [
            f"{hour:02d}:{minute:02d}:{second:02d}".encode() for hour in range(24) for minute in range(60) for second in range(60)
        ]
        self._tastes = np.array([list(TASTES).index(country.taste) for country in COUNTRIES])
        self._sources = _chances(
            np.array(
                [
                    [weight * SOURCES_ABROAD.get(country.code, {}).get(source, 1) for source, weight in SOURCES.items()]
                    for country in COUNTRIES
                ]
            )
        )
        awake = np.array([[_listening(hour, country) for country in COUNTRIES] for hour in range(WEEK_HOURS)])
        self._loudness = awake.sum(axis=1)
        self._countries = _chances(awake)

    def plays(self, count: int, start: datetime | float, seconds: int = 0) -> list[bytes]:
        """Return *count* events in the order of their times, from *start* on and before *start* + *seconds*.

        *start* is a datetime with a time zone or seconds since 1970; with 0 *seconds* all are of that one second. Over
        longer spans the times follow the world's rhythm of day and week.
        """
        times = self._times(count, _seconds(start), seconds)
        country = _drawn(self._countries, times // HOUR_SECONDS % WEEK_HOURS, self._rng.random(count))
        source = _drawn(self._sources, country, self._rng.random(count))
        tails = (country * len(SOURCES) + source).tolist()
        days, starts = np.unique(times // DAY_SECONDS, return_index=True)
        edges = [*starts.tolist(), count]
        song = np.empty(count, np.int64)
        for number, day in enumerate(days.tolist()):
            part = slice(edges[number], edges[number + 1])
            taste = self._tastes[country[part]]
            song[part] = _drawn(self._charts.of(day), taste, self._rng.random(len(taste)))
        self._misplace(song)
        heads, clock, texts = self._heads, self._clock, self._tails
        songs, of_day = song.tolist(), (times % DAY_SECONDS).tolist()
        events: list[bytes] = []
        for number, day in enumerate(days.tolist()):
            date = datetime.fromtimestamp(day * DAY_SECONDS, UTC).strftime("%Y-%m-%d ").encode()
            part = slice(edges[number], edges[number + 1])
            parts = zip(songs[part], of_day[part], tails[part], strict=True)
            events += [heads[head] + date + clock[second] + texts[tail] for head, second, tail in parts]
        self._spoil(events)
        self.made += count
        return events

    def history(self, count: int, end: datetime | float, days: int, *, batch: int = 10_000) -> Iterator[list[bytes]]:
        """Yield exactly *count* events of the *days* before *end*, day after day, in lists of at most *batch*."""
        start = _seconds(end) - days * DAY_SECONDS
        loudness = [self._heard(start + day * DAY_SECONDS, DAY_SECONDS)[1][-1] for day in range(days)]
        shares = np.array(loudness) / sum(loudness)
        for day, of_day in enumerate(self._rng.multinomial(count, shares).tolist()):
            for done in range(0, of_day, batch):
                yield self.plays(min(batch, of_day - done), start + day * DAY_SECONDS, DAY_SECONDS)

    def _times(self, count: int, start: int, seconds: int) -> Ints:
        if seconds <= 0:
            return np.full(count, start, np.int64)
        edges, heard = self._heard(start, seconds)
        at = np.interp(np.sort(self._rng.random(count)) * heard[-1], heard, edges)
        times: Ints = np.minimum(at.astype(np.int64), start + seconds - 1)
        return times

    def _heard(self, start: int, seconds: int) -> tuple[Floats, Floats]:
        """The span's edges and full hours, and how much the world has listened up to each."""
        end = start + seconds
        hours = np.arange(start // HOUR_SECONDS + 1, -(-end // HOUR_SECONDS)) * HOUR_SECONDS
        edges = np.concatenate(([start], hours, [end])).astype(np.float64)
        loudness = self._loudness[(edges[:-1] // HOUR_SECONDS % WEEK_HOURS).astype(np.int64)]
        return edges, np.concatenate(([0.0], np.cumsum(loudness * np.diff(edges))))

    def _misplace(self, song: Ints) -> None:
        """Let some be songs that nobody has catalogued."""
        if self._unknown_share:
            unknown = np.flatnonzero(self._rng.random(len(song)) < self._unknown_share)
            first = len(self._heads) - UNKNOWN_SONGS
            song[unknown] = self._rng.integers(first, first + UNKNOWN_SONGS, len(unknown))

    def _spoil(self, events: list[bytes]) -> None:
        if self._bad_share:
            ways = tuple(BAD_WAYS.values())
            bad = np.flatnonzero(self._rng.random(len(events)) < self._bad_share).tolist()
            for place, way in zip(bad, self._rng.integers(0, len(ways), len(bad)).tolist(), strict=True):
                events[place] = ways[way](json.loads(events[place]))
            self.bad += len(bad)


class _Charts:
    """How likely each song is on a day, by taste."""

    def __init__(self, songs: tuple[Song, ...], seed: int) -> None:
        weights = np.array([song.weight for song in songs], np.float64)
        self._weights = weights if weights.sum() > 0 else np.ones(len(songs))
        self._liking = np.array([[taste.get(song.genre, 1.0) for song in songs] for taste in TASTES.values()])
        rng = np.random.default_rng([seed, 1])
        self._hits = np.flatnonzero(rng.random(len(songs)) < HIT_SHARE)
        self._released = rng.integers(0, HIT_PERIOD_DAYS, len(self._hits))
        self._decay_days = rng.uniform(8, 45, len(self._hits))
        self._peak = np.minimum(rng.lognormal(1.8, 0.9, len(self._hits)), 60)
        self._days: OrderedDict[int, Floats] = OrderedDict()

    def of(self, day: int) -> Floats:
        """The cumulated chances on *day* (days since 1970), a row for each taste; as for _drawn."""
        if day not in self._days:
            age = (day - self._released) % HIT_PERIOD_DAYS
            weights = self._weights.copy()
            weights[self._hits] *= 1 + self._peak * np.minimum(1, (age + 1) / HIT_RISE_DAYS) * np.exp(-age / self._decay_days)
            self._days[day] = _chances(self._liking * weights)
            while len(self._days) > DAYS_KEPT:
                self._days.popitem(last=False)
        return self._days[day]


class Pace:
    """How many plays are due at a time, for an even *rate* a second: without drift, and bounded after a pause."""

    CATCH_UP_SECONDS = 1.0

    def __init__(self, rate: float, now: float) -> None:
        """Start counting at *now*, in seconds of a monotonic clock."""
        self._rate = rate
        self._start = now
        self._taken = 0

    def due(self, now: float) -> int:
        """Return how many are due at *now* that no earlier call returned; what a longer pause missed is let go."""
        due = math.floor((now - self._start) * self._rate) - self._taken
        most = math.ceil(self._rate * self.CATCH_UP_SECONDS)
        if due > most:
            self._start += (due - most) / self._rate
            due = most
        self._taken += max(due, 0)
        return max(due, 0)


def _seconds(at: datetime | float) -> int:
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone: pass one, UTC for instance")
        return math.floor(at.timestamp())
    return math.floor(at)


def _listening(hour_of_week: int, country: Country) -> float:
    """How much a country listens in an hour of the week that starts at 1970's first (a Thursday) in UTC."""
    local = (hour_of_week + country.utc_hours) % WEEK_HOURS
    weekday = (int(local // 24) + EPOCH_WEEKDAY) % 7
    by_hour = np.interp(local % 24 + 0.5, np.arange(25), (*LISTENING_BY_HOUR, LISTENING_BY_HOUR[0]))
    return country.weight * float(by_hour) * LISTENING_BY_WEEKDAY[weekday]


def _chances(weights: Floats) -> Floats:
    """Rows of weights as one rising array, row r going up from r to r + 1: one search then serves all rows."""
    chances: Floats = np.cumsum(weights, axis=1)
    chances /= chances[:, -1:]
    chances += np.arange(len(weights))[:, None]
    return chances


def _drawn(chances: Floats, rows: Ints, luck: Floats) -> Ints:
    """Draw from each of *rows* by inverse CDF, with *luck* uniform in [0, 1)."""
    width = chances.shape[1]
    first = rows * width
    found = np.searchsorted(chances.ravel(), rows + luck, side="right")
    # In a high row the sum can round up to the next row's start.
    drawn: Ints = np.minimum(found, first + width - 1) - first
    return drawn


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
