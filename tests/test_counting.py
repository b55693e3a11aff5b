"""Claims about counting: whatever way records are split, every one is in the sums once, and a slow recount agrees."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.counting import LIVE_SECONDS, RejectedRecord, Tally, count, enrich
from tables.grain import PlayKey
from tables.songs import Song, Songs

SENT_MS = 1_795_417_272_000
SONGS = Songs(
    [
        Song("known-1", "", ("ROSALÍA",), "Bulería", "", "Motomami", "flamenco", 5),
        Song("known-3", "", ("Travis Scott", "ROSALÍA", "Lil Baby"), "TKN", "Remix", "TKN", "latin", 9),
    ]
)
COUNTRIES = {"ES": "ES", "spain": "ES", " Spain ": "ES", "us": "US", "United States": "US", "UK": "GB", "": "ZZ", "Narnia": "ZZ"}


class Record(NamedTuple):
    offset: int
    timestamp: int
    value: bytes | None


def record(timestamp: int = SENT_MS, **changes: str) -> Record:
    fields = {"external_id": "known-1", "play_time": "2026-11-23 07:01:12", "country": "ES", "source": "spotify", **changes}
    return Record(0, timestamp, json.dumps(fields).encode())


# An independent recount, slow and plain -----------------------------------------------------------------------------


def recounted_time(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?", text):
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return at.replace(microsecond=0) if at.year >= 2000 else None


def recounted_play(value: bytes | None) -> tuple[str, datetime, str, str] | None:
    """The song, time, country and platform of a record; None if it is no play. Knows COUNTRIES only."""
    if value is None or len(value) > 65_536:
        return None
    try:
        fields = json.loads(value.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not all(
        isinstance(fields.get(name), str) for name in ("external_id", "play_time", "country", "source")
    ):
        return None
    song, at, platform = fields["external_id"], recounted_time(fields["play_time"]), fields["source"].strip().lower()
    if (
        at is None
        or not 1 <= len(song) <= 64
        or any(ord(char) < 32 for char in song)
        or not re.fullmatch("[a-z0-9][a-z0-9 ._-]{0,31}", platform)
    ):
        return None
    return song, at, COUNTRIES[fields["country"]], platform


class Recount(NamedTuple):
    daily: Counter[PlayKey]
    live: Counter[PlayKey]
    rejected: list[int]


def recount(records: Iterable[Record]) -> Recount:
    result = Recount(Counter(), Counter(), [])
    for offset, timestamp, value in records:
        sent = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=timestamp // 1000)
        play = recounted_play(value)
        if play is None or play[1] - sent > timedelta(days=1):
            result.rejected.append(offset)
            continue
        song, at, country, platform = play
        credit = {"known-1": "ROSALÍA", "known-3": "Travis Scott/ROSALÍA/Lil Baby"}.get(song, "")
        result.daily[(f"{at:%Y-%m-%d}", country, platform, credit, song)] += 1
        if sent - at <= timedelta(minutes=10):
            result.live[(f"{at:%Y-%m-%d %H:%M:%S}", country, platform, credit, song)] += 1
    return result


# Records of every kind ----------------------------------------------------------------------------------------------

ages = st.integers(-86_402, -86_398) | st.integers(598, 602) | st.integers(-5, 5) | st.integers(0, 3_000_000) | st.just(10**9)
zones = st.sampled_from(["", "Z", "+00:00", "-08:00", "+05:45", ".5", ".999999+01:00"])


def written(timestamp: int, age_seconds: int, zone: str) -> str:
    at = datetime.fromtimestamp(timestamp // 1000 - age_seconds, UTC)
    if ":" in zone:
        sign = -1 if zone[-6] == "-" else 1
        at += sign * timedelta(hours=int(zone[-5:-3]), minutes=int(zone[-2:]))
    return f"{at:%Y-%m-%dT%H:%M:%S}{zone}" if zone else f"{at:%Y-%m-%d %H:%M:%S}"


timestamps = st.integers(SENT_MS, SENT_MS + 3_000) | st.integers(SENT_MS - 10**9, SENT_MS + 10**9)
good = st.builds(
    lambda timestamp, age, zone, song, country, source: (
        timestamp,
        json.dumps({"external_id": song, "play_time": written(timestamp, age, zone), "country": country, "source": source}).encode(),
    ),
    timestamps,
    ages,
    zones,
    st.sampled_from(["known-1", "known-3", "unknown", "desconocida-ñ", "", "x" * 65, "a\nb"]),
    st.sampled_from(list(COUNTRIES)),
    st.sampled_from(["spotify", " Spotify ", "apple music", "", "-", "deezer/web"]),
)
bad = st.tuples(
    timestamps,
    st.sampled_from(
        [
            *(None, b"", b"{", b"[]", b"null", b"\xff", b"NaN", b"{}", b"[" * 10_000, b"x" * 70_000),
            *(record(country="ES").value, record(play_time="1999-12-31 23:59:59").value, record(play_time="2026-02-30 00:00:00").value),
            b'{"external_id": true, "play_time": "2026-11-23 07:01:12", "country": "ES", "source": "spotify"}',
            b'{"a": 1e999, "external_id": 1, "external_id": "known-1", "play_time": "2026-11-23 07:01:12", "country": "", "source": "x"}',
        ]
    ),
)
records_of_any_kind = st.lists(good | good | bad, max_size=60).map(
    lambda records: [Record(offset, timestamp, value) for offset, (timestamp, value) in enumerate(records, start=1000)]
)


@given(records_of_any_kind)
def test_a_slow_recount_that_shares_no_code_agrees(records: Sequence[Record]) -> None:
    tally, truth = count(records, SONGS), recount(records)
    assert tally.daily == truth.daily
    assert tally.live == truth.live
    assert [lost.offset for lost in tally.rejected] == truth.rejected
    assert tally.counted == sum(truth.daily.values())


@given(records_of_any_kind, st.lists(st.integers(0, 60), max_size=6).map(sorted))
def test_any_split_into_calls_gives_the_same_sums(records: Sequence[Record], cuts: list[int]) -> None:
    split = Tally()
    for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True):
        count(records[start:end], SONGS, split)
    assert split == count(records, SONGS)


@given(records_of_any_kind, st.randoms(use_true_random=False))
def test_the_order_of_records_changes_no_sum(records: list[Record], order: object) -> None:
    before = count(records, SONGS)
    order.shuffle(records)  # type: ignore[attr-defined]
    after = count(records, SONGS)
    assert (after.daily, after.live, after.counted, after.newest_ms) == (before.daily, before.live, before.counted, before.newest_ms)
    assert sorted(lost.offset for lost in after.rejected) == [lost.offset for lost in before.rejected]


@given(records_of_any_kind)
def test_every_record_is_counted_or_rejected_and_never_both(records: Sequence[Record]) -> None:
    tally = count(records, SONGS)
    assert tally.consumed == len(records) == tally.counted + len(tally.rejected)
    assert sum(tally.daily.values()) == tally.counted
    assert sum(tally.live.values()) <= tally.counted
    assert tally.newest_ms == max((each.timestamp for each in records), default=0)


def test_an_equal_play_adds_to_its_key_and_any_difference_makes_another() -> None:
    differing = [{"country": "FR"}, {"source": "deezer"}, {"external_id": "known-3"}, {"play_time": "2026-11-22 07:01:12"}]
    tally = count([record(), record(), *(record(SENT_MS, **change) for change in differing)], SONGS)
    assert sorted(tally.daily.values()) == [1, 1, 1, 1, 2]


def test_the_whole_credit_stands_in_the_key() -> None:
    key = ("2026-11-23", "ES", "spotify", "Travis Scott/ROSALÍA/Lil Baby", "known-3")
    assert count([record(external_id="known-3")], SONGS).daily == {key: 1}


def test_a_song_that_the_dimension_does_not_know_counts_under_its_id_without_a_credit() -> None:
    tally = count([record(external_id="late")], SONGS)
    assert tally.daily == {("2026-11-23", "ES", "spotify", "", "late"): 1}
    assert (enrich("late", SONGS), enrich("known-1", SONGS)) == ("", "ROSALÍA")


@pytest.mark.parametrize("milliseconds", [0, 999])
@pytest.mark.parametrize(("play_time", "live"), [("2026-11-23 06:51:12", True), ("2026-11-23 06:51:11", False)])
def test_a_play_is_live_until_ten_minutes_after_it_happened(play_time: str, live: bool, milliseconds: int) -> None:  # noqa: FBT001
    assert LIVE_SECONDS == 600
    tally = count([record(timestamp=SENT_MS + milliseconds, play_time=play_time)], SONGS)
    assert tally.live == ({(play_time, "ES", "spotify", "ROSALÍA", "known-1"): 1} if live else {})
    assert tally.counted == 1


def test_late_plays_count_in_the_day_that_they_happened() -> None:
    tally = count(
        [record(play_time="2020-02-29 23:59:59"), record(play_time="2026-11-23 00:00:00"), record(play_time="2026-11-22 23:59:59")], SONGS
    )
    assert [key[0] for key in tally.daily] == ["2020-02-29", "2026-11-23", "2026-11-22"]


def test_a_rejected_record_keeps_its_bytes_place_and_reason() -> None:
    tally = count([Record(41, SENT_MS, b"\xff"), Record(42, SENT_MS + 1, None)], SONGS)
    assert tally.rejected == [
        RejectedRecord(41, SENT_MS, b"\xff", tally.rejected[0].why),
        RejectedRecord(42, SENT_MS + 1, None, tally.rejected[1].why),
    ]
    assert [lost.why.kind for lost in tally.rejected] == ["encoding", "tombstone"]


def test_no_play_time_with_any_timestamp_ends_the_counting() -> None:
    last_ms = 253_402_300_799_999
    for fraction in ("", ".5", ".999999", ".999999999"):
        tally = count([record(timestamp=last_ms, play_time=f"9999-12-31T23:59:59{fraction}Z")], SONGS)
        assert list(tally.daily) == [("9999-12-31", "ES", "spotify", "ROSALÍA", "known-1")]
