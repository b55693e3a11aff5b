"""Claims about rollups: each holds the plays of the facts, and a question gets the one with the fewest rows that can answer it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables import rollups
from tables.grain import PlayKey, Watermark, pack_keys, pack_plays
from tables.rates import Rates
from tables.rollups import (
    BY_COUNTRY,
    BY_SONG,
    FACT_COLUMNS,
    PLACES,
    RECENT,
    ROLLUPS,
    SONG_DAYS,
    SONG_PLATFORM_DAYS,
    SONG_PLATFORMS,
    SONGS,
    Rollup,
)
from tables.songs import Songs
from tables.warehouse import Batch, TopicPosition, Warehouse

KEYS = st.tuples(
    st.sampled_from(["2026-11-21", "2026-11-22", "2026-11-23"]),
    st.sampled_from(["ES", "FR", "ZZ"]),
    st.sampled_from(["spotify", "deezer"]),
    st.just("Somebody"),
    st.sampled_from(["a", "b", "c"]),
)
FOLDS = st.lists(st.dictionaries(KEYS, st.integers(1, 9), max_size=8), max_size=6)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    opened = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    opened.open()
    yield opened
    opened.close()


def folded(warehouse: Warehouse, counts: dict[PlayKey, int]) -> None:
    """Fold partition 0's plays so far."""
    rows = dict(zip(pack_keys(counts), map(pack_plays, counts.values()), strict=True))
    total = sum(counts.values())
    watermark = Watermark(total, total, total, 0, 0, "t")
    warehouse.fold(Batch({0: rows}, {}, {TopicPosition("daily", 0): total}, {0: watermark}))


def sums(connection: duckdb.DuckDBPyConnection, rollup: Rollup) -> list[tuple[object, ...]]:
    return sorted(connection.execute(rollups.summed(rollup, rollup.columns, "true")).fetchall())


def truth(connection: duckdb.DuckDBPyConnection, rollup: Rollup) -> list[tuple[object, ...]]:
    return sorted(connection.execute(rollups.EARNED.format(columns=", ".join(rollup.columns))).fetchall())


@settings(max_examples=12)  # each opens a file
@given(FOLDS, st.integers(0, 6))
def test_every_rollup_holds_what_the_facts_add_up_to_whenever_it_was_settled(
    tmp_path_factory: pytest.TempPathFactory, folds: list[dict[PlayKey, int]], settled_after: int
) -> None:
    warehouse = Warehouse(tmp_path_factory.mktemp("rollups") / "a.duckdb", Songs(), Rates())
    warehouse.open()
    counts: dict[PlayKey, int] = {}
    for number, more in enumerate(folds):
        for key, plays in more.items():
            counts[key] = counts.get(key, 0) + plays
        folded(warehouse, counts)
        if number == settled_after:
            rollups.settle(warehouse.cursor())
    connection = warehouse.cursor()
    for rollup in ROLLUPS:
        assert sums(connection, rollup) == truth(connection, rollup)
    assert rollups.contradictions(connection) == []
    warehouse.close()


def test_settling_keeps_what_is_folded_beside_it(warehouse: Warehouse) -> None:
    key: PlayKey = ("2026-11-23", "ES", "spotify", "Somebody", "a")
    folded(warehouse, {key: 1})
    over = threading.Event()

    def settle() -> None:
        while not over.is_set():
            rollups.settle(warehouse.cursor())

    settling = threading.Thread(target=settle)
    settling.start()
    try:
        for plays in range(2, 40):
            folded(warehouse, {key: plays})
            assert rollups.contradictions(warehouse.cursor()) == []
    finally:
        over.set()
        settling.join()
    assert sums(warehouse.cursor(), BY_SONG) == truth(warehouse.cursor(), BY_SONG)


def test_settling_is_due_once_recent_is_long_and_a_part_of_what_is_settled(warehouse: Warehouse) -> None:
    connection = warehouse.cursor()

    def due_with(table: str, rows: int) -> bool:
        connection.execute(
            f"INSERT INTO {table} (day, country, platform, song, plays, earned{', fold' if table == RECENT else ''})"  # noqa: S608
            f" SELECT DATE '2026-11-23', 0, 0, 0, 1, 0{', 1' if table == RECENT else ''} FROM range({rows})"
        )
        return rollups.due(connection)

    assert not due_with(RECENT, rollups.FEWEST_TO_SETTLE)
    assert due_with(RECENT, 1)
    assert not due_with(BY_SONG.table, rollups.FEWEST_TO_SETTLE * rollups.SHARE_TO_SETTLE * 2)


@pytest.mark.parametrize("rollup", ROLLUPS, ids=lambda rollup: rollup.table)
def test_a_rollup_that_lost_a_play_is_found_out(warehouse: Warehouse, rollup: Rollup) -> None:
    folded(warehouse, {("2026-11-23", "ES", "spotify", "Somebody", "a"): 3})
    rollups.settle(warehouse.cursor())
    connection = warehouse.cursor()
    connection.execute(f"UPDATE {rollup.table} SET plays = plays - 1")  # noqa: S608
    assert rollups.contradictions(connection) == [f"{rollup.table} holds 2 plays, and the facts 3"]


@pytest.mark.parametrize(
    ("columns", "narrow", "rollup"),
    [
        ({"country"}, {"country"}, PLACES),
        ({"day", "platform"}, set(), PLACES),
        ({"song"}, set(), SONGS),
        ({"song", "platform"}, set(), SONG_PLATFORMS),
        ({"song", "day"}, set(), SONG_DAYS),
        ({"song", "day", "platform"}, set(), SONG_PLATFORM_DAYS),
        ({"song", "country"}, set(), BY_COUNTRY),
        ({"song", "country"}, {"country"}, BY_COUNTRY),
        ({"song", "country"}, {"song", "country"}, BY_SONG),
        ({"song"}, {"song"}, BY_SONG),
    ],
)
def test_a_question_gets_the_rollup_with_the_fewest_rows(columns: set[str], narrow: set[str], rollup: Rollup) -> None:
    assert rollups.best(columns, narrow) is rollup


@given(st.sets(st.sampled_from(FACT_COLUMNS)), st.sets(st.sampled_from(["song", "country"])))
def test_there_is_a_rollup_for_every_question(columns: set[str], narrow: set[str]) -> None:
    assert columns <= set(rollups.best(columns, narrow).columns)


def test_the_number_of_the_newest_fold_goes_on_after_opening(warehouse: Warehouse) -> None:
    key: PlayKey = ("2026-11-23", "ES", "spotify", "Somebody", "a")
    folded(warehouse, {key: 1})
    folded(warehouse, {key: 2})
    assert rollups.last_fold(warehouse.cursor()) == 2
    warehouse.reopen()
    folded(warehouse, {key: 3})
    assert rollups.last_fold(warehouse.cursor()) == 3
