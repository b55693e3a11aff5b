"""RocksDB behind a count table: one database per partition, always a prefix of the partition's changelog.

The write-ahead log is off. A write batch holds rows and the changelog offset they reach, both go to one memtable, and a
memtable reaches the disk whole and in order: after a kill the database is an older prefix, and recovery reads on from
the offset that it finds. What a log of its own would keep is in Kafka already.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from faust.stores import STORES, rocksdb
from faust.types import TP, CollectionT
from rocksdict import AccessType, BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, ReadOptions, WriteBatch, WriteOptions

from tables.damage import Unopenable, in_the_way, set_aside

log = logging.getLogger(__name__)

SCHEME = "counts"
DAMAGED = "DAMAGED"
"""Name of a file in a database's folder that says how it was found to be damaged."""
OFFSET_KEY = rocksdb.Store.offset_key
BLOCK_CACHE_BYTES = 64 << 20
WRITE_BUFFER_BYTES = 16 << 20


class StateDamaged(Exception):
    """A database cannot be read any more; counting cannot go on before it is rebuilt."""


def open_rocksdb(path: Path, cache: Cache) -> Rdict:
    """Open or create the database in *path*, sized for some millions of small keys."""
    blocks = BlockBasedOptions()
    blocks.set_block_cache(cache)
    blocks.set_bloom_filter(10, block_based=False)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_max_open_files(200)
    options.set_compression_type(DBCompressionType.lz4())
    db = Rdict(str(path), options=options, access_type=AccessType.read_write())
    db.set_read_options(ReadOptions())
    unlogged = WriteOptions()
    unlogged.disable_wal = True  # type: ignore[method-assign, assignment]  # a property that its stub calls a method
    db.set_write_options(unlogged)
    return db


class Store(rocksdb.Store):
    """Faust's RocksDB store with databases that a ledger opens, and that are closed when their partition leaves."""

    cache: Cache | None = None

    def _open_for_partition(self, partition: int) -> Rdict:
        path = self.partition_path(partition)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.cache = self.cache or Cache(BLOCK_CACHE_BYTES)
        if (path / DAMAGED).exists():
            set_aside(path, (path / DAMAGED).read_text("utf-8"))
        try:
            return _open_readable(path, self.cache)
        except Exception as error:  # rocksdict has no types for its errors
            if way_out := in_the_way(error):
                raise Unopenable(f"{path} cannot be opened ({error}): {way_out}") from error
            if not path.exists():
                raise
            set_aside(path, error)
            return open_rocksdb(path, self.cache)

    async def assign_partitions(self, table: CollectionT, tps: set[TP], generation_id: int = 0) -> None:
        """Open nothing: inside a rebalance it could neither wait for room on the disk nor fail with a word. The ledgers do it after."""

    def persisted_offset(self, tp: TP) -> int | None:  # noqa: ARG002
        """Answer that nothing is here, as for a new database: Faust recovers nothing, and must not open one to ask."""
        return None

    def rows(self, tp: TP, *, whole: bool) -> "Rows":
        """Return the rows of a changelog's partition."""
        return Rows(tp, self._db_for_partition(tp.partition), whole=whole)

    def revoke_partitions(self, table: CollectionT, tps: set[TP]) -> None:
        """Close the databases of partitions that another worker has now."""
        for tp in tps:
            if tp.topic in table.changelog_topic.topics and (db := self._dbs.pop(tp.partition, None)) is not None:
                _close(db)

    async def stop(self) -> None:
        """Close every database; closing writes its memtable out, so that the next start has nothing to recover."""
        while self._dbs:
            _close(self._dbs.popitem()[1])
        await super().stop()


class Rows:
    """A partition of a count table: packed keys and values, and the changelog offset that they reach."""

    def __init__(self, tp: TP, db: Rdict, *, whole: bool = True) -> None:
        """Take the partition's open database; *whole*: its changelog must hold every key, none may have been deleted for age."""
        self.tp, self.whole = tp, whole
        self._db = db

    def values(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the value behind each key, None where there is none."""
        with self._marking_damage():
            values: list[bytes | None] = self._db.get(list(keys)) if keys else []  # type: ignore[assignment]  # a list for a list
        return values

    @property
    def changelog_offset(self) -> int:
        """The first changelog offset that is not in here."""
        (stored,) = self.values([OFFSET_KEY])
        return int(stored) + 1 if stored else 0

    @property
    def folder(self) -> Path:
        """Where the databases of all tables and partitions of this worker are."""
        return Path(self._db.path()).parent

    def write(self, rows: Iterable[tuple[bytes, bytes | None]], *, through: int) -> None:
        """Write *rows* and that the changelog is in here through offset *through*: all of it or nothing."""
        batch = WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(OFFSET_KEY, b"%d" % through)
        with self._marking_damage():
            self._db.write(batch)

    @contextmanager
    def _marking_damage(self) -> Iterator[None]:
        """Leave word for the next start when the database turns out to be damaged: it opens all the same."""
        try:
            yield
        except Exception as error:
            if not _mark_damage(Path(self._db.path()), error):
                raise
            raise StateDamaged(f"{self._db.path()} is damaged ({error}); the next start sets it aside and rebuilds it") from error

    def forget_before(self, start: bytes) -> None:
        """Delete every row whose packed key sorts before *start*, in one range tombstone."""
        with self._marking_damage():
            self._db.delete_range(b"[", start)


def _open_readable(path: Path, cache: Cache) -> Rdict:
    """Open the database in *path* and see that its offset can be read: for this damage no worker has to end."""
    db = open_rocksdb(path, cache)
    try:
        db.get(OFFSET_KEY)
    except Exception:
        _close(db)
        raise
    return db


def _close(db: Rdict) -> None:
    """Close *db*; one that is damaged, or a disk that is full, keeps nobody from stopping: what it lacks is in the changelog."""
    path = Path(db.path())
    try:
        db.close()
    except Exception as error:  # noqa: BLE001 - rocksdict has no types for its errors
        _mark_damage(path, error)
        log.error("%s could not be closed in order (%s): the next start recovers what it lacks", path, error)


def _mark_damage(path: Path, error: Exception) -> bool:
    """Leave word for the next start if *error* says that the database in *path* is damaged; say whether it does."""
    damaged = "Corruption" in str(error)
    if damaged:
        with suppress(OSError):  # without room for the text the file is there all the same
            (path / DAMAGED).write_text(str(error), "utf-8")
    return damaged


def register() -> None:
    """Make `counts://` store URLs use this store."""
    STORES.aliases[SCHEME] = f"{__name__}:Store"
