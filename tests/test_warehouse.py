"""Claims about the warehouse: facts, positions and watermarks move together, and however batches fall the facts are the same."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables.balance import Balance, StoredPlays
from tables.details import SongDetail, song_detail
from tables.grain import PlayKey, Watermark, pack_keys, pack_plays
from tables.rates import Rates
from tables.songs import Song, Songs
from tables.warehouse import KEYS_AT_ONCE, LIVE_SPAN_SECONDS, Batch, TopicPosition, Warehouse
from tables.warehouse_file import SCHEMA_VERSION, Unavailable
from tests.beside import connection_beside

NOW = 1_795_417_272
TKN = Song("tkn", "", ("ROSALÍA", "Travis Scott"), "TKN", "", "Motomami", "Latin", 9)
BULERIA = Song("buleria", "", ("ROSALÍA",), "Bulería", "En Vivo", "Motomami", "flamenco", 5)
BOOM = Song("late", "", ("Tiësto", "Sevenn"), "BOOM", "", "Together", "edm", 1)
SONGS = Songs([TKN, BULERIA])
CREDITS = {"tkn": TKN.credit, "buleria": BULERIA.credit, "late": "", "gone": "Ghost/Travis Scott", "ñ'\"\\\n": "A/ÿ\u3042🎵"}

Fact = tuple[int, str, str, str, str, str]
"""Kafka partition, window start, country, platform, credit, song."""


def packed(rows: Mapping[PlayKey, int]) -> dict[bytes, bytes]:
    return dict(zip(pack_keys(rows), map(pack_plays, rows.values()), strict=True))


def key(song: str = "tkn", window: str = "2026-11-23", country: str = "ES", platform: str = "spotify") -> PlayKey:
    return (window, country, platform, CREDITS.get(song, song), song)


def batch(daily: Mapping[PlayKey, int], *, partition: int = 0, offset: int = 1) -> Batch:
    """A batch that agrees with itself: the watermark counts what the rows hold."""
    counted = sum(daily.values())
    return Batch(
        {partition: packed(daily)},
        {},
        {TopicPosition("daily", partition): offset},
        {partition: Watermark(counted, counted, counted, 0, NOW * 1000)},
    )


def rows_of(warehouse: Warehouse, sql: str) -> list[tuple[Any, ...]]:
    cursor = connection_beside(warehouse)
    try:
        return cursor.execute(sql).fetchall()
    finally:
        cursor.close()


def facts(warehouse: Warehouse, table: str = "daily") -> dict[Fact, int]:
    window = {"daily": "day::VARCHAR", "live": "strftime(make_timestamp(second * 1000000::BIGINT), '%Y-%m-%d %H:%M:%S')"}[table]
    rows = rows_of(
        warehouse,
        f"SELECT kafka_partition, {window}, code, platform.name, credit.artists, external_id, plays FROM {table}"  # noqa: S608
        " LEFT JOIN country USING (country) LEFT JOIN platform USING (platform)"
        " LEFT JOIN credit USING (credit) LEFT JOIN song USING (song)",
    )
    by_key = {row[:-1]: row[-1] for row in rows}
    assert len(by_key) == len(rows), "a key stands once"
    return by_key


Open = Callable[[Songs], Warehouse]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the same file again and again, each time with other songs."""
    here: list[Warehouse] = []

    def again(songs: Songs) -> Warehouse:
        while here:
            here.pop().close()
        here.append(Warehouse(tmp_path / "deep" / "a.duckdb", songs, Rates()))
        here[0].open()
        return here[0]

    yield again
    for warehouse in here:
        warehouse.close()


@pytest.fixture
def warehouse(opened: Open) -> Warehouse:
    return opened(SONGS)


# Folding -------------------------------------------------------------------------------------------------------------


def test_a_new_file_holds_nothing(warehouse: Warehouse) -> None:
    assert (facts(warehouse), facts(warehouse, "live"), warehouse.positions(), warehouse.balance.watermarks) == ({}, {}, {}, {})
    assert rows_of(warehouse, "FROM schema_version") == [(SCHEMA_VERSION,)]


def test_a_batch_is_facts_positions_and_watermarks(warehouse: Warehouse) -> None:
    watermark = Watermark(12, 10, 7, 3, NOW * 1000)
    positions = {TopicPosition("daily", 1): 5, TopicPosition("live", 1): 9}
    warehouse.fold(
        Batch({1: packed({key("tkn"): 4, key("late"): 3})}, {1: packed({key("tkn", "2026-11-23 07:01:12"): 2})}, positions, {1: watermark})
    )
    assert facts(warehouse) == {(1, *key("tkn")): 4, (1, *key("late")): 3}
    assert facts(warehouse, "live") == {(1, *key("tkn", "2026-11-23 07:01:12")): 2}
    assert (warehouse.positions(), warehouse.balance.watermarks) == (positions, {1: watermark})


def test_a_fold_reads_keys_a_few_at_a_time_and_rests_after_each_few(warehouse: Warehouse) -> None:
    counts = {key(f"song {number}"): number + 1 for number in range(2 * KEYS_AT_ONCE + 1)}
    rests: list[int] = []
    warehouse.fold(batch(counts), lambda: rests.append(len(rests)))
    assert len(rests) == 3
    assert facts(warehouse) == {(0, *each): plays for each, plays in counts.items()}


def test_a_value_replaces_the_one_before_since_it_is_absolute(warehouse: Warehouse) -> None:
    for plays in (4, 9, 9, 7):
        warehouse.fold(batch({key(): plays}))
    assert facts(warehouse) == {(0, *key()): 7}


def test_the_same_key_of_two_partitions_stands_twice(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key(): 4}, partition=0))
    warehouse.fold(batch({key(): 5}, partition=65_535))
    assert facts(warehouse) == {(0, *key()): 4, (65_535, *key()): 5}


def test_one_song_under_two_credits_stands_twice(warehouse: Warehouse) -> None:
    """It was counted before and after the dimension knew it."""
    before, after = key("late"), ("2026-11-23", "ES", "spotify", "Tiësto", "late")
    warehouse.fold(batch({before: 4}))
    warehouse.fold(batch({after: 1}))
    warehouse.fold(batch({before: 6, after: 2}))
    assert facts(warehouse) == {(0, *before): 6, (0, *after): 2}


def test_watermarks_and_positions_of_other_partitions_stay(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key(): 4}, partition=0, offset=3))
    warehouse.fold(batch({key(): 5}, partition=1, offset=8))
    assert warehouse.positions() == {TopicPosition("daily", 0): 3, TopicPosition("daily", 1): 8}
    assert {partition: watermark.counted for partition, watermark in warehouse.balance.watermarks.items()} == {0: 4, 1: 5}


def test_the_balance_is_each_partitions_watermark_beside_what_its_rows_add_up_to(warehouse: Warehouse) -> None:
    earlier = key(window="2026-11-22")
    warehouse.fold(batch({key(): 4, earlier: 3, key("late"): 2}))
    warehouse.fold(batch({key(): 5}, partition=7))
    warehouse.fold(batch({key(): 6, earlier: 3, key("late"): 2}, offset=2))
    assert warehouse.balance == Balance(
        watermarks={0: Watermark(11, 11, 11, 0, NOW * 1000), 7: Watermark(5, 5, 5, 0, NOW * 1000)},
        stored={0: StoredPlays(11, 2), 7: StoredPlays(5, 1)},
        counts=4,
    )


@pytest.mark.parametrize(
    ("theft", "left"), [("DELETE FROM daily WHERE plays = 2", 0), ("UPDATE daily SET plays = 1 WHERE plays = 2", 1)], ids=["row", "play"]
)
def test_what_was_taken_from_a_day_behind_the_folds_back_shows_in_the_balance_when_a_fold_touches_the_day(
    warehouse: Warehouse, theft: str, left: int
) -> None:
    warehouse.fold(batch({key(): 4, key("late"): 2}))
    with closing(connection_beside(warehouse)) as thief:
        thief.execute(theft)
    warehouse.fold(Batch({0: packed({key(): 5})}, {}, {TopicPosition("daily", 0): 2}, {0: Watermark(7, 7, 7, 0, NOW * 1000)}))
    assert warehouse.balance.watermarks[0].counted == 7
    assert warehouse.balance.stored == {0: StoredPlays(5 + left, 1)}


def test_there_is_no_balance_while_no_file_is_open(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "a.duckdb", SONGS, Rates())
    with pytest.raises(Unavailable, match="is being opened"):
        _ = warehouse.balance
    warehouse.open()
    assert warehouse.balance == Balance({}, {}, 0)
    warehouse.fold(batch({key(): 4}))
    warehouse.reopen()
    assert warehouse.balance.stored == {0: StoredPlays(4, 1)}
    warehouse.close()
    with pytest.raises(Unavailable, match="the server stops"):
        _ = warehouse.balance


def test_an_empty_batch_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key(): 4}))
    warehouse.fold(Batch())
    warehouse.fold(Batch({0: {}}, {0: {}}))
    assert facts(warehouse) == {(0, *key()): 4}


def test_counts_beyond_32_bits_are_kept(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key(): (1 << 62) + 1}))
    assert facts(warehouse) == {(0, *key()): (1 << 62) + 1}


@pytest.mark.parametrize("day", ["2000-01-01", "2024-02-29", "2038-01-20", "2106-02-08", "9999-12-31"])
def test_any_day_that_counting_takes_is_folded(warehouse: Warehouse, day: str) -> None:
    warehouse.fold(batch({key(window=day): 4}))
    assert facts(warehouse) == {(0, *key(window=day)): 4}


@pytest.mark.parametrize(
    "second", ["2000-01-01 00:00:00", "2038-01-19 03:14:07", "2038-01-19 03:14:08", "2106-02-07 06:28:16", "9999-12-31 23:59:59"]
)
def test_any_second_that_counting_takes_is_folded(warehouse: Warehouse, second: str) -> None:
    warehouse.fold(Batch({}, {0: packed({key(window=second): 4})}, {TopicPosition("live", 0): 1}))
    assert facts(warehouse, "live") == {(0, *key(window=second)): 4}


def test_live_rows_go_when_they_are_older_than_the_live_span(warehouse: Warehouse) -> None:
    seconds = {"2026-11-23 07:01:12": 1, "2026-11-23 06:46:12": 2, "2026-11-23 06:46:11": 3}
    assert LIVE_SPAN_SECONDS == 900
    warehouse.fold(Batch({}, {0: packed({key(window=second): plays for second, plays in seconds.items()})}))
    assert len(facts(warehouse, "live")) == 3
    live = {0: packed({key("late", "2026-11-23 07:01:12"): 1})}
    warehouse.fold(Batch({}, live, {}, {0: Watermark(1, 1, 1, 0, NOW * 1000), 1: Watermark(1, 1, 1, 0, (NOW - 5000) * 1000)}))
    assert sorted(facts(warehouse, "live").values()) == [1, 1, 2]


class Slice(NamedTuple):
    """What one transaction of a worker adds to a partition."""

    partition: int
    daily: dict[PlayKey, int]
    live: dict[PlayKey, int]


def keys_of(windows: Iterable[str]) -> st.SearchStrategy[dict[PlayKey, int]]:
    some = st.builds(
        key, st.sampled_from(list(CREDITS)), st.sampled_from(list(windows)), st.sampled_from(["ES", "ZZ"]), st.sampled_from(["a", "b c"])
    )
    return st.dictionaries(some, st.integers(1, 9), max_size=8)


slices = st.lists(
    st.builds(
        Slice, st.integers(0, 2), keys_of(["2026-11-22", "2026-11-23"]), keys_of([f"2026-11-23 07:01:{second}" for second in (10, 11, 12)])
    ),
    max_size=10,
)


class Changelog:
    """What the workers' slices leave in the changelogs: absolute values, with a watermark each."""

    def __init__(self, added: Sequence[Slice]) -> None:
        self.daily, self.live, self.watermarks = dict[Fact, int](), dict[Fact, int](), dict[int, Watermark]()
        self.written = [self._write(offset, each) for offset, each in enumerate(added)]

    def _write(self, offset: int, added: Slice) -> Batch:
        for table, rows in ((self.daily, added.daily), (self.live, added.live)):
            for each, plays in rows.items():
                table[added.partition, *each] = table.get((added.partition, *each), 0) + plays
        counted = self.watermarks.get(added.partition, Watermark()).counted + sum(added.daily.values())
        self.watermarks[added.partition] = watermark = Watermark(counted, counted, counted, 0, NOW * 1000)
        return Batch(
            {added.partition: packed({each: self.daily[added.partition, *each] for each in added.daily})},
            {added.partition: packed({each: self.live[added.partition, *each] for each in added.live})},
            {TopicPosition("daily", added.partition): offset + 1},
            {added.partition: watermark},
        )

    def batch(self, start: int, stop: int) -> Batch:
        """The slices of a span in one batch, as a follower reads them."""
        together = Batch()
        for each in self.written[start:stop]:
            for partition, rows in each.daily.items():
                together.daily.setdefault(partition, {}).update(rows)
            for partition, rows in each.live.items():
                together.live.setdefault(partition, {}).update(rows)
            together.positions |= each.positions
            together.watermarks |= each.watermarks
        return together


@given(slices, st.lists(st.integers(0, 10), max_size=4), st.sets(st.integers(0, 4)), st.sets(st.integers(0, 4)))
@settings(max_examples=30)
def test_however_slices_fall_into_batches_the_facts_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, added: list[Slice], cuts: list[int], repeated: set[int], reopened: set[int]
) -> None:
    warehouse = Warehouse(tmp_path_factory.mktemp("warehouse") / "a.duckdb", SONGS, Rates())
    warehouse.open()
    changelog = Changelog(added)
    for number, (start, stop) in enumerate(pairwise(sorted({0, *cuts, len(added)}))):
        warehouse.fold(changelog.batch(start, stop))
        if number in repeated:
            warehouse.fold(changelog.batch(start, stop))
        if number in reopened:
            warehouse.reopen()
        assert_stored_is_counted(warehouse)
    assert facts(warehouse) == changelog.daily
    assert facts(warehouse, "live") == changelog.live
    assert warehouse.balance.watermarks == changelog.watermarks
    warehouse.close()


def assert_stored_is_counted(warehouse: Warehouse) -> None:
    off = "FROM (SELECT kafka_partition, sum(plays) AS stored FROM daily GROUP BY ALL) FULL JOIN watermark USING (kafka_partition)"
    assert rows_of(warehouse, f"SELECT kafka_partition {off} WHERE coalesce(stored, 0) <> coalesce(counted, 0)") == []


def test_a_reader_sees_facts_and_watermark_of_one_moment_while_a_writer_folds(warehouse: Warehouse) -> None:
    folded = threading.Event()

    def write() -> None:
        try:
            for plays in range(1, 60):
                warehouse.fold(batch({key(song): plays for song in CREDITS}, partition=plays % 3, offset=plays))
        finally:
            folded.set()

    writer, seen = threading.Thread(target=write), set()
    writer.start()
    while not folded.is_set():
        assert_stored_is_counted(warehouse)
        seen.add(rows_of(warehouse, "SELECT coalesce(sum(plays), 0) FROM daily")[0][0])
    writer.join()
    assert len(seen) > 1
    assert sum(facts(warehouse).values()) == 5 * (57 + 58 + 59)


# Errors, closing and opening -----------------------------------------------------------------------------------------


def test_the_log_becomes_part_of_the_file_when_it_has_grown_and_not_at_each_fold(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "deep" / "a.duckdb"
    log = Path(f"{file}.wal")
    monkeypatch.setattr("tables.warehouse_file.LOG_MOST_BYTES", 20_000)
    sizes = []
    for plays in range(1, 40):
        warehouse.fold(batch({key(f"{plays}-{number}"): 1 for number in range(50)} | {key(): plays}))
        sizes.append(log.stat().st_size if log.exists() else 0)
    assert sum(after > before for before, after in pairwise(sizes)) > 2
    assert 2 < sum(after < before for before, after in pairwise(sizes)) < len(sizes) / 2
    assert max(sizes) <= 20_000
    assert len(facts(warehouse)) == 39 * 50 + 1


def test_what_catching_up_left_in_the_log_is_part_of_the_file_before_anybody_is_answered(warehouse: Warehouse, tmp_path: Path) -> None:
    log = tmp_path / "deep" / "a.duckdb.wal"
    warehouse.fold(batch({key(): 1}))
    assert log.stat().st_size > 0
    warehouse.load()
    assert not log.exists()
    assert facts(warehouse) == {(0, *key()): 1}


def test_what_was_folded_is_there_after_closing_and_opening(opened: Open) -> None:
    before = opened(SONGS)
    before.fold(batch({key(song): 4 for song in CREDITS}, offset=77))
    expected = (facts(before), before.positions(), before.balance.watermarks)
    after = opened(SONGS)
    assert (facts(after), after.positions(), after.balance.watermarks) == expected
    after.fold(batch({key("late", country="FR"): 1, key(): 5}, partition=1))
    assert facts(after) == {**expected[0], (1, *key("late", country="FR")): 1, (1, *key()): 5}


@pytest.mark.parametrize(
    "bad",
    [
        Batch({0: {**packed({key("gone"): 9, key(): 9}), b'["2026-11-23"]': b"1"}}, {}, {TopicPosition("daily", 0): 99}, {}),
        Batch({0: packed({key("gone"): 9, key(): 9})}, {0: {b"no json": b"1"}}, {TopicPosition("daily", 0): 99}, {}),
        Batch({0: {**packed({key("gone"): 9}), pack_keys([key()])[0]: b"many"}}, {}, {TopicPosition("daily", 0): 99}, {}),
        Batch({0: packed({key("gone"): 9, key(): 9})}, {}, {TopicPosition("daily", 0): 99}, {0: Watermark(1 << 70)}),
        Batch({0: packed({key("gone"): 9, key(): 9})}, {}, {TopicPosition("daily", 0): 99, TopicPosition("daily", -1): 1}, {}),
    ],
    ids=["short key", "no key", "no number", "watermark out of range", "partition out of range"],
)
def test_a_fold_that_fails_leaves_nothing_and_the_next_one_works(warehouse: Warehouse, bad: Batch) -> None:
    warehouse.fold(batch({key(): 4}, offset=7))
    with pytest.raises((ValueError, duckdb.Error)):
        warehouse.fold(bad)
    warehouse.reopen()
    assert facts(warehouse) == {(0, *key()): 4}
    assert warehouse.positions() == {TopicPosition("daily", 0): 7}
    assert rows_of(warehouse, "SELECT external_id FROM song") == [("tkn",)]
    warehouse.fold(batch({key(): 5, key("gone"): 1}, offset=8))
    assert facts(warehouse) == {(0, *key()): 5, (0, *key("gone")): 1}


def test_an_interrupted_fold_is_not_there_after_closing_without_a_reopen(opened: Open) -> None:
    before = opened(SONGS)
    before.fold(batch({key(): 4}, offset=7))
    with suppress(ValueError, duckdb.Error):
        before.fold(Batch({0: packed({key(): 9})}, {}, {}, {0: Watermark(1 << 70)}))
    assert facts(opened(SONGS)) == {(0, *key()): 4}


def test_rebuilding_starts_with_an_empty_file(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key(): 4}))
    warehouse.rebuild()
    assert (facts(warehouse), warehouse.positions(), warehouse.balance.watermarks) == ({}, {}, {})
    warehouse.fold(batch({key("late"): 2}))
    assert facts(warehouse) == {(0, *key("late")): 2}


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1])
def test_a_file_of_another_schema_version_is_rebuilt_and_says_so(
    opened: Open, caplog: pytest.LogCaptureFixture, tmp_path: Path, version: int
) -> None:
    before = opened(SONGS)
    before.fold(batch({key(): 4}))
    before.close()
    with duckdb.connect(tmp_path / "deep" / "a.duckdb") as other:
        other.execute("UPDATE schema_version SET version = ?", [version])
        other.execute("ALTER TABLE daily DROP plays")
    after = Warehouse(tmp_path / "deep" / "a.duckdb", SONGS, Rates())
    after.open()
    assert f"schema version {version}" in caplog.text
    assert (facts(after), after.positions(), rows_of(after, "FROM schema_version")) == ({}, {}, [(SCHEMA_VERSION,)])
    after.close()


def test_answers_cannot_read_other_files_or_change_that(warehouse: Warehouse) -> None:
    for statement in ("SELECT * FROM read_csv('/etc/passwd')", "SET enable_external_access = true", "COPY daily TO 'copied.csv'"):
        with pytest.raises(duckdb.Error):
            rows_of(warehouse, statement)


# Names ---------------------------------------------------------------------------------------------------------------


def details(warehouse: Warehouse) -> dict[str, SongDetail]:
    warehouse.load()
    songs = warehouse.snapshot.songs
    names = {name: songs.names[name].names for name in songs.names}
    columns = ("title", "album", "album_artist", "genre")
    found = {}
    for number, external_id in enumerate(songs.ids.of):
        title, album, album_artist, genre = (names[column][songs.columns[column][number]] for column in columns)
        matched = bool(songs.columns["matched"][number])
        found[external_id] = detail = SongDetail(matched, title, album, album_artist, genre, songs.credits[number])
        artists = songs.artists[songs.artist_starts[number] : songs.artist_starts[number + 1]].tolist()
        assert [names["artist"][artist] for artist in artists] == detail.artists
        assert songs.columns["artist_count"][number] == max(len(artists), 1)
    return found


def unmatched(song: str, credit: str = "") -> SongDetail:
    return SongDetail(False, song, "", "", "", credit)


def test_every_counted_song_has_details_and_no_other(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key("tkn"): 1, key("gone"): 1}))
    warehouse.fold(Batch({}, {0: packed({key("late", "2026-11-23 07:01:12"): 1})}))
    assert details(warehouse) == {
        "tkn": SongDetail(True, "TKN", "Motomami", "ROSALÍA", "Latin", "ROSALÍA/Travis Scott"),
        "gone": unmatched("gone", "Ghost/Travis Scott"),
        "late": unmatched("late"),
    }


def test_an_unmatched_song_gets_its_name_when_the_dimension_has_it_at_the_next_start(opened: Open) -> None:
    warehouse = opened(SONGS)
    warehouse.fold(batch({key("late"): 4}))
    assert details(warehouse)["late"] == unmatched("late")
    warehouse = opened(Songs([*SONGS, BOOM]))
    assert details(warehouse)["late"] == song_detail("late", BOOM, "")
    assert facts(warehouse) == {(0, *key("late")): 4}


def test_a_new_dimension_names_counted_songs_and_those_that_come_at_once(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key("late"): 4, key("tkn"): 1}))
    warehouse.rename(Songs([TKN._replace(title="TKN 2"), BOOM, BULERIA]))
    assert details(warehouse)["late"] == song_detail("late", BOOM, "")
    warehouse.fold(batch({key("buleria"): 2}, partition=1))
    assert {song: detail[:2] for song, detail in details(warehouse).items()} == {
        "late": (True, "BOOM"),
        "tkn": (True, "TKN 2"),
        "buleria": (True, "Bulería (En Vivo)"),
    }
    assert facts(warehouse) == {(0, *key("late")): 4, (0, *key("tkn")): 1, (1, *key("buleria")): 2}
    warehouse.rename(Songs())
    assert [detail.matched for detail in details(warehouse).values()] == [False] * 3


def test_a_reader_sees_the_names_of_one_dimension_while_they_change(warehouse: Warehouse) -> None:
    warehouse.fold(batch({key(song): 1 for song in CREDITS}))
    warehouse.load()
    over, seen = threading.Event(), set[str]()

    def rename() -> None:
        number = 0
        while not over.is_set():
            number += 1
            warehouse.rename(Songs([Song(song, "", (f"artist {number}",), f"title {number}", "", "", "", 1) for song in CREDITS]))

    warehouse.rename(Songs([Song(song, "", ("artist 0",), "title 0", "", "", "", 1) for song in CREDITS]))
    writer = threading.Thread(target=rename)
    writer.start()
    try:
        while len(seen) < 5:
            found = details(warehouse)
            assert len(found) == len(CREDITS)
            ((title, artist),) = {(detail.title, detail.credit) for detail in found.values()}
            assert title.removeprefix("title") == artist.removeprefix("artist")
            seen.add(title)
    finally:
        over.set()
        writer.join()


def test_todays_dimension_renames_what_was_counted_and_never_the_counts(opened: Open) -> None:
    warehouse = opened(SONGS)
    warehouse.fold(batch({key("tkn"): 4}))
    warehouse = opened(Songs([TKN._replace(title="TKN 2", artists=("ROSALÍA",))]))
    assert details(warehouse) == {"tkn": SongDetail(True, "TKN 2", "Motomami", "ROSALÍA", "Latin", "ROSALÍA")}
    assert facts(warehouse) == {(0, *key("tkn")): 4}


def test_a_song_that_left_the_dimension_goes_by_its_id_and_counted_credit(opened: Open) -> None:
    opened(SONGS).fold(batch({key("tkn"): 4}))
    assert details(opened(Songs())) == {"tkn": unmatched("tkn", "ROSALÍA/Travis Scott")}
    assert details(opened(SONGS))["tkn"].matched


def test_names_follow_from_facts_and_todays_dimension_alone_whatever_dimensions_came_between(opened: Open) -> None:
    warehouse = opened(SONGS)
    warehouse.fold(batch({key("tkn"): 4, key("late"): 2}))
    opened(Songs([TKN._replace(artists=("Somebody Else",)), Song("late", "", ("Tiësto",), "BOOM", "", "", "", 1)]))
    assert details(opened(Songs())) == {
        "tkn": unmatched("tkn", "ROSALÍA/Travis Scott"),
        "late": unmatched("late"),
    }


def test_a_thousand_new_songs_in_one_batch_keep_their_own_names(warehouse: Warehouse) -> None:
    rows = {("2026-11-23", "ES", "spotify", f"Artist {number}", f"song-{number}"): number + 1 for number in range(3000)}
    half = {each: plays for each, plays in rows.items() if plays % 2}
    warehouse.fold(Batch({0: packed(half), 1: packed(rows)}))
    assert facts(warehouse) == {
        **{(0, *each): plays for each, plays in half.items()},
        **{(1, *each): plays for each, plays in rows.items()},
    }
    assert details(warehouse) == {f"song-{n}": unmatched(f"song-{n}", f"Artist {n}") for n in range(3000)}
