"""Claims about decoding: what is a play, what is none, and that no bytes whatever do more harm than that."""

import calendar
import json
import re
import time
import tracemalloc
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import FIELDS, MOST_AHEAD_SECONDS, MOST_BYTES, Rejected, SongPlay, day_of, decode, time_of
from tables.countries import codes

SENT = "2026-11-23 07:01:12"
SENT_SECOND = 1_795_417_272
SENT_MS = SENT_SECOND * 1000
FIRST_SECOND = 946_684_800
LAST_SECOND = 253_402_300_799
"""9999-12-31 23:59:59, the last one that a date can be written for."""

PLAY = {"external_id": "6ZKv8Ug8EnnDJzUrGFNgAb", "play_time": SENT, "country": "ES", "source": "spotify"}
KINDS = {"tombstone", "size", "encoding", "json", "shape", "missing", "type", "external_id", "play_time", "future", "source"}


def event(**changes: Any) -> bytes:
    return json.dumps({**PLAY, **changes}, ensure_ascii=False).encode()


def event_with(extra: bytes) -> bytes:
    """A good event with a field more, whose value is *extra* as it stands."""
    return b'{"extra": ' + extra + b", " + event()[1:]


def played(value: bytes | None, timestamp_ms: int = SENT_MS) -> SongPlay:
    play = decode(value, timestamp_ms)
    assert type(play) is SongPlay, play
    return play


def rejected(value: bytes | None, timestamp_ms: int = SENT_MS) -> Rejected:
    why = decode(value, timestamp_ms)
    assert type(why) is Rejected, why
    return why


def second_of(play_time: str, timestamp_ms: int = LAST_SECOND * 1000) -> int:
    return played(event(play_time=play_time), timestamp_ms).second


# What counts ---------------------------------------------------------------------------------------------------------


def test_the_documented_event_is_a_play() -> None:
    value = b'{"external_id": "6ZKv8Ug8EnnDJzUrGFNgAb", "play_time": "2026-11-23 07:01:12", "country": "ES", "source": "spotify"}'
    assert played(value) == SongPlay("6ZKv8Ug8EnnDJzUrGFNgAb", SENT_SECOND, "ES", "spotify")


@pytest.mark.parametrize(
    "extra",
    [
        *(b"1e999", b"-1e999", b"1e-999", b"-0", b"9" * 25, b"-" + b"9" * 400, b"9" * 5000, b"[" + b"9" * 5000 + b"]"),
        *(b"null", b"true", b'{"a": [1, {"b": []}]}', b'"\\ud800"', b'"\\u0000"', b'"' + b"x" * 60_000 + b'"', b"[" * 500 + b"]" * 500),
    ],
    ids=lambda extra: extra[:12].decode() + (f"…{len(extra)}" if len(extra) > 12 else ""),
)
def test_an_extra_field_is_no_reason_to_reject(extra: bytes) -> None:
    assert played(event_with(extra)) == played(event())


def test_of_duplicate_keys_the_last_wins() -> None:
    assert played(b'{"external_id": 7, "external_id": "first", ' + event()[1:]) == played(event())
    assert played(event()[:-1] + b', "country": "FR"}').country == "FR"


def test_of_duplicate_keys_the_last_wins_beside_odd_numbers_too() -> None:
    assert played(event_with(b"1e999")[:-1] + b', "country": "FR"}').country == "FR"


def test_blanks_around_the_object_and_escapes_in_it_mean_nothing() -> None:
    assert played(b" \r\n\t" + event() + b"\n") == played(event())
    assert played(event().replace(b"spotify", b"spotif\\u0079").replace(b"source", b"sourc\\u0065")) == played(event())


@pytest.mark.parametrize("song", ["x", "x" * 64, "ñ" * 64, "🎵" * 64, " x ", 'a"b\\c', "a/b", "\u00a0", "\u200b", "'; DROP TABLE daily"])
def test_an_external_id_is_kept_as_it_came(song: str) -> None:
    assert played(event(external_id=song)).song == song


@pytest.mark.parametrize(
    ("came", "code"),
    [
        *(("ES", "ES"), ("es", "ES"), (" Es ", "ES"), ("spain", "ES"), ("SPAIN", "ES"), ("Kingdom of Spain", "ES"), ("usa", "US")),
        *(("UK", "GB"), ("South Korea", "KR"), ("Türkiye", "TR"), ("turkey", "TR"), ("Côte d'Ivoire", "CI"), ("XK", "XK")),
        *(
            ("", "ZZ"),
            ("  ", "ZZ"),
            ("ZZ", "ZZ"),
            ("Narnia", "ZZ"),
            ("ESP", "ZZ"),
            ("\x00", "ZZ"),
            ("\U0001f1ea\U0001f1f8", "ZZ"),
            ("E S", "ZZ"),
        ),
    ],
)
def test_a_country_is_a_code_or_an_english_name_and_else_unknown(came: str, code: str) -> None:
    assert played(event(country=came)).country == code


def test_a_country_with_half_a_surrogate_pair_is_unknown() -> None:
    assert played(event().replace(b'"ES"', b'"\\ud800"')).country == "ZZ"


@pytest.mark.parametrize(
    ("came", "platform"),
    [
        *(("Spotify", "spotify"), ("  APPLE Music\n", "apple music"), ("7digital", "7digital"), ("a", "a"), ("a" * 32, "a" * 32)),
        *(("  " + "a" * 32 + "  ", "a" * 32), ("a_b-c.d e", "a_b-c.d e"), ("x..", "x..")),
    ],
)
def test_a_source_is_trimmed_and_lower_cased(came: str, platform: str) -> None:
    assert played(event(source=came)).platform == platform


# Times ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "utc"),
    [
        *((SENT, SENT), ("2026-11-23T07:01:12", SENT), ("2026-11-23T07:01:12Z", SENT), ("2026-11-23t07:01:12z", SENT)),
        *(("2026-11-23 07:01:12Z", SENT), ("2026-11-23T07:01:12.9", SENT), ("2026-11-23T07:01:12,9Z", SENT)),
        *(("2026-11-23T07:01:12.999999Z", SENT), ("2026-11-23T07:01:12.999999999Z", SENT), ("2026-11-23 07:01:12.000", SENT)),
        *(("2026-11-23T08:01:12+01:00", SENT), ("2026-11-23T08:01:12+0100", SENT), ("2026-11-23T08:01:12+01", SENT)),
        *(("2026-11-22T23:01:12-08:00", SENT), ("2026-11-23T12:46:12.5+05:45", SENT), ("2026-11-23T07:01:12-00:00", SENT)),
        *(("2026-11-24T07:00:12+23:59", SENT), ("2026-11-22T07:02:12-23:59", SENT)),
        *(("2024-02-29 00:00:00", "2024-02-29 00:00:00"), ("2024-02-29T23:30:00-01:00", "2024-03-01 00:30:00")),
        *(("2000-02-29 12:00:00", "2000-02-29 12:00:00"), ("2024-03-01T00:30:00+01:00", "2024-02-29 23:30:00")),
        *(("2000-01-01 00:00:00", "2000-01-01 00:00:00"), ("1999-12-31T23:00:00-01:00", "2000-01-01 00:00:00")),
        *(("2000-01-01T01:00:00+01:00", "2000-01-01 00:00:00"), ("1999-12-31T23:59:59.999-00:01", "2000-01-01 00:00:59")),
        ("9999-12-31 23:59:59", "9999-12-31 23:59:59"),
    ],
)
def test_a_play_time_means_this_utc_second(came: str, utc: str) -> None:
    assert second_of(came) == calendar.timegm(time.strptime(utc, "%Y-%m-%d %H:%M:%S"))


def test_the_last_fraction_of_the_last_year_stays_in_it() -> None:
    assert time_of(second_of("9999-12-31T23:59:59.999999Z")) == "9999-12-31 23:59:59"


def test_a_lower_case_t_means_the_same_with_and_without_an_offset() -> None:
    assert second_of("2026-11-23t07:01:12") == second_of("2026-11-23t07:01:12z")


@pytest.mark.parametrize(
    "came",
    [
        *("", " ", "now", "1795417272", "2026-11-23", "2026-11-23 07:01", "07:01:12", "2026-11-23  07:01:12", " 2026-11-23 07:01:12"),
        *(
            "2026-11-23 07:01:12 ",
            "2026-11-23 07:01:12\n",
            "2026-11-23_07:01:12",
            "2026/11/23 07:01:12",
            "23-11-2026 07:01:12",
            "20261123T070112Z",
        ),
        *(
            "2026-W48-1 07:01:12",
            "2026-327 07:01:12",
            "2026-11-23 7:01:12",
            "2026-11-23 07:01:12 UTC",
            "2026-11-23 07:01:12 +01:00",
            "26-11-23 07:01:12",
        ),
        *("2026-11-23 24:00:00", "2026-11-23 23:60:00", "2026-11-23 23:59:60", "2016-12-31T23:59:60Z", "2026-11-23 07:01:-1"),
        *(
            "2026-02-29 00:00:00",
            "2100-02-29 00:00:00",
            "2026-13-01 00:00:00",
            "2026-00-10 00:00:00",
            "2026-11-31 00:00:00",
            "2026-11-00 00:00:00",
        ),
        *(
            "2026-11-23T07:01:12+24:00",
            "2026-11-23T07:01:12+1:00",
            "2026-11-23T07:01:12+99",
            "2026-11-23T07:01:12+",
            "2026-11-23T07:01:12Z+01:00",
        ),
        *("2026-11-23T07:01:12.", "2026-11-23T07:01:12.Z", "2026-11-23T07:01:12.1234567890Z", "2026-11-23T07:01:12:5"),
        *(
            "1999-12-31 23:59:59",
            "1999-12-31T23:59:59Z",
            "2000-01-01T00:59:59+01:00",
            "1999-12-31T22:59:59.999-01:00",
            "1970-01-01 00:00:00",
        ),
        *("0000-01-01 00:00:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "-2026-11-23 07:01:12", "12026-11-23 07:01:12"),
        *(
            "٢٠٢٦-١١-٢٣ ٠٧:٠١:١٢",
            "２０２６-11-23 07:01:12",
            "2026-11-23 0７:01:12",
            "2026-11-2３T07:01:12Z",
            "2026-11-23 07:01:1²",
            "2026-11-23T07:01:12.５Z",
        ),
        *("2026−11−23 07:01:12", "2026-11-23\u00a007:01:12", "2026-11-23 07:01:12\x00", "2026-11-23T07:01:12" + "0" * 100),
    ],
)
def test_no_other_text_is_a_play_time(came: str) -> None:
    why = rejected(event(play_time=came), LAST_SECOND * 1000)
    assert why.kind == "play_time"
    assert "YYYY-MM-DD HH:MM:SS" in why.reason


def test_an_offset_has_no_sixtieth_minute() -> None:
    assert rejected(event(play_time="2026-11-23T07:01:12+01:60")).kind == "play_time"


@given(st.integers(FIRST_SECOND, LAST_SECOND))
def test_every_second_of_eight_thousand_years_is_read_as_it_is_written(second: int) -> None:
    written = time_of(second)
    assert second_of(written) == second == calendar.timegm(time.strptime(written, "%Y-%m-%d %H:%M:%S"))
    assert day_of(second) == written[:10]


@given(
    at=st.datetimes(datetime(2000, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the strategy adds the zone
    offset=st.integers(-23 * 60 - 59, 23 * 60 + 59),
    separator=st.sampled_from(" T"),
)
def test_fraction_and_offset_change_no_second(at: datetime, offset: int, separator: str) -> None:
    here = at.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=offset)))
    assert second_of(here.isoformat(separator)) == calendar.timegm(at.timetuple())


@pytest.mark.parametrize("timestamp_ms", [SENT_MS, SENT_MS + 1, SENT_MS + 999])
def test_a_day_ahead_of_the_record_counts_and_a_second_more_does_not(timestamp_ms: int) -> None:
    edge = SENT_SECOND + MOST_AHEAD_SECONDS
    assert edge - SENT_SECOND == 86_400
    assert played(event(play_time=time_of(edge)), timestamp_ms).second == edge
    why = rejected(event(play_time=time_of(edge + 1)), timestamp_ms)
    assert why.kind == "future"
    assert time_of(edge + 1) in why.reason
    assert str(timestamp_ms) in why.reason


@pytest.mark.parametrize("timestamp_ms", [-(1 << 63), -1, 0, 1])
def test_a_record_without_a_sensible_timestamp_is_rejected_and_no_more(timestamp_ms: int) -> None:
    assert rejected(event(), timestamp_ms).kind == "future"


def test_a_play_counts_however_late_it_comes() -> None:
    assert played(event(play_time="2000-01-01 00:00:00"), (1 << 63) - 1).second == FIRST_SECOND


def test_a_day_is_the_utc_day() -> None:
    assert day_of(SENT_SECOND) == "2026-11-23"
    midnight = SENT_SECOND - SENT_SECOND % 86_400
    assert (day_of(midnight - 1), day_of(midnight), day_of(midnight + 86_399)) == ("2026-11-22", "2026-11-23", "2026-11-23")


# What does not count -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "came", "allowed"),
    [
        (None, "tombstone", "no value", "JSON object"),
        (b"", "json", "not JSON", "not JSON"),
        (b"not json", "json", "not JSON", "line 1 column"),
        (event()[:-1], "json", "not JSON", "line 1 column"),
        (event() + b"x", "json", "not JSON", "line 1 column"),
        (event() + event(), "json", "not JSON", "line 1 column"),
        (b"\xef\xbb\xbf" + event(), "json", "not JSON", "byte order mark"),
        (event().replace(b'"ES"', b"'ES'"), "json", "not JSON", "line 1 column"),
        (event_with(b"NaN"), "json", "not JSON", "line 1 column"),
        (event_with(b"-Infinity"), "json", "not JSON", "line 1 column"),
        (event_with(b"01"), "json", "not JSON", "line 1 column"),
        (event_with(b'"a\nb"'), "json", "not JSON", "line 1 column"),
        (b"NaN", "json", "not JSON", "line 1 column"),
        (b"[" * 10_000, "json", "nested too deeply", "flat JSON object"),
        (b"[" * 10_000 + b"]" * 10_000, "json", "nested too deeply", "flat JSON object"),
        (event_with(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "json", "nested too deeply", "flat JSON object"),
        (b"\xff" + event(), "encoding", "byte 0", "UTF-8"),
        (event(source="Tiësto").decode().encode("latin-1"), "encoding", "not UTF-8 at byte", "UTF-8"),
        (event().decode().encode("utf-16"), "encoding", "byte 0", "UTF-8"),
        (event().replace(b"ES", b"\xed\xa0\x80"), "encoding", "not UTF-8 at byte", "UTF-8"),
        (event(external_id="x" * (1 << 20)), "size", "1048", "65536"),
        (b" " * MOST_BYTES + b"{}", "size", "65538", "65536"),
        (b"[]", "shape", "array", "JSON object"),
        (b'"text"', "shape", "string", "JSON object"),
        (b"1.5", "shape", "number", "JSON object"),
        (b"1e999", "shape", "number", "JSON object"),
        (b"true", "shape", "boolean", "JSON object"),
        (b"null", "shape", "null", "JSON object"),
        (b"{}", "missing", "'external_id'", "external_id, play_time, country, source"),
        (event().replace(b"country", b"Country"), "missing", "'country'", "external_id, play_time, country, source"),
        (event(external_id=""), "external_id", "''", "1 to 64 characters"),
        (event(external_id="x" * 65), "external_id", "(65 characters)", "1 to 64 characters"),
        (event(external_id="a\x00b"), "external_id", r"'a\x00b'", "control characters"),
        (event(external_id="a\nb"), "external_id", r"'a\nb'", "control characters"),
        (event(external_id="a\x7f"), "external_id", r"'a\x7f'", "control characters"),
        (event(external_id="a\x85"), "external_id", r"'a\x85'", "control characters"),
        (event().replace(b'"6ZK', b'"\\ud8006ZK'), "external_id", r"'\ud8006ZK", "control characters"),
        (event(play_time="yesterday"), "play_time", "'yesterday'", "YYYY-MM-DD HH:MM:SS"),
        (event(play_time="9999-01-01 00:00:00"), "future", "'9999-01-01 00:00:00'", "a day"),
        (event(source=""), "source", "''", "1 to 32"),
        (event(source="   "), "source", "'   '", "1 to 32"),
        (event(source="a" * 33), "source", "'" + "a" * 33 + "'", "1 to 32"),
        (event(source="-spotify"), "source", "'-spotify'", "first"),
        (event(source="spot/ify"), "source", "'spot/ify'", "a-z"),
        (event(source="Tiësto"), "source", r"'Ti\xebsto'", "a-z"),
        (event(source="a\x00"), "source", r"'a\x00'", "a-z"),
        (event(source="ｓpotify"), "source", r"'\uff53potify'", "a-z"),
    ],
)
def test_a_rejection_says_what_came_and_what_is_allowed(value: bytes | None, kind: str, came: str, allowed: str) -> None:
    why = rejected(value)
    assert why.kind == kind
    assert came in why.reason
    assert allowed.lower() in why.reason.lower()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("came", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (False, "boolean"),
        (7, "number"),
        (1 << 80, "number"),
        (0.5, "number"),
        (["x"], "array"),
        ({}, "object"),
    ],
)
def test_a_field_that_is_no_string_is_named_with_what_it_is(field: str, came: Any, name: str) -> None:
    why = rejected(event(**{field: came}))
    assert why == Rejected("type", f"{field} is a JSON {name}; send a string")


@pytest.mark.parametrize("number", [b"1e999", b"9" * 5000])
def test_an_odd_number_where_a_string_belongs_is_named_too(number: bytes) -> None:
    assert rejected(event().replace(b'"ES"', number)) == Rejected("type", "country is a JSON number; send a string")


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(field: str) -> None:
    value = json.dumps({name: text for name, text in PLAY.items() if name != field}).encode()
    assert rejected(value) == Rejected("missing", f"no field {field!r}; the fields are external_id, play_time, country, source")


def test_a_message_of_exactly_64_kib_counts_and_a_byte_more_does_not() -> None:
    value = event() + b" " * (MOST_BYTES - len(event()))
    assert len(value) == 65_536
    assert played(value) == played(event())
    assert rejected(value + b" ").kind == "size"


# Anything whatever ---------------------------------------------------------------------------------------------------

numbers = st.integers() | st.floats() | st.integers(-(1 << 200), 1 << 200)
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*FIELDS, "extra"]) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=12,
)
times = (
    st.integers(FIRST_SECOND - 100_000, SENT_SECOND + 200_000).map(time_of)
    | st.datetimes(datetime(1999, 12, 30), datetime(2027, 1, 1), timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=-7))])).map(  # noqa: DTZ001
        datetime.isoformat
    )
    | st.from_regex(r"(1999|20\d\d)-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", fullmatch=True)
    | st.text("0123456789-:T .+Z", max_size=30)
)
events = st.fixed_dictionaries(
    {
        "external_id": st.text(min_size=1, max_size=70) | anything,
        "play_time": times,
        "country": st.sampled_from([*sorted(codes()), "", "Narnia"]) | st.text(max_size=10),
        "source": st.from_regex(r"[ ]?[A-Za-z0-9][A-Za-z0-9 ._-]{0,33}", fullmatch=True) | st.text(max_size=10),
    },
    optional={"extra": anything},
).map(lambda fields: json.dumps(fields).encode())
broken = st.builds(
    lambda value, at, bad: value[: at % (len(value) + 1)] + bad + value[at % (len(value) + 1) + len(bad) // 2 :],
    events,
    st.integers(0, 500),
    st.binary(max_size=4),
)
values = st.one_of(
    st.none(), st.binary(max_size=200), anything.map(lambda value: json.dumps(value).encode()), events, events, events, broken
)
timestamps = st.just(SENT_MS) | st.integers(-(1 << 63), (1 << 63) - 1)


def assert_canonical(play: SongPlay, timestamp_ms: int) -> None:
    assert 1 <= len(play.song) <= 64
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in play.song)
    assert FIRST_SECOND <= play.second <= min(LAST_SECOND, timestamp_ms // 1000 + 86_400)
    assert re.fullmatch("[A-Z]{2}", play.country)
    assert play.country == "ZZ" or play.country in codes().values()
    assert re.fullmatch(r"[a-z0-9]|[a-z0-9][a-z0-9 ._-]{0,30}[a-z0-9._-]", play.platform)


def assert_told(why: Rejected) -> None:
    assert why.kind in KINDS
    assert re.fullmatch(r"[ -~…]{10,400}", why.reason), why.reason


@given(values, timestamps)
def test_whatever_comes_is_a_canonical_play_or_a_told_reason(value: bytes | None, timestamp_ms: int) -> None:
    result = decode(value, timestamp_ms)
    if type(result) is SongPlay:
        assert_canonical(result, timestamp_ms)
        assert time_of(result.second)[:10] == day_of(result.second)
    else:
        assert type(result) is Rejected
        assert_told(result)


@given(events)
def test_a_play_reads_the_same_once_more_from_its_canonical_values(value: bytes) -> None:
    play = decode(value, SENT_MS)
    if type(play) is SongPlay:
        again = event(external_id=play.song, play_time=time_of(play.second), country=play.country, source=play.platform)
        assert played(again) == play


@given(st.lists(st.tuples(values, timestamps), max_size=20), st.randoms(use_true_random=False))
def test_a_replay_in_any_order_decides_the_same_again(records: list[tuple[bytes | None, int]], order: Any) -> None:
    first = {record: decode(*record) for record in records}
    order.shuffle(records)
    assert {record: decode(*record) for record in records} == first


@pytest.mark.parametrize("field", FIELDS)
def test_long_values_are_not_kept_in_memory(field: str) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(300):
            decode(event(**{field: f"{number} " + "x" * 60_000}), SENT_MS)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept - before < 2_000_000, "300 of 18 MB in all"
