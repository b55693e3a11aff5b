"""Audit rules: which record is a play, written a second time from the README's table so that a recount can prove the first.

Pure, and sharing nothing with `events.py`, `counting.py` or `tables/`: a mistake there must not be made here too. Whoever
changes a rule changes it in both, and the tests hold the two against each other.
"""

import calendar
import csv
import json
import re
import sys
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pycountry

MOST_BYTES = 65_536
MOST_NESTED = 1024
DAY_SECONDS = 86_400
YEAR_2000, YEAR_10000 = 946_684_800, 253_402_300_800
"""Seconds since 1970."""
NO_COUNTRY = "ZZ"
NAMES = ("artists", "song_title", "song_title_version", "album_name", "genre")
"""Columns of the catalogue."""

CONTROLS_AND_HALF_PAIRS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
BRACKETS = re.compile(r"[\[\]{}]")
SERVICE = re.compile("[a-z0-9][a-z0-9 ._-]{0,31}")
TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ Tt](\d\d):(\d\d):(\d\d)([.,]\d{1,9})?([Zz]|(?P<sign>[+-])(?P<hours>\d\d)(:?(?P<minutes>[0-5]\d))?)?", re.ASCII
)

EVERYDAY_NAMES = {
    "AE": ("uae",), "BN": ("brunei",), "BO": ("bolivia",), "CD": ("democratic republic of the congo",), "CG": ("congo",),
    "CI": ("ivory coast",), "CV": ("cape verde",), "CZ": ("czech republic",), "FM": ("micronesia",),
    "GB": ("uk", "great britain", "england", "scotland", "wales"), "IR": ("iran",), "KP": ("north korea",),
    "KR": ("korea", "south korea"), "LA": ("laos",), "MD": ("moldova",), "MK": ("macedonia",), "MM": ("burma",), "MO": ("macau",),
    "NL": ("holland", "the netherlands"), "PS": ("palestine",), "RU": ("russia",), "SY": ("syria",), "SZ": ("swaziland",),
    "TR": ("turkey",), "TW": ("taiwan",), "TZ": ("tanzania",), "US": ("usa", "america", "united states of america"),
    "VA": ("vatican",), "VE": ("venezuela",), "VN": ("vietnam",), "XK": ("kosovo",),
}  # fmt: skip


class Play(NamedTuple):
    """What a play counts under."""

    date: str
    """The UTC day, `YYYY-MM-DD`."""
    song: str
    country: str
    source: str


class CatalogueSong(NamedTuple):
    """A line of the song dimension."""

    artists: tuple[str, ...]
    title: str
    """With its version."""
    album: str
    genre: str


def read_play(value: bytes | None, timestamp_ms: int) -> Play | None:
    """Return the play in *value*, sent at *timestamp_ms* (milliseconds since 1970); None when it breaks a rule."""
    event = _object(value) if value is not None and len(value) <= MOST_BYTES else {}
    song, time, country, source = (event.get(name) for name in ("external_id", "play_time", "country", "source"))
    if not (isinstance(song, str) and isinstance(time, str) and isinstance(country, str) and isinstance(source, str)):
        return None
    second, service = _second(time), source.strip().lower()
    if not 1 <= len(song) <= 64 or CONTROLS_AND_HALF_PAIRS.search(song):  # noqa: PLR2004  (the rule's own number)
        return None
    if second is None or second > timestamp_ms // 1000 + DAY_SECONDS or not SERVICE.fullmatch(service):
        return None
    return Play(_date(second // DAY_SECONDS), song, _country(country), service)


def read_catalogue(path: Path) -> dict[str, CatalogueSong]:
    """Read the song dimension by external_id. `artist360 songs check` says what is wrong with a file; this takes it as it is.

    Raises:
        OSError, ValueError: the file cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = [name.strip().lower() for name in next(rows, [])]
        lines = [dict(zip(header, map(str.strip, row), strict=False)) for row in rows if any(map(str.strip, row))]
    if missing := [name for name in ("external_id", *NAMES) if name not in header]:
        raise ValueError(f"{path} has no column {missing[0]}: `artist360 songs check {path}` says what it needs")
    return {line["external_id"]: _song(line) for line in lines if len(line) == len(header)}


def artists_of(credit: str) -> tuple[str, ...]:
    """Return each artist of a credit ("Travis Scott/ROSALÍA") once, in order."""
    return tuple(dict.fromkeys(name for name in map(str.strip, credit.split("/")) if name))


def _song(line: Mapping[str, str]) -> CatalogueSong:
    credit, title, version, album, genre = (unicodedata.normalize("NFC", line[name]) for name in NAMES)
    return CatalogueSong(artists_of(credit), f"{title} ({version})" if version else title, album, genre)


def _object(value: bytes) -> dict[str, Any]:
    """Return the JSON object in *value*; an empty one when it holds none."""
    try:
        event = _parsed(value.decode("utf-8"))
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _parsed(text: str) -> Any:
    """Return what the JSON *text* says; ValueError when it is none, or nested too deeply."""
    try:
        return json.loads(text, parse_int=float, parse_constant=_no_number)
    except RecursionError:
        # How deep the standard library reads depends on Python's version and on who calls; the rule must not.
        depths = accumulate(1 if char in "[{" else -1 for char in BRACKETS.findall(STRINGS.sub("", text)))
        if max(depths, default=0) > MOST_NESTED:
            raise ValueError(f"nested more than {MOST_NESTED} levels deep") from None
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + MOST_NESTED)
    try:
        return json.loads(text, parse_int=float, parse_constant=_no_number)
    finally:
        sys.setrecursionlimit(before)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


@lru_cache(maxsize=200_000)
def _second(time: str) -> int | None:
    """Return the UTC second that *time* says, since 1970; None when it says none from 2000 to 9999."""
    parts = TIME.fullmatch(time)
    if parts is None:
        return None
    try:
        at = datetime(*map(int, parts.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001  (its offset follows)
    except ValueError:
        return None
    offset = 0
    if parts["sign"]:
        if int(parts["hours"]) > 23:  # noqa: PLR2004
            return None
        offset = (int(parts["hours"]) * 3600 + int(parts["minutes"] or 0) * 60) * (-1 if parts["sign"] == "-" else 1)
    second = calendar.timegm(at.timetuple()) - offset
    return second if YEAR_2000 <= second < YEAR_10000 else None


@lru_cache(maxsize=20_000)
def _date(days: int) -> str:
    return datetime.fromordinal(days + 719_163).strftime("%Y-%m-%d")  # 1970-01-01 is day 719,163 of the calendar


def _country(came: str) -> str:
    return _country_names().get(came.strip().casefold(), NO_COUNTRY)


@cache
def _country_names() -> dict[str, str]:
    """Return alpha-2 by each way to write it: the code, the ISO names and the everyday ones, casefolded."""
    countries: list[Any] = list(pycountry.countries)
    names = {
        getattr(country, way).casefold(): country.alpha_2
        for country in countries
        for way in ("name", "common_name", "official_name", "alpha_2")
        if hasattr(country, way)
    }
    names |= {name: code for code, everyday in EVERYDAY_NAMES.items() for name in (*everyday, code.casefold())}
    return names
