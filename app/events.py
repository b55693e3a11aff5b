"""Decode: from a record's bytes to a song play, or to the reason why it is none. Pure: no clock, no I/O.

Every decision compares with the record's own timestamp, so that a replay decides the same again.
"""

import json
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

import orjson

from tables.countries import UNKNOWN, country_code
from tables.songs import EXTERNAL_ID_MOST

RULE_VERSION = 1
"""Raised with each change of a rule below; a rejected record carries the version that rejected it."""

MOST_BYTES = 64 * 1024
FIRST_YEAR = 2000
MOST_AHEAD_SECONDS = 24 * 3600
FIELDS = ("external_id", "play_time", "country", "source")

SONG_ID = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{EXTERNAL_ID_MOST}}}")
SOURCE = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,31}")
CLOCK = re.compile(r"[ Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)
COMMON_LENGTH = len("YYYY-MM-DD HH:MM:SS")
SHOWN_CHARACTERS = 48
MOST_CACHED_CHARACTERS = 100
"""A cache of values as long as a message may be would hold gigabytes."""
TIME = re.compile(r"\d{4}-\d\d-\d\d[ Tt]\d\d:\d\d:\d\d([.,]\d{1,9})?([Zz]|[+-]\d\d(:?[0-5]\d)?)?", re.ASCII)


class SongPlay(NamedTuple):
    """One play, its values in canonical form."""

    song: str
    second: int
    """Seconds since 1970-01-01 UTC."""
    country: str
    platform: str


class Rejected(NamedTuple):
    """Why a record is no play: a word for the kind, and what came against what is allowed."""

    kind: str
    reason: str


def decode(value: bytes | None, timestamp_ms: int) -> SongPlay | Rejected:  # noqa: C901, PLR0911  (a rule, a return)
    """Return the play in *value*, sent at *timestamp_ms* (Kafka's record timestamp, milliseconds since 1970)."""
    if value is None:
        return Rejected("tombstone", "the record has no value; send a JSON object")
    if len(value) > MOST_BYTES:
        return Rejected("size", f"{len(value)} bytes; at most {MOST_BYTES} are allowed")
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        event = _decode_leniently(value, error)
    if type(event) is not dict:
        return event if type(event) is Rejected else Rejected("shape", f"a JSON {_kind(event)}; send a JSON object")
    try:
        song, time, country, source = event["external_id"], event["play_time"], event["country"], event["source"]
    except KeyError as missing:
        return Rejected("missing", f"no field {missing.args[0]!r}; the fields are {', '.join(FIELDS)}")
    if not (type(song) is type(time) is type(country) is type(source) is str):
        field = next(field for field in FIELDS if type(event[field]) is not str)
        return Rejected("type", f"{field} is a JSON {_kind(event[field])}; send a string")
    if len(song) > EXTERNAL_ID_MOST or not _is_song_id(song):
        return Rejected(
            "external_id", f"external_id is {_brief(song)}; 1 to {EXTERNAL_ID_MOST} characters are allowed, no control characters"
        )
    second = _second(time)
    if second is None:
        return Rejected(
            "play_time", f"play_time is {_brief(time)}; send YYYY-MM-DD HH:MM:SS in UTC or ISO 8601, from the year {FIRST_YEAR} on"
        )
    if second > timestamp_ms // 1000 + MOST_AHEAD_SECONDS:
        return Rejected("future", f"play_time is {_brief(time)}, more than a day after the record's timestamp, {timestamp_ms} ms")
    platform = _platform(source) if len(source) <= MOST_CACHED_CHARACTERS else _platform.__wrapped__(source)
    if platform is None:
        return Rejected(
            "source",
            f"source is {_brief(source)}; 1 to 32 of a-z, 0-9, space, dot, underscore and hyphen are allowed, a letter or digit first",
        )
    code = _country(country) if len(country) <= MOST_CACHED_CHARACTERS else _country.__wrapped__(country)
    return SongPlay(song, second, code, platform)


def day_of(second: int) -> str:
    """Return the UTC day of *second* (since 1970) as `YYYY-MM-DD`."""
    return _day(second // 86400)


@lru_cache(maxsize=100_000)
def time_of(second: int) -> str:
    """Return *second* (since 1970) as `YYYY-MM-DD HH:MM:SS` in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=20_000)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86400, UTC).date().isoformat()


def _decode_leniently(value: bytes, error: orjson.JSONDecodeError) -> Any:
    """Return what the standard library reads in *value*: numbers such as 1e999 in extra fields are no reason to reject."""
    try:
        return json.loads(value.decode(), parse_int=float, parse_constant=_refuse_constant)
    except UnicodeDecodeError as broken:
        return Rejected("encoding", f"not UTF-8 at byte {broken.start}; send a JSON object in UTF-8")
    except RecursionError:
        return Rejected("json", "nested too deeply; send a flat JSON object")
    except ValueError:
        return Rejected("json", f"not JSON: {error}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


@lru_cache(maxsize=200_000)
def _is_song_id(song: str) -> bool:
    return SONG_ID.fullmatch(song) is not None


def _second(time: str) -> int | None:
    """Return *time* in seconds since 1970; the common form costs two look-ups."""
    if len(time) == COMMON_LENGTH:
        day, clock = _day_start(time[:10]), _clock(time[10:])
        if day is not None and clock is not None:
            return day + clock
        return None
    return _second_of_iso(time)


@lru_cache(maxsize=20_000)
def _day_start(day: str) -> int | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII):
        return None
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return None
    return (at.toordinal() - date(1970, 1, 1).toordinal()) * 86400 if at.year >= FIRST_YEAR else None


@lru_cache(maxsize=200_000)
def _clock(clock: str) -> int | None:
    parts = CLOCK.fullmatch(clock)
    return int(parts[1]) * 3600 + int(parts[2]) * 60 + int(parts[3]) if parts else None


def _second_of_iso(time: str) -> int | None:
    if not TIME.fullmatch(time):
        return None
    try:
        at = datetime.fromisoformat(time.upper().replace(",", ".")).replace(microsecond=0)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return int(at.timestamp()) if at.year >= FIRST_YEAR else None


@lru_cache(maxsize=4096)
def _country(country: str) -> str:
    return country_code(country) or UNKNOWN


@lru_cache(maxsize=4096)
def _platform(source: str) -> str | None:
    platform = source.strip().lower()
    return platform if SOURCE.fullmatch(platform) else None


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")


def _brief(value: str) -> str:
    return ascii(value) if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]!a}… ({len(value)} characters)"
