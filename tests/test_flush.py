"""Claims about the flush: what it may fold, when it is ready, and until when its numbers are complete."""

import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, cast

import duckdb
import orjson
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from tables.flush import Flush
from tables.following import MOST_ROWS, SAFE_SECONDS, FlushPlan, Following, Freshness, Stale
from tables.grain import WATERMARK_KEY, Watermark, WatermarkError, pack_watermark
from tables.rates import Rates
from tables.room import Room
from tables.songs import Songs
from tables.warehouse import Batch, TopicPosition, Warehouse

DAILY, LIVE = "a-daily-changelog", "a-live-changelog"
PLAN = FlushPlan("songplays", DAILY, LIVE, 2, {"bootstrap.servers": "127.0.0.1:1", "group.id": "never joined", "log_level": 0}, 0.2)
FIRST = Watermark(10, 10, 9, 1, 1_000_000)
SECOND = Watermark(20, 20, 18, 2, 2_000_000)


def row(offset: int, key: bytes, value: bytes = b"1", *, topic: str = DAILY, partition: int = 0) -> Message:
    return Message(topic=topic, partition=partition, offset=offset, key=key, value=value)


def mark(offset: int, watermark: Watermark, partition: int = 0) -> Message:
    return row(offset, WATERMARK_KEY, pack_watermark(watermark), partition=partition)


def failure(code: int, *, topic: str = DAILY, partition: int = 0) -> Message:
    return Message(topic=topic, partition=partition, offset=0, error=KafkaError(code))


def end(topic: str, partition: int) -> Message:
    return failure(KafkaError._PARTITION_EOF, topic=topic, partition=partition)  # noqa: SLF001 - its public name


ENDS = [end(*tp) for tp in PLAN.changelogs]


def following() -> Following:
    return Following({}, PLAN)


def at_the_end(now: float) -> Following:
    caught_up = following()
    caught_up.take(ENDS, now)
    return caught_up


# Cutting -------------------------------------------------------------------------------------------------------------


def test_every_partition_of_both_changelogs_is_followed() -> None:
    assert PLAN.changelogs == [TopicPosition(DAILY, 0), TopicPosition(DAILY, 1), TopicPosition(LIVE, 0), TopicPosition(LIVE, 1)]


def test_daily_rows_wait_for_their_watermark() -> None:
    follow = following()
    follow.take([row(0, b"a"), row(1, b"b")], 0)
    assert (follow.rows, follow.cut()) == (2, Batch())
    follow.take([mark(2, FIRST)], 1)
    assert follow.rows == 2
    assert follow.cut() == Batch({0: {b"a": b"1", b"b": b"1"}}, {}, {TopicPosition(DAILY, 0): 3}, {0: FIRST})


def test_rows_behind_the_last_watermark_stay_for_the_next_cut() -> None:
    follow = following()
    follow.take([row(0, b"a", b"1"), mark(1, FIRST), row(3, b"a", b"2")], 0)
    assert follow.cut() == Batch({0: {b"a": b"1"}}, {}, {TopicPosition(DAILY, 0): 2}, {0: FIRST})
    assert follow.cut() == Batch()
    follow.take([mark(4, SECOND)], 0)
    assert follow.cut() == Batch({0: {b"a": b"2"}}, {}, {TopicPosition(DAILY, 0): 5}, {0: SECOND})


def test_of_one_key_the_last_value_is_folded() -> None:
    follow = following()
    follow.take([row(0, b"a", b"1"), mark(1, FIRST), row(3, b"a", b"2"), mark(4, SECOND)], 0)
    assert follow.rows == 1
    assert follow.cut() == Batch({0: {b"a": b"2"}}, {}, {TopicPosition(DAILY, 0): 5}, {0: SECOND})


def test_one_partitions_watermark_frees_no_rows_of_another() -> None:
    follow = following()
    follow.take([row(0, b"a"), row(0, b"b", partition=1), mark(1, FIRST, partition=1)], 0)
    assert follow.cut() == Batch({1: {b"b": b"1"}}, {}, {TopicPosition(DAILY, 1): 2}, {1: FIRST})


def test_live_rows_need_no_watermark() -> None:
    follow = following()
    follow.take([row(7, b"a", b"3", topic=LIVE, partition=1)], 0)
    assert follow.rows == 1
    assert follow.cut() == Batch({}, {1: {b"a": b"3"}}, {TopicPosition(LIVE, 1): 8}, {})


def test_a_watermark_alone_moves_the_position() -> None:
    follow = following()
    follow.take([mark(5, FIRST)], 0)
    batch = follow.cut()
    assert (batch.positions, batch.watermarks, batch.rows) == ({TopicPosition(DAILY, 0): 6}, {0: FIRST}, 0)


def test_a_watermark_of_another_version_is_no_cut() -> None:
    with pytest.raises(WatermarkError):
        following().take([row(0, WATERMARK_KEY, b'{"version": 99}')], 0)


@given(
    st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(b"abcW"), st.integers(1, 99)), max_size=30),
    st.lists(st.integers(0, 30), max_size=5).map(sorted),
    st.lists(st.integers(0, 30), max_size=5),
)
def test_however_reading_and_cutting_fall_the_same_is_folded_up_to_the_last_watermarks(
    written: list[tuple[int, int, int]], reads: list[int], cuts: list[int]
) -> None:
    messages, folded, waiting = [], dict[tuple[int, bytes], bytes](), dict[tuple[int, bytes], bytes]()
    for offset, (partition, key, plays) in enumerate(written):
        if key == ord("W"):
            messages.append(mark(offset, Watermark(offset, offset, offset), partition))
            folded |= {at: value for at, value in waiting.items() if at[0] == partition}
            waiting = {at: value for at, value in waiting.items() if at[0] != partition}
        else:
            messages.append(row(offset, bytes([key]), b"%d" % plays, partition=partition))
            waiting[partition, bytes([key])] = b"%d" % plays
    follow, taken = following(), dict[tuple[int, bytes], bytes]()
    for start, stop in zip([0, *reads], [*reads, len(messages)], strict=True):
        follow.take(messages[start:stop], 0)
        if start in cuts or stop == len(messages):
            taken |= {(partition, key): value for partition, rows in follow.cut().daily.items() for key, value in rows.items()}
    taken |= {(partition, key): value for partition, rows in follow.cut().daily.items() for key, value in rows.items()}
    assert taken == folded


# Being ready ---------------------------------------------------------------------------------------------------------


def test_it_is_behind_until_the_end_of_every_changelog_was_seen_once() -> None:
    follow = following()
    for left, message in zip((3, 2, 1, 0), ENDS, strict=True):
        follow.take([message], 0)
        assert follow.behind == left


def test_new_records_do_not_put_it_behind_again() -> None:
    follow = at_the_end(0)
    follow.take([row(0, b"a"), mark(1, FIRST)], 1)
    assert follow.behind == 0


def test_a_changelog_whose_end_stays_out_of_sight_puts_it_behind_before_compaction_can() -> None:
    follow = at_the_end(0)
    assert SAFE_SECONDS < 600
    for second in range(0, int(SAFE_SECONDS) + 1, 100):
        follow.take([row(second, b"a"), end(DAILY, 1)], second)
        assert follow.behind == 0
    follow.take([row(1000, b"a")], SAFE_SECONDS + 1)
    assert follow.behind == 1
    follow.take([mark(1001, FIRST), end(DAILY, 0)], SAFE_SECONDS + 2)
    assert follow.behind == 0


def test_reaching_the_end_starts_the_measure_anew() -> None:
    follow = at_the_end(0)
    for second in range(0, 2000, 100):
        follow.take([row(second, b"a"), end(DAILY, 0), row(second + 1, b"a")], second)
        assert follow.behind == 0


def test_silence_alone_never_puts_it_behind() -> None:
    follow = at_the_end(0)
    for second in range(0, 5000, 100):
        follow.take([], second)
    assert follow.behind == 0


def test_a_process_that_was_stopped_for_long_begins_anew() -> None:
    follow = at_the_end(0)
    follow.take([], SAFE_SECONDS)
    assert follow.behind == 0
    with pytest.raises(Stale):
        follow.take([], 2 * SAFE_SECONDS + 1)


def test_too_many_rows_before_the_one_watermark_of_a_compacted_changelog_are_folded_without_one() -> None:
    follow = following()
    many = MOST_ROWS // PLAN.partitions + 1
    follow.take([row(offset, b"%d" % offset) for offset in range(many)], 0)
    batch = follow.cut()
    assert len(batch.daily[0]) == many
    assert batch.positions == {TopicPosition(DAILY, 0): many}
    assert batch.watermarks == {0: None}
    follow.take([mark(many, FIRST)], 0)
    assert follow.cut().watermarks == {0: FIRST}


def test_at_the_end_of_a_changelog_no_number_of_rows_is_folded_without_a_watermark() -> None:
    follow = at_the_end(0)
    follow.take([row(offset, b"%d" % offset) for offset in range(MOST_ROWS // PLAN.partitions + 1)], 0)
    assert follow.cut() == Batch()


def test_a_transaction_is_read_to_its_watermark_however_many_rows_it_has() -> None:
    follow = at_the_end(0)
    follow.take([row(offset, b"%d" % offset) for offset in range(MOST_ROWS)], 0)
    assert (follow.rows, follow.full) == (MOST_ROWS, False)
    follow.take([mark(MOST_ROWS, FIRST)], 0)
    assert follow.full
    assert (follow.cut().watermarks, follow.rows, follow.full) == ({0: FIRST}, 0, False)


def test_what_waits_for_no_watermark_while_catching_up_fills_it_too() -> None:
    follow = following()
    follow.take([row(offset, b"%d" % offset) for offset in range(MOST_ROWS)], 0)
    assert follow.full


def test_a_position_that_the_changelog_no_longer_has_is_an_error_and_others_pass() -> None:
    for code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):  # noqa: SLF001
        with pytest.raises(KafkaException):
            following().take([failure(code)], 0)
    follow = following()
    follow.take([failure(KafkaError._TRANSPORT), row(0, b"a"), mark(1, FIRST)], 0)  # noqa: SLF001
    assert follow.rows == 1


# How fresh -----------------------------------------------------------------------------------------------------------


def test_with_everything_counted_the_numbers_are_as_of_now() -> None:
    assert Following({0: FIRST, 1: SECOND}, PLAN).as_of(5000.0, {0: 10, 1: 20}) == 5000.0
    assert following().as_of(5000.0, {0: 0, 1: 0}) == 5000.0


def test_with_records_waiting_the_numbers_are_as_of_the_newest_that_is_counted() -> None:
    assert Following({0: FIRST, 1: SECOND}, PLAN).as_of(5000.0, {0: 10, 1: 21}) == 2000.0
    assert Following({0: FIRST, 1: SECOND}, PLAN).as_of(5000.0, {0: 11, 1: 21}) == 1000.0


def test_a_partition_that_was_never_counted_makes_no_promise() -> None:
    assert Following({0: FIRST}, PLAN).as_of(5000.0, {0: 10, 1: 1}) == 0.0
    assert Following({0: FIRST}, PLAN).as_of(5000.0, {0: 10, 1: 1}, before=4000.0) == 4000.0


def test_a_record_on_a_partition_that_was_silent_makes_no_number_older_than_when_it_had_none_that_waited() -> None:
    follow = Following({0: FIRST, 1: SECOND}, PLAN)
    assert follow.as_of(5000.0, {0: 10, 1: 20}) == 5000.0
    assert follow.as_of(5001.0, {0: 11, 1: 20}) == 5000.0
    assert follow.as_of(5002.0, {0: 10, 1: 21}) == 5001.0
    assert follow.as_of(4000.0, {0: 10, 1: 21}) == 4000.0, "the clock was set back"


def test_a_partition_of_which_nothing_but_its_position_is_known_leaves_it_where_it_was() -> None:
    assert Following({0: Watermark(10)}, PLAN).as_of(5000.0, {0: 11}, before=4000.0) == 4000.0


def test_a_clock_that_runs_ahead_makes_numbers_look_fresh_for_one_slice_only() -> None:
    follow = following()
    for offset, newest_ms, as_of in ((1, 4_000_000, 4000.0), (2, 1_000_000, 1000.0)):
        follow.take([mark(offset, Watermark(offset, offset, offset, 0, newest_ms))], 0)
        follow.cut()
        assert follow.as_of(5000.0, {0: 11}, before=4000.0) == as_of


def test_a_record_from_the_future_makes_no_number_newer_than_now() -> None:
    assert Following({0: Watermark(10, 10, 10, 0, 9_000_000)}, PLAN).as_of(5000.0, {0: 11}) == 5000.0


def test_a_watermark_counts_for_freshness_once_it_is_cut() -> None:
    follow = following()
    follow.take([mark(0, FIRST)], 0)
    assert follow.as_of(5000.0, {0: 11}) == 0.0
    follow.cut()
    assert follow.as_of(5000.0, {0: 11}) == 1000.0


# The thread ----------------------------------------------------------------------------------------------------------


def test_before_its_start_nothing_is_ready_and_it_says_why() -> None:
    assert Freshness() == Freshness(ready=False, reason="the follower has not started", as_of=0.0, log_end=None)


def failing(warehouse: Warehouse, folder: Path) -> Flush:
    """A flush that has just found no broker."""
    flush = Flush(warehouse, PLAN, Songs, Room(folder, 0), print)
    flush.start()
    await_try(flush, Freshness())
    return flush


class Records:
    """A consumer that was given some messages already."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = list(messages)
        self.asked, self.silence = 0, ""

    def consume(self, count: int, timeout: float) -> list[Message]:
        some, self._messages = self._messages[:count], self._messages[count:]
        if not some:
            Event().wait(timeout)
        return some

    def offsets_for_times(self, asked: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        self.asked += 1
        if self.silence == "broker":
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - its public name
        return [TopicPartition(each.topic, each.partition, each.offset if self.silence else 10 + each.partition) for each in asked]


@pytest.mark.parametrize("freshness", [Freshness(), Freshness(ready=True)])
def test_who_is_ready_rests_between_records_and_between_keys_and_nobody_else(
    freshness: Freshness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr("tables.resting.time.sleep", rests.append)
    warehouse = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    warehouse.open()
    flush = Flush(warehouse, PLAN, Songs, Room(tmp_path, 0), print)
    flush.renew(freshness)
    rows = [row(offset, orjson.dumps(["2026-11-21", "ES", "spotify", "A", f"song {offset}"])) for offset in range(9)]
    flush._flush(cast("Any", Records([*rows, mark(9, Watermark(9, 9, 9))])), following())  # noqa: SLF001
    assert warehouse.balance.watermarks == {0: Watermark(9, 9, 9)}
    assert bool(rests) == freshness.ready
    warehouse.close()


def test_the_ends_of_all_partitions_are_one_question_and_the_last_ones_stay_while_there_is_no_answer(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    warehouse.reopen()
    flush = Flush(warehouse, PLAN, Songs, Room(tmp_path, 0), print)
    records, follow = Records([]), at_the_end(time.monotonic())
    flush._flush(cast("Any", records), follow)  # noqa: SLF001
    assert (records.asked, flush.freshness.log_end) == (1, {0: 10, 1: 11})
    for asked, records.silence in enumerate(("broker", "partitions"), 2):
        flush._flush(cast("Any", records), follow)  # noqa: SLF001
        assert (records.asked, flush.freshness.log_end) == (asked, {0: 10, 1: 11})
    warehouse.close()


def test_a_transaction_of_more_rows_than_are_held_at_once_is_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tables.following.MOST_ROWS", 4)
    warehouse = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    warehouse.reopen()
    flush = Flush(warehouse, PLAN, Songs, Room(tmp_path, 0), print)
    rows = [row(offset, orjson.dumps(["2026-11-21", "ES", "spotify", "A", f"song {offset}"])) for offset in range(600)]
    flush._flush(cast("Any", Records([*rows, mark(600, Watermark(600, 600, 600))])), at_the_end(time.monotonic()))  # noqa: SLF001
    assert warehouse.balance.watermarks == {0: Watermark(600, 600, 600)}
    warehouse.close()


def await_try(flush: Flush, before: Freshness) -> Freshness:
    """Wait until *flush* has failed since it was as fresh as *before*: each try leaves a freshness of its own."""
    deadline = time.monotonic() + 20
    while flush.freshness is before or "failed" not in flush.freshness.reason:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return flush.freshness


def test_without_a_broker_it_says_so_once_goes_on_trying_and_stops_when_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warehouse = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    flush = failing(warehouse, tmp_path)
    assert flush.is_alive()
    assert not flush.freshness.ready
    assert "the flush failed and tries again" in flush.freshness.reason
    await_try(flush, await_try(flush, flush.freshness))
    flush.stop()
    assert sum("the flush failed" in message for message in caplog.messages) == 1
    assert not flush.is_alive()
    warehouse.close()


def test_a_file_that_cannot_be_opened_for_a_while_ends_no_follower(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "a.duckdb", Songs(), Rates())
    with duckdb.connect(str(tmp_path / "a.duckdb"), config={"threads": 1}):  # as another process would have it: with other settings
        flush = failing(warehouse, tmp_path)
        await_try(flush, flush.freshness)
        assert flush.is_alive()
        assert not list(tmp_path.glob("*.damaged-*"))
    flush.stop()
    warehouse.reopen()
    warehouse.close()
