"""Claims about damage: whatever happens to the local files, the counts are never wrong, and come back whole."""

import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from faust.types import TP
from rocksdict import Cache

from tables import store
from tables.balance import STORED_PLAYS, Balance
from tables.damage import Unopenable, set_aside
from tables.grain import PlayKey, Watermark, pack_keys, pack_plays, unpack_keys
from tables.rates import Rates
from tables.songs import Songs
from tables.store import OFFSET_KEY, Rows, StateDamaged, Store, open_rocksdb
from tables.warehouse import Batch, TopicPosition, Warehouse
from tests.beside import connection_beside

ROOT = Path(__file__).parent.parent
BATCHES = 12
KEYS = 3_000
HEADER_BYTES = 3 * 4_096
BLOCK_BYTES = 1 << 18
"""Of DuckDB's file: each block has a checksum."""
MANY_ROWS = """
INSERT INTO stored SELECT DATE '2026-01-01', (hash(i) % 300)::USMALLINT, hash(i) % 1_000_000 FROM range(600_000) numbers(i)
"""
READ_ON_OPENING = """
SELECT sum(plays), max(kafka_partition), max(song), max(credit),
    (SELECT list(position) FROM position), (SELECT list(watermark) FROM watermark),
    (SELECT list(song) FROM song), (SELECT list(credit) FROM credit), (SELECT list(country) FROM country),
    (SELECT list(platform) FROM platform)
FROM daily
"""
CHANGELOG = TopicPosition("a-daily-changelog", 0)

Damage = Callable[[Path, random.Random], None]


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(40):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, chance: random.Random) -> None:
    with path.open("r+b") as file:
        file.truncate(chance.randrange(path.stat().st_size))


def zero(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content))
    content[start : start + 100_000] = bytes(len(content[start : start + 100_000]))
    path.write_bytes(content)


def zero_the_beginning(path: Path, _chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(bytes(min(8_192, len(content))) + content[8_192:])


def garbage(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(50_000))


def empty(path: Path, _chance: random.Random) -> None:
    path.write_bytes(b"")


def delete(path: Path, _chance: random.Random) -> None:
    path.unlink()


DAMAGES: list[Damage] = [flip, truncate, zero, zero_the_beginning, garbage, empty, delete]


# DuckDB --------------------------------------------------------------------------------------------------------------


@cache
def batches() -> list[Batch]:
    """Batches that add up: batch n ends at changelog offset n + 1 and replaces some values of the ones before."""
    chance, plays, made = random.Random(1), dict[PlayKey, int](), []
    for number in range(BATCHES):
        rows: dict[PlayKey, int] = {}
        for _ in range(KEYS // 4):
            song = f"song-{chance.randrange(KEYS)}"
            key = (f"2026-11-{chance.randrange(1, 29):02d}", chance.choice(["ES", "FR", "GB"]), "spotify", f"artist of {song}", song)
            plays[key] = rows[key] = plays.get(key, 0) + 1
        counted = sum(plays.values())
        packed = dict(zip(pack_keys(rows), map(pack_plays, rows.values()), strict=True))
        watermark = Watermark(number + 1, counted, counted, 0, 1_000, "an id")
        made.append(Batch({0: packed}, {}, {CHANGELOG: number + 1}, {0: watermark}))
    return made


def facts(warehouse: Warehouse) -> dict[tuple[object, ...], int]:
    cursor = connection_beside(warehouse)
    rows = cursor.execute(
        "SELECT strftime(day, '%Y-%m-%d'), code, name, artists, external_id, plays FROM daily JOIN country USING (country) "
        "JOIN platform USING (platform) JOIN credit USING (credit) JOIN song USING (song)"
    ).fetchall()
    cursor.close()
    held = {tuple(row[:-1]): row[-1] for row in rows}
    assert len(held) == len(rows)
    return held


@cache
def contents(*, checkpointed: bool) -> dict[str, bytes]:
    """What a file of all batches is, and its write-ahead log, which holds half of them unless it is *checkpointed*; by suffix."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        warehouse = Warehouse(path, Songs(), Rates())
        warehouse.open()
        for number, batch in enumerate(batches()):
            warehouse.fold(batch)
            if number == BATCHES // 2:
                with closing(connection_beside(warehouse)) as other:
                    other.execute("CHECKPOINT")
        if checkpointed:
            warehouse.close()
        left = {
            file.name.removeprefix(path.name): file.read_bytes() for file in path.parent.glob(f"{path.name}*")
        }  # by a kill, unless it is
        warehouse.close()
        return left


def filled(path: Path, *, checkpointed: bool) -> None:
    """Make a file of all batches."""
    for suffix, content in contents(checkpointed=checkpointed).items():
        path.with_name(path.name + suffix).write_bytes(content)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("suffix", ["", ".wal"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_warehouse_holds_what_its_watermarks_say_or_is_made_anew(tmp_path: Path, damage: Damage, suffix: str, seed: int) -> None:
    path = tmp_path / "warehouse.duckdb"
    filled(path, checkpointed=False)
    damage(path.with_name(path.name + suffix), random.Random(seed))
    assert_heals(path)


@pytest.mark.parametrize("seed", range(10))
def test_flipped_bits_of_a_closed_warehouse_are_found_or_do_no_harm(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "warehouse.duckdb"
    filled(path, checkpointed=True)
    flip(path, random.Random(seed))
    assert_heals(path)


def assert_heals(path: Path) -> None:
    """Opened, and fed with what it lacks as the flush does, the file holds everything; what it held before was a prefix."""
    made, warehouse = batches(), Warehouse(path, Songs(), Rates())
    warehouse.open()
    try:
        for _ in range(3):
            try:
                first = warehouse.positions().get(CHANGELOG, 0)
                assert facts(warehouse) == expected(made[:first])
                for batch in made[first:]:
                    warehouse.fold(batch)
                assert facts(warehouse) == expected(made)
            except duckdb.Error as error:
                if not warehouse.suspect(error):
                    raise
                warehouse.reopen()
            else:
                return
        raise AssertionError("it does not heal")
    finally:
        warehouse.close()


def expected(made: list[Batch]) -> dict[tuple[object, ...], int]:
    rows: dict[bytes, bytes] = {}
    for batch in made:
        rows |= batch.daily[0]
    return dict(zip(unpack_keys(list(rows)), map(int, rows.values()), strict=True))


def test_a_file_that_contradicts_its_own_watermarks_is_made_anew_and_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "warehouse.duckdb"
    filled(path, checkpointed=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE daily SET plays = plays + 1 WHERE rowid = 7")
    warehouse = Warehouse(path, Songs(), Rates())
    warehouse.open()
    assert facts(warehouse) == {}
    assert warehouse.positions() == {}
    warehouse.close()
    assert len(list(tmp_path.glob("warehouse.duckdb.damaged-*"))) == 1
    assert "and its watermark says" in caplog.text


def test_a_damaged_block_that_only_the_balance_reads_is_found_on_opening(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "warehouse.duckdb"
    filled(path, checkpointed=True)
    damage_what_only_the_balance_reads(path)
    warehouse = Warehouse(path, Songs(), Rates())
    warehouse.open()
    assert (warehouse.positions(), warehouse.balance, facts(warehouse)) == ({}, Balance({}, {}, 0), {})
    assert "warehouse.duckdb is damaged (a block of it cannot be read)" in caplog.text
    warehouse.close()


def damage_what_only_the_balance_reads(path: Path) -> None:
    """Add so many rows to a DuckDB file that columns have blocks of their own, and flip a bit in one that opening reads for it alone."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(MANY_ROWS)
    whole = path.read_bytes()
    for block in range(HEADER_BYTES, len(whole), BLOCK_BYTES):
        at = min(block + BLOCK_BYTES // 2, len(whole) - 1)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with suppress(duckdb.Error), duckdb.connect(str(path), config={"access_mode": "read_only"}) as connection:
            connection.execute(READ_ON_OPENING).fetchall()
            try:
                connection.execute(STORED_PLAYS).fetchall()
            except duckdb.Error:
                return
    raise AssertionError("no block is read for the balance alone")


def test_a_file_that_another_process_has_open_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    filled(path, checkpointed=True)
    held = f"duckdb.connect({str(path)!r})"
    with (
        elsewhere(f"import duckdb; opened = {held}"),
        pytest.raises(Unopenable, match=r"warehouse\.duckdb cannot be opened .*stop that one"),
    ):
        Warehouse(path, Songs(), Rates()).open()
    with duckdb.connect(str(path), config={"threads": 1}), pytest.raises(Unopenable, match="stop that one"):
        Warehouse(path, Songs(), Rates()).open()
    assert not list(tmp_path.glob("*.damaged-*"))


# RocksDB -------------------------------------------------------------------------------------------------------------


class Opener(Store):
    """The store's way of opening a partition, without Faust around it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def partition_path(self, partition: int) -> Path:
        return self._folder / f"{partition}.db"

    def open(self) -> Rows:
        return Rows(TP("a-daily-changelog", 0), self._open_for_partition(0))

    def close(self, rows: Rows) -> None:
        store._close(rows._db)  # noqa: SLF001


@pytest.fixture
def opener(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def written(folder: Path, *, same_keys: bool = False) -> Path:
    """Return a database of several files, closed in order; each holds 5,000 keys, its own or the *same_keys*."""
    path = folder / "0.db"
    db = open_rocksdb(path, Cache(1 << 20))
    rows = Rows(TP("a-daily-changelog", 0), db)
    for number in range(3 if same_keys else 4):  # of four a compaction makes one
        first = 0 if same_keys else number * 5_000
        rows.write([(b"key %d" % key, b"%d" % key) for key in range(first, first + 5_000)], through=number)
        db.flush()
    db.close()
    return path


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("file", ["*.sst", "MANIFEST-*", "CURRENT", "rocksdict-config.json", "OPTIONS-*", "IDENTITY"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_holds_what_its_offset_says_or_is_made_anew(
    opener: Opener, tmp_path: Path, damage: Damage, file: str, seed: int
) -> None:
    path = written(tmp_path)
    damage(min(path.glob(file)), random.Random(seed))
    keys = [b"key %d" % key for key in range(20_000)]
    for _ in range(2):  # damage that is met in reading is healed at the next start
        rows = opener.open()
        try:
            values = rows.values(keys)
        except StateDamaged:
            continue
        else:
            there = rows.changelog_offset * 5_000  # an older state is as good: recovery goes on from its offset
            assert values == [b"%d" % key for key in range(there)] + [None] * (len(keys) - there)
            return
        finally:
            opener.close(rows)
    raise AssertionError("it does not heal")


def test_a_database_that_is_open_elsewhere_is_left_as_it_is(opener: Opener, tmp_path: Path) -> None:
    path = written(tmp_path)
    opening = f"opened = open_rocksdb(Path({str(path)!r}), Cache(1))"
    code = f"from pathlib import Path; from rocksdict import Cache; from tables.store import open_rocksdb; {opening}"
    with elsewhere(code), pytest.raises(Unopenable, match=r"0\.db cannot be opened .*stop that one"):
        opener.open()
    rows = opener.open()
    with pytest.raises(Unopenable, match="stop that one"):
        Opener(tmp_path).open()
    opener.close(rows)
    assert not list(tmp_path.glob("*.damaged-*"))


def test_too_many_open_files_are_no_damage(opener: Opener, tmp_path: Path) -> None:
    written(tmp_path)
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = {int(file.name) for file in Path("/proc/self/fd").iterdir()}
    free = (number for number in count() if number not in taken)
    resource.setrlimit(resource.RLIMIT_NOFILE, (list(islice(free, 3))[-1], hard))  # a limit on numbers, not on how many are open
    try:
        with pytest.raises(Unopenable, match="raise the limit"):
            opener.open()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    assert not list(tmp_path.glob("*.damaged-*"))


def test_damage_of_the_block_that_holds_the_offset_is_found_on_opening(opener: Opener, tmp_path: Path) -> None:
    path = written(tmp_path)
    file = max(path.glob("*.sst"))
    content = bytearray(file.read_bytes())
    content[content.index(OFFSET_KEY[:7])] ^= 1
    file.write_bytes(content)
    rows = opener.open()
    assert rows.changelog_offset == 0
    assert rows.values([b"key 1"]) == [None]
    opener.close(rows)
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


def test_damage_that_a_compaction_meets_ends_writing_and_is_healed_at_the_next_start(opener: Opener, tmp_path: Path) -> None:
    path = written(tmp_path, same_keys=True)
    file = min(path.glob("*.sst"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    rows = opener.open()
    rows.write([(b"key 1", b"0")], through=4)
    rows._db.compact_range(None, None)  # noqa: SLF001
    with pytest.raises(StateDamaged, match=r"Corruption: .*the next start sets it aside"):
        rows.write([(b"key 1", b"1")], through=5)
    opener.close(rows)
    rows = opener.open()
    assert rows.changelog_offset == 0
    opener.close(rows)
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


@contextmanager
def elsewhere(code: str) -> Iterator[None]:
    """Hold what *code* opens in another process."""
    command = [sys.executable, "-c", f"{code}\nprint(flush=True)\ninput()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "it could not be opened there"
        yield


def test_what_was_set_aside_is_kept_until_the_next_damage(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("first")
    first = set_aside(state, "it was bad")
    assert (first.read_text(), state.exists()) == ("first", False)
    state.mkdir()
    second = set_aside(state, "it was bad again")
    assert list(tmp_path.iterdir()) == [second]
