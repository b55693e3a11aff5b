"""Claims about the grain: what stands in changelogs and RocksDB is plain JSON that comes back as it went in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.grain import (
    WATERMARK_KEY,
    PlayKey,
    Watermark,
    WatermarkError,
    pack_keys,
    pack_plays,
    pack_watermark,
    unpack_keys,
    unpack_watermark,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.lists(st.tuples(words, words, words, words, words), max_size=20)
counts = st.integers(0, (1 << 63) - 1)


def test_keys_and_values_look_as_documented() -> None:
    key = ("2026-11-23", "ES", "spotify", "Travis Scott/ROSALÍA/Lil Baby", "6ZKv8Ug8EnnDJzUrGFNgAb")
    packed = '["2026-11-23","ES","spotify","Travis Scott/ROSALÍA/Lil Baby","6ZKv8Ug8EnnDJzUrGFNgAb"]'.encode()
    assert pack_keys([key]) == [packed]
    assert pack_plays(42) == b"42"
    assert WATERMARK_KEY == b'["watermark"]'


@given(keys)
def test_keys_come_back_as_they_went_in_and_in_order(some: list[PlayKey]) -> None:
    packed = pack_keys(some)
    assert unpack_keys(packed) == some
    assert [tuple(json.loads(key)) for key in packed] == some
    assert WATERMARK_KEY not in packed


@given(keys)
def test_different_keys_have_different_bytes(some: list[PlayKey]) -> None:
    assert len(set(pack_keys(some))) == len(set(some))


@given(st.lists(st.tuples(st.integers(0, 4_000_000_000), words)))
def test_keys_that_start_with_a_window_sort_by_it(some: list[tuple[int, str]]) -> None:
    ordered = sorted((f"{second:010}", word, "", "", "") for second, word in some)
    assert [key[0] for key in unpack_keys(sorted(pack_keys(ordered)))] == [key[0] for key in ordered]


@given(counts)
def test_plays_are_a_json_number(plays: int) -> None:
    assert json.loads(pack_plays(plays)) == plays


@given(
    st.builds(
        lambda offset, counted, rejected, ms: Watermark(offset, counted + rejected, counted, rejected, ms),
        counts,
        *[st.integers(0, 1 << 62)] * 2,
        counts,
    )
)
def test_a_watermark_comes_back_as_it_went_in(watermark: Watermark) -> None:
    assert unpack_watermark(pack_watermark(watermark)) == watermark


def test_a_watermark_is_a_json_object_with_its_version() -> None:
    assert json.loads(pack_watermark(Watermark(10, 9, 7, 2, 1_795_417_272_000, "a topic"))) == {
        "version": 1,
        "next_offset": 10,
        "consumed": 9,
        "counted": 7,
        "rejected": 2,
        "newest_ms": 1_795_417_272_000,
        "topic_id": "a topic",
    }


def test_a_partition_that_was_never_counted_starts_at_zero() -> None:
    assert unpack_watermark(None) == Watermark(0, 0, 0, 0, 0)


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_a_watermark_of_another_version_is_refused_with_the_way_out(version: object) -> None:
    record = {"next_offset": 1, "consumed": 1, "counted": 1, "rejected": 0, "newest_ms": 1} | (
        {} if version is None else {"version": version}
    )
    with pytest.raises(WatermarkError, match=f"version {version!r}, this program reads version 1: run the release that wrote it"):
        unpack_watermark(json.dumps(record).encode())


def test_a_watermark_whose_figures_contradict_each_other_is_refused() -> None:
    with pytest.raises(WatermarkError, match=r"consumed is not counted \+ rejected"):
        unpack_watermark(pack_watermark(Watermark(10, 9, 7, 1, 0)))
