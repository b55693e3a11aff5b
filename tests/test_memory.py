"""Claims about the memory: it holds what the file holds, however it came to it, and what a reader was given never changes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables import seconds, sorting
from tables.allowance import Allowance, BeyondAllowance
from tables.columns import Columns, as_rows
from tables.counts import Counts
from tables.grain import PlayKey, Watermark, pack_keys, pack_plays
from tables.levels import ORDERS, Asked, Sorted
from tables.memory import Snapshot
from tables.rates import Rates
from tables.songs import Song, Songs
from tables.warehouse import LIVE_SPAN_SECONDS, Batch, TopicPosition, Warehouse
from tables.warehouse_file import Contradiction, Unavailable

NOW = 1_795_417_272
KEYS = st.tuples(
    st.sampled_from(["2026-11-21", "2026-11-22", "9999-12-31"]),
    st.sampled_from(["ES", "FR", "ZZ"]),
    st.sampled_from(["spotify", "deezer"]),
    st.sampled_from(["", "A", "A/B"]),
    st.sampled_from(["a", "b", "c"]),
)
SECONDS = ["2026-11-23 07:01:10", "2026-11-23 07:01:11", "2026-11-23 06:50:00"]
ROWS = st.dictionaries(KEYS, st.integers(1, 9), max_size=8)
FOLDS = st.lists(st.tuples(st.integers(0, 2), ROWS), max_size=8)
COLUMNS = ("song", "day", "country", "platform")
WHOLE_KEY = (*COLUMNS, "kafka_partition", "credit")


class Folding:
    """Folds plays that come into a warehouse as a changelog has them: all of each key so far."""

    def __init__(self, path: Path) -> None:
        self.warehouse = Warehouse(path / "a.duckdb", Songs(), Rates())
        self.warehouse.open()
        self.counts: Counter[tuple[int, PlayKey]] = Counter()

    def fold(self, partition: int, added: dict[PlayKey, int], *, now: int = NOW) -> None:
        self.counts.update({(partition, key): plays for key, plays in added.items()})
        total = sum(plays for (of, _), plays in self.counts.items() if of == partition)
        rows = {key: self.counts[partition, key] for key in added}
        live = {(SECONDS[plays % 3], *key[1:]): plays for key, plays in rows.items()}
        self.warehouse.fold(
            Batch(
                {partition: dict(zip(pack_keys(rows), map(pack_plays, rows.values()), strict=True))},
                {partition: dict(zip(pack_keys(live), map(pack_plays, live.values()), strict=True))},
                {TopicPosition("daily", partition): total},
                {partition: Watermark(total, total, total, 0, now * 1000)},
            )
        )


@pytest.fixture
def folding(tmp_path: Path) -> Iterator[Folding]:
    made = Folding(tmp_path)
    yield made
    made.warehouse.close()


def table(parts: Sequence[Columns], columns: Sequence[str]) -> Counter[tuple[int, ...]]:
    """The plays of each group of rows by *columns*."""
    found: Counter[tuple[int, ...]] = Counter()
    for part in parts:
        for *key, plays in zip(*(part[name].tolist() for name in (*columns, "plays")), strict=True):
            found[tuple(key)] += plays
    return +found


def held(snapshot: Snapshot) -> dict[str, object]:
    """Everything that a snapshot holds, by names."""
    ids, countries, platforms = snapshot.songs.ids.of, snapshot.countries.names, snapshot.platforms.names
    daily = table(snapshot.daily.read(Asked(), COLUMNS, Allowance()).parts, COLUMNS)
    live = table(snapshot.seconds.read(Asked(first=0, last=1 << 40), ["song", "second"], Allowance()).parts, ["song", "second"])
    named = {(ids[song], day, countries[country], platforms[of]): plays for (song, day, country, of), plays in daily.items()}
    return {
        "daily": named,
        "live": {(ids[song], second): plays for (song, second), plays in live.items()},
        "songs": dict(zip(ids[: len(snapshot.songs)], snapshot.songs.credits, strict=False)),
        "watermarks": snapshot.watermarks,
    }


@settings(max_examples=40)  # each opens a file
@given(FOLDS, st.integers(0, 8), st.sets(st.integers(0, 8)), st.sampled_from([1, 3, 50_000]))
def test_whenever_it_is_loaded_and_however_often_it_is_sorted_it_holds_what_the_file_holds(
    tmp_path_factory: pytest.TempPathFactory, folds: list[tuple[int, dict[PlayKey, int]]], loaded: int, reopened: set[int], many: int
) -> None:
    folding = Folding(tmp_path_factory.mktemp("memory"))
    with pytest.MonkeyPatch.context() as bent:
        bent.setattr(sorting, "FEWEST_TO_SORT", many)
        bent.setattr(seconds, "PART_ROWS", many)
        for number, (partition, added) in enumerate(folds):
            if number >= loaded:
                folding.warehouse.load()
            folding.fold(partition, added)
            if number in reopened:
                folding.warehouse.reopen()
        folding.warehouse.load()
        grown = held(folding.warehouse.snapshot)
        folding.warehouse.reopen()
        folding.warehouse.load()
        anew = held(folding.warehouse.snapshot)
    assert {name: grown[name] for name in ("daily", "live", "watermarks")} == {name: anew[name] for name in ("daily", "live", "watermarks")}
    days = {key[0]: (np.datetime64(key[0]) - np.datetime64("1970-01-01")).astype(int) for _, key in folding.counts}
    counted: Counter[tuple[object, ...]] = Counter()
    for (_, (day, country, platform, _credit, song)), plays in folding.counts.items():
        counted[song, days[day], country, platform] += plays
    assert anew["daily"] == counted
    folding.warehouse.close()


@settings(max_examples=60)
@given(FOLDS, st.integers(0, 8), st.sampled_from([None, 0, 3]), st.data())
def test_whatever_is_asked_is_what_going_through_all_of_it_finds(
    tmp_path_factory: pytest.TempPathFactory,
    folds: list[tuple[int, dict[PlayKey, int]]],
    loaded: int,
    bisected_from: int | None,
    data: st.DataObject,
) -> None:
    folding = Folding(tmp_path_factory.mktemp("memory"))
    for number, (partition, added) in enumerate(folds):
        if number == loaded:
            folding.warehouse.load()
        folding.fold(partition, added)
    folding.warehouse.load()
    counts = folding.warehouse.snapshot.daily
    every = table(counts.read(Asked(), WHOLE_KEY, Allowance()).parts, WHOLE_KEY)
    some = st.none() | st.sets(st.integers(0, 3)).map(lambda numbers: np.array(sorted(numbers), "i8"))
    days = st.none() | st.integers(20_775, 20_780)
    for _ in range(10):
        asked = Asked(data.draw(some), data.draw(some), data.draw(some), data.draw(days), data.draw(days))
        columns = data.draw(st.lists(st.sampled_from(data.draw(st.sampled_from([COLUMNS, WHOLE_KEY]))), min_size=1, unique=True))
        with pytest.MonkeyPatch.context() as patch:
            if bisected_from is not None:
                patch.setattr("tables.levels.FEWEST_TO_BISECT", bisected_from)
                patch.setattr("tables.levels.ROWS_PER_BISECTED", 0)
            read = counts.read(asked, columns, Allowance())
        expected: Counter[tuple[int, ...]] = Counter()
        for key, plays in every.items():
            song, day, country, platform, *_ = key
            chosen = ((asked.songs, song), (asked.countries, country), (asked.platforms, platform))
            holds = [numbers is None or value in numbers for numbers, value in chosen]
            if all(holds) and (asked.first is None or day >= asked.first) and (asked.last is None or day <= asked.last):
                expected[tuple(key[WHOLE_KEY.index(name)] for name in columns)] += plays
        assert table(read.parts, columns) == expected
        assert read.rows >= sum(len(part["plays"]) for part in read.parts)
    folding.warehouse.close()


@settings(max_examples=60)
@given(
    FOLDS.filter(bool),
    st.sampled_from([2, 50_000]),
    st.sampled_from([1, 1 << 12]),
    st.sampled_from([4, 1 << 20]),
    st.sampled_from([0, 40, 48 << 20]),
    st.data(),
)
def test_sums_that_are_kept_are_those_that_adding_up_anew_finds(
    tmp_path_factory: pytest.TempPathFactory,
    folds: list[tuple[int, dict[PlayKey, int]]],
    sorted_from: int,
    dense_least: int,
    days_share: int,
    kept_bytes: int,
    data: st.DataObject,
) -> None:
    folding = Folding(tmp_path_factory.mktemp("memory"))
    folding.fold(*folds[0])
    folding.warehouse.load()
    some = st.none() | st.sets(st.integers(0, 3), min_size=1).map(lambda numbers: np.array(sorted(numbers), "i8"))
    days = st.none() | st.integers(20_775, 20_780)
    questions = data.draw(
        st.lists(
            st.tuples(st.builds(Asked, st.none(), some, some, days, days), st.lists(st.sampled_from(COLUMNS), unique=True)),
            min_size=1,
            max_size=3,
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "FEWEST_TO_SORT", sorted_from)
        patch.setattr("tables.counts.FEWEST_TO_KEEP", 0)
        patch.setattr("tables.kept_sums.AGAIN_SECONDS", 0.0)
        patch.setattr("tables.columns.DENSE_LEAST", dense_least)
        patch.setattr("tables.counts.DENSE_SHARE", days_share)
        patch.setattr("tables.kept_sums.KEPT_BYTES", kept_bytes)
        for fold in [*folds, *folds]:
            folding.fold(*fold)
            counts = folding.warehouse.snapshot.daily
            for asked, by in questions:
                summed = as_rows(counts.summed(asked, by, Allowance()).sums)
                assert table([summed], by) == table(counts.read(asked, by, Allowance()).parts, by)
    folding.warehouse.close()


@pytest.mark.parametrize(
    ("asked", "times"),
    [(Asked(), 1), (Asked(first=20_777), 1), (Asked(first=20_777, last=20_778), 1), (Asked(first=20_777, last=20_777), 2)],
)
def test_once_sums_are_kept_only_they_are_looked_at(folding: Folding, monkeypatch: pytest.MonkeyPatch, asked: Asked, times: int) -> None:
    """Of days up to the newest they are at once, of others the second time that they are asked for."""
    monkeypatch.setattr("tables.counts.FEWEST_TO_KEEP", 1)
    monkeypatch.setattr("tables.kept_sums.AGAIN_SECONDS", 0.0)
    for number in range(30):
        folding.fold(0, {("2026-11-20", "ES", "spotify", "A", f"song {number}"): 1})
    folding.fold(0, {("2026-11-21", "ES", "spotify", "A", "song 0"): 1})
    folding.warehouse.load()
    counts = folding.warehouse.snapshot.daily
    for _ in range(times):
        with pytest.raises(BeyondAllowance):
            counts.summed(asked, ["song", "country"], Allowance(14))
        counts.summed(asked, ["song", "country"], Allowance())
    folding.fold(0, {("2026-11-20", "ES", "spotify", "A", "song 30"): 1})
    counts = folding.warehouse.snapshot.daily
    summed = as_rows(counts.summed(asked, ["song", "country"], Allowance(5)).sums)
    assert table([summed], ["song", "country"]) == table(counts.read(asked, ["song", "country"], Allowance()).parts, ["song", "country"])


@pytest.fixture
def month(folding: Folding) -> Counts:
    """One play of each of 40 songs on each of 30 days."""
    for day in range(1, 31):
        folding.fold(0, {(f"2026-11-{day:02}", "ES", "spotify", "A", f"song {number}"): 1 for number in range(40)})
    folding.warehouse.load()
    return folding.warehouse.snapshot.daily


THIRD = 20_760  # 2026-11-03


def test_sums_by_song_are_kept_for_all_days(month: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.counts.FEWEST_TO_KEEP", 1)
    monkeypatch.setattr("tables.kept_sums.AGAIN_SECONDS", 0.0)
    for asked in (Asked(first=THIRD, last=THIRD + 20), Asked(last=THIRD + 20)):
        month.summed(asked, ["song"], Allowance())
    for asked, days in ((Asked(first=THIRD, last=THIRD), 1), (Asked(first=THIRD), 28), (Asked(last=THIRD + 1), 4)):
        little = 6 * days  # where 40 counts a day lie in order
        assert as_rows(month.summed(asked, ["day", "song"], Allowance(little)).sums)["plays"].tolist() == [1] * 40 * days
        assert as_rows(month.summed(asked, ["song"], Allowance(little)).sums)["plays"].tolist() == [days] * 40


@pytest.mark.parametrize(("bisected_from", "bisecting"), [(20, 24), (57, 0)])
@pytest.mark.parametrize(
    ("first", "last", "rows"), [(THIRD, THIRD, 2), (None, THIRD, 6), (THIRD, None, 56), (THIRD, THIRD - 1, 0), (THIRD - 1, 1 << 40, 58)]
)
def test_of_songs_with_many_counts_only_the_days_asked_for_are_looked_at(
    month: Counts, monkeypatch: pytest.MonkeyPatch, first: int | None, last: int | None, rows: int, bisected_from: int, bisecting: int
) -> None:
    monkeypatch.setattr("tables.levels.FEWEST_TO_BISECT", bisected_from)
    monkeypatch.setattr("tables.levels.ROWS_PER_BISECTED", 2)
    asked, looked_at = Asked(songs=np.array([0, 2]), first=first, last=last), rows if bisecting else 60
    read = month.read(asked, WHOLE_KEY, Allowance(looked_at + bisecting))
    assert (read.rows, sum(len(part["day"]) for part in read.parts)) == (looked_at, rows)
    if looked_at + bisecting:
        with pytest.raises(BeyondAllowance):
            month.read(asked, WHOLE_KEY, Allowance(looked_at + bisecting - 1))


def test_of_many_songs_a_day_is_looked_at_where_days_lie_together(month: Counts) -> None:
    read = month.read(Asked(songs=np.arange(40), first=THIRD, last=THIRD), ["song"], Allowance(20))  # 40 rows side by side
    assert (read.rows, sum(len(part["song"]) for part in read.parts)) == (40, 40)


def test_what_a_reader_was_given_stays_what_it_was_while_folds_go_on(folding: Folding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "FEWEST_TO_SORT", 2)
    monkeypatch.setattr(seconds, "PART_ROWS", 2)
    folding.warehouse.load()
    given_: list[tuple[Snapshot, dict[str, object]]] = []
    for number in range(30):
        folding.fold(number % 3, {("2026-11-21", "ES", "spotify", "A", f"song {number % 7}"): 1})
        given_.append((folding.warehouse.snapshot, held(folding.warehouse.snapshot)))
    for snapshot, before in given_:
        assert held(snapshot) == before


def test_every_order_holds_every_play(folding: Folding) -> None:
    for number in range(5):
        folding.fold(0, {("2026-11-21", "ES", "spotify", "A", f"song {number}"): number + 1})
    folding.warehouse.load()
    orders = folding.warehouse._memory._daily._levels[0].orders  # type: ignore[union-attr]  # noqa: SLF001
    assert {order: int(rows["plays"].sum()) for order, rows in orders.items()} == dict.fromkeys(ORDERS, 15)


def test_nothing_is_answered_before_it_is_loaded_nor_after_the_file_was_opened_again(folding: Folding) -> None:
    with pytest.raises(Unavailable, match="read into memory"):
        _ = folding.warehouse.snapshot
    folding.warehouse.load()
    assert folding.warehouse.snapshot.watermarks == {}
    folding.warehouse.reopen()
    with pytest.raises(Unavailable, match="read into memory"):
        _ = folding.warehouse.snapshot


def test_a_memory_that_holds_other_plays_than_its_watermark_says_is_not_given_out(folding: Folding) -> None:
    folding.warehouse.load()
    key: PlayKey = ("2026-11-21", "ES", "spotify", "A", "a")
    rows = dict(zip(pack_keys([key]), [pack_plays(3)], strict=True))
    with pytest.raises(Contradiction, match="3 plays of partition 0 are in memory, and its watermark says 4"):
        folding.warehouse.fold(Batch({0: rows}, {}, {TopicPosition("daily", 0): 4}, {0: Watermark(4, 4, 4, 0, NOW)}))


def test_seconds_are_forgotten_once_no_answer_shows_them_but_for_those_of_clocks_that_run_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seconds, "PART_ROWS", 3)
    growing = seconds.GrowingSeconds()
    for second in range(NOW, NOW + 3 * LIVE_SPAN_SECONDS, 10):
        times = np.array([second, second, second, second + 86_400], "i8")
        rows = {name: np.ones(4, kind) for name, kind in seconds.TYPES.items()} | {"second": times}
        growing.add(rows)
        growing.forget_before(second - LIVE_SPAN_SECONDS)
    read = growing.now().read(Asked(first=0, last=1 << 40), ["second"], Allowance())
    found = table(read.parts, ["second"])
    assert sum(plays for (second,), plays in found.items() if second > NOW + 80_000) == 270
    ordinary = {second: plays for (second,), plays in found.items() if second < NOW + 80_000}
    kept_from = NOW + 2 * LIVE_SPAN_SECONDS
    assert all(ordinary[second] == 3 for second in range(kept_from, NOW + 3 * LIVE_SPAN_SECONDS, 10))
    assert min(ordinary) > kept_from - LIVE_SPAN_SECONDS


@pytest.mark.parametrize(("full", "rows"), [(False, 100), (True, 1), (True, 4)], ids=["growing", "blocks", "parts"])
def test_no_more_seconds_are_looked_at_than_a_question_may(monkeypatch: pytest.MonkeyPatch, rows: int, *, full: bool) -> None:
    monkeypatch.setattr(seconds, "PART_ROWS", rows)
    growing = seconds.GrowingSeconds()
    growing.add({name: np.arange(8, dtype=kind) for name, kind in seconds.TYPES.items()} | {"plays": np.ones(8, "i8")})
    asked = Asked(first=0, last=7)
    assert growing.now().read(asked, ["song", "second"], Allowance(8)).rows == 8
    with pytest.raises(BeyondAllowance):
        growing.now().read(asked, ["song", "second"], Allowance(7))
    of_songs = asked._replace(songs=np.array([2, 5]))
    assert growing.now().read(of_songs, ["second"], Allowance(2 if full else 8)).rows == (2 if full else 8)
    with pytest.raises(BeyondAllowance):
        growing.now().read(of_songs, ["second"], Allowance(1))


def test_a_second_that_the_file_has_forgotten_is_not_counted_anew_with_each_play(folding: Folding) -> None:
    """One partition may be far behind another, whose plays say what time it is."""
    folding.warehouse.load()
    old: PlayKey = ("2026-11-21", "ES", "spotify", "A", "a")
    late = pack_keys([("2026-11-23 06:41:12", *old[1:])])[0]
    folding.fold(1, {old: 1}, now=NOW)
    for plays in (5, 6, 7):
        folding.warehouse.fold(Batch({}, {0: {late: pack_plays(plays)}}, {TopicPosition("live", 0): plays}, {}))
    read = folding.warehouse.snapshot.seconds.read(Asked(first=0, last=NOW - LIVE_SPAN_SECONDS - 1), ["second"], Allowance())
    assert table(read.parts, ["second"]) == {}


def test_more_songs_than_a_narrow_number_holds_come_after_a_server_was_ready(folding: Folding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "FEWEST_TO_SORT", 100)

    def some(first: int, last: int) -> dict[PlayKey, int]:
        return {("2026-11-21", "ES", "spotify", f"artist {number}", f"song {number}"): number + 1 for number in range(first, last)}

    folding.fold(0, some(0, 200))
    folding.warehouse.load()
    for first in range(200, 900, 70):
        folding.fold(0, some(first, first + 70))
    daily = held(folding.warehouse.snapshot)["daily"]
    assert isinstance(daily, dict)
    assert {song: plays for (song, *_), plays in daily.items()} == {f"song {number}": number + 1 for number in range(900 - 900 % 70 + 60)}


def test_names_of_any_length_are_kept(folding: Folding) -> None:
    folding.warehouse.load()
    folding.warehouse.rename(
        Songs([Song("a", "", tuple(f"artist {number}" for number in range(300)), "t" * 70_000, "", "b" * 70_000, "", 1)])
    )
    folding.fold(0, {("2026-11-21", "ES", "spotify", "A", "a"): 1})
    songs = folding.warehouse.snapshot.songs
    assert (songs.names["title"].names, songs.columns["artist_count"].tolist()) == (["t" * 70_000], [300])


def test_counts_that_could_not_be_sorted_are_all_there_and_are_tried_again_later(
    folding: Folding, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sorting, "FEWEST_TO_SORT", 2)
    folding.warehouse.load()
    keys: list[PlayKey] = [("2026-11-21", "ES", "spotify", "A", f"song {number}") for number in range(40)]
    with monkeypatch.context() as bent:
        bent.delattr(Sorted, "with_more")
        for key in keys[:20]:
            folding.fold(0, {key: 1})
    told = caplog.text.count("could not be sorted")
    assert 1 <= told < 8
    for key in keys[20:]:
        folding.fold(0, {key: 1})
    daily = held(folding.warehouse.snapshot)["daily"]
    assert isinstance(daily, dict)
    assert sorted(daily.values()) == [1] * 40
