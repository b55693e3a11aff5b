"""RocksDB behind a count table: one database per partition, always a prefix of the partition's changelog.

The write-ahead log is off. A write batch holds rows and the changelog offset they reach, both go to one memtable, and a
memtable reaches the disk whole and in order: after a kill the database is an older prefix, and recovery reads on from
the offset that it finds. What a log of its own would keep is in Kafka already.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from faust.stores import STORES, rocksdb
from faust.types import TP, CollectionT
from rocksdict import AccessType, BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, ReadOptions, WriteBatch, WriteOptions

SCHEME = "counts"
OFFSET_KEY = rocksdb.Store.offset_key
BLOCK_CACHE_BYTES = 64 << 20
WRITE_BUFFER_BYTES = 16 << 20


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
    """Faust's RocksDB store with databases that are opened for counting and closed when their partition leaves."""

    cache: Cache | None = None

    def _open_for_partition(self, partition: int) -> Rdict:
        path = self.partition_path(partition)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.cache = self.cache or Cache(BLOCK_CACHE_BYTES)
        return open_rocksdb(path, self.cache)

    def rows(self, tp: TP, *, whole: bool) -> "Rows":
        """Return the rows of a changelog's partition."""
        return Rows(tp, self._db_for_partition(tp.partition), whole=whole)

    def revoke_partitions(self, table: CollectionT, tps: set[TP]) -> None:
        """Close the databases of partitions that another worker has now."""
        for tp in tps:
            if tp.topic in table.changelog_topic.topics and (db := self._dbs.pop(tp.partition, None)) is not None:
                db.close()

    async def stop(self) -> None:
        """Close every database; closing writes its memtable out, so that the next start has nothing to recover."""
        while self._dbs:
            self._dbs.popitem()[1].close()
        await super().stop()


class Rows:
    """A partition of a count table: packed keys and values, and the changelog offset that they reach."""

    def __init__(self, tp: TP, db: Rdict, *, whole: bool = True) -> None:
        """Take the partition's open database; *whole*: its changelog must hold every key, none may have been deleted for age."""
        self.tp, self.whole = tp, whole
        self._db = db

    def values(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the value behind each key, None where there is none."""
        values: list[bytes | None] = self._db.get(list(keys)) if keys else []  # type: ignore[assignment]  # a list for a list
        return values

    @property
    def changelog_offset(self) -> int:
        """The first changelog offset that is not in here."""
        stored = self._db.get(OFFSET_KEY)
        return int(stored) + 1 if stored else 0

    def write(self, rows: Iterable[tuple[bytes, bytes | None]], *, through: int) -> None:
        """Write *rows* and that the changelog is in here through offset *through*: all of it or nothing."""
        batch = WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(OFFSET_KEY, b"%d" % through)
        self._db.write(batch)

    def forget_before(self, start: bytes) -> None:
        """Delete every row whose packed key sorts before *start*, in one range tombstone."""
        self._db.delete_range(b"[", start)


def register() -> None:
    """Make `counts://` store URLs use this store."""
    STORES.aliases[SCHEME] = f"{__name__}:Store"
