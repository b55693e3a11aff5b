"""Claims about the store: rows and the changelog offset that they reach are one, through a clean close and through a kill."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st
from rocksdict import Cache

from tables.grain import WATERMARK_KEY, pack_keys
from tables.store import Rows, open_rocksdb

CHANGELOG = TP("a-daily-changelog", 0)


@contextmanager
def rows_in(path: Path) -> Iterator[Rows]:
    db = open_rocksdb(path, Cache(1 << 20))
    try:
        yield Rows(CHANGELOG, db)
    finally:
        db.close()


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    with rows_in(tmp_path / "rows") as opened:
        yield opened


def test_a_new_database_is_empty_and_at_the_changelogs_start(rows: Rows) -> None:
    assert rows.changelog_offset == 0
    assert rows.values([b"a", b"b"]) == [None, None]


def test_values_come_in_the_order_of_their_keys(rows: Rows) -> None:
    rows.write([(b"a", b"1"), (b"b", b"2"), (b"c", b"")], through=7)
    assert rows.values([b"c", b"x", b"a", b"b", b"a"]) == [b"", None, b"1", b"2", b"1"]
    assert rows.values([]) == []


def test_the_first_missing_offset_is_the_one_after_the_last_written(rows: Rows) -> None:
    rows.write([(b"a", b"1")], through=0)
    assert rows.changelog_offset == 1
    rows.write([], through=41)
    assert rows.changelog_offset == 42


def test_the_last_write_of_a_key_holds_and_none_deletes_it(rows: Rows) -> None:
    rows.write([(b"a", b"1"), (b"a", b"2"), (b"b", b"1")], through=1)
    assert rows.values([b"a", b"b"]) == [b"2", b"1"]
    rows.write([(b"b", None), (b"x", None)], through=2)
    assert rows.values([b"a", b"b", b"x"]) == [b"2", None, None]


def test_keys_and_values_are_any_bytes(rows: Rows) -> None:
    odd = {b"\x00\xff": b"\xff\x00", '["ñ"]'.encode(): b"x" * 100_000}
    rows.write(odd.items(), through=1)
    assert rows.values(list(odd)) == list(odd.values())


def test_a_clean_close_keeps_everything_without_a_write_ahead_log(tmp_path: Path) -> None:
    written = {b"key-%d" % number: b"%d" % number for number in range(1000)}
    with rows_in(tmp_path / "rows") as opened:
        opened.write(written.items(), through=99)
    assert [path.stat().st_size for path in (tmp_path / "rows").glob("*.log")] in ([], [0])
    with rows_in(tmp_path / "rows") as opened:
        assert opened.values(list(written)) == list(written.values())
        assert opened.changelog_offset == 100


def test_what_is_older_than_the_live_span_goes_and_nothing_else(rows: Rows) -> None:
    seconds = [f"2026-11-23 07:01:{second:02}" for second in range(20)]
    keys = pack_keys([(second, "ES", "spotify", "A", song) for second in seconds for song in ("a", "ñ")])
    rows.write([(key, b"1") for key in [*keys, WATERMARK_KEY]], through=5)
    rows.forget_before(b'["2026-11-23 07:01:12"')
    assert rows.values(keys) == [None] * 24 + [b"1"] * 16
    assert rows.values([WATERMARK_KEY]) == [b"1"]
    assert rows.changelog_offset == 6
    rows.write([(keys[0], b"2")], through=6)
    assert rows.values(keys[:2]) == [b"2", None]


@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from([b"a", b"b", b"c", b"d"]), st.none() | st.binary(max_size=4), max_size=4), st.booleans()),
        max_size=12,
    )
)
@settings(max_examples=15)
def test_writes_and_reopenings_in_any_order_leave_what_a_dict_would(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[dict[bytes, bytes | None], bool]]
) -> None:
    path, held, reached = tmp_path_factory.mktemp("rows") / "db", dict[bytes, bytes | None](), 0
    db = open_rocksdb(path, Cache(1 << 20))
    for offset, (changes, reopened) in enumerate(writes, start=10):
        Rows(CHANGELOG, db).write(changes.items(), through=offset)
        held |= changes
        reached = offset + 1
        if reopened:
            db.close()
            db = open_rocksdb(path, Cache(1 << 20))
    assert Rows(CHANGELOG, db).values([b"a", b"b", b"c", b"d"]) == [held.get(key) for key in (b"a", b"b", b"c", b"d")]
    assert Rows(CHANGELOG, db).changelog_offset == reached
    db.close()


KILLED = """
import os, sys
from pathlib import Path
from faust.types import TP
from rocksdict import Cache
from tables.store import Rows, open_rocksdb

rows = Rows(TP("a-daily-changelog", 0), open_rocksdb(Path(sys.argv[1]), Cache(1 << 20)))
filling = os.urandom(20_000)
for offset in range(int(sys.argv[2])):
    rows.write([(b"first-%d" % offset, filling), (b"latest", b"%d" % offset), (b"second-%d" % offset, filling)], through=offset)
os._exit(9)
"""


KILLED_AT_A_FLUSH = """
import os, random, sys, threading, time
from pathlib import Path
from faust.types import TP
from rocksdict import Cache
from tables.store import Rows, open_rocksdb

sys.setswitchinterval(1e-6)

def write_until_a_flush_and_a_kill(path):
    db = open_rocksdb(path, Cache(1 << 20))
    rows, written = Rows(TP("a-daily-changelog", 0), db), threading.Event()

    def flush_and_die():
        written.wait()
        time.sleep(random.random() / 100)
        db.flush()
        os._exit(9)

    threading.Thread(target=flush_and_die).start()
    for offset in range(10**9):
        rows.write([(b"first-%d" % offset, b"1"), (b"latest", b"%d" % offset)], through=offset)
        written.set()

for number in range(int(sys.argv[2])):
    if os.fork() == 0:
        write_until_a_flush_and_a_kill(Path(sys.argv[1]) / str(number))
    os.wait()
"""


def test_whenever_a_memtable_is_written_out_before_a_kill_the_offset_is_never_ahead_of_the_rows(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED_AT_A_FLUSH, str(tmp_path), "20"], check=True, timeout=60)
    for number in range(20):
        with rows_in(tmp_path / str(number)) as opened:
            reached = opened.changelog_offset
            assert reached > 0
            last, next_one = opened.values([b"first-%d" % (reached - 1), b"first-%d" % reached])
            assert (last, next_one) == (b"1", None)
            assert opened.values([b"latest"]) == [b"%d" % (reached - 1)]


@pytest.mark.parametrize("writes", [3, 600, 1500])
def test_after_a_kill_the_database_is_a_prefix_whose_offset_agrees_with_its_rows(tmp_path: Path, writes: int) -> None:
    path = tmp_path / "rows"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(writes)], check=False, timeout=60)
    assert killed.returncode == 9
    with rows_in(path) as opened:
        reached = opened.changelog_offset
        assert reached <= writes
        for name in (b"first-%d", b"second-%d"):
            there = [value is not None for value in opened.values([name % offset for offset in range(writes)])]
            assert there == [True] * reached + [False] * (writes - reached)
        assert opened.values([b"latest"]) == [b"%d" % (reached - 1) if reached else None]
    if writes == 1500:
        assert 0 < reached < writes, "60 MB fill memtables of 16 MB, and the last is lost"
