"""The warehouse: one DuckDB file, which one thread has, and once a server is ready sums of it in memory, which any may read.

The file is derived from the changelogs, the memory from the file. Facts, positions and watermarks change in one transaction, and
what is in memory is replaced whole, so that any snapshot says of itself which plays it holds.
"""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np

from tables.balance import Balance, read_balance
from tables.columns import Columns
from tables.counted_songs import CountedSong
from tables.details import SongDetail, song_detail
from tables.dictionary import Dictionary
from tables.facts import DAILY, LIVE, everything, merge
from tables.grain import Watermark, unpack_keys
from tables.memory import Dictionaries, Memory, Snapshot
from tables.rates import Rates
from tables.resting import Rest, go_on
from tables.songs import Songs
from tables.warehouse_file import NOT_OPEN, Unavailable, WarehouseFile

LIVE_SPAN_SECONDS = 900
"""Live rows this much older than the newest record are deleted: more than any answer shows."""
KEYS_AT_ONCE = 256
"""So many take half a millisecond of Python to read, after which others get its lock; see `tables.resting`."""
COUNTED_SONGS = """
SELECT external_id, coalesce(artists, '')
FROM song LEFT JOIN (SELECT song, max(credit) AS credit FROM daily GROUP BY song) USING (song) LEFT JOIN credit USING (credit)
ORDER BY song
"""
"""Each counted song's external_id and a credit that it was counted under, in the order of the songs' numbers."""
EPOCH_DAY = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=20_000)
def _day_number(day: str) -> int:
    return date.fromisoformat(day).toordinal() - EPOCH_DAY


@lru_cache(maxsize=20_000)
def _second_number(second: str) -> int:
    return int(datetime.fromisoformat(second).replace(tzinfo=UTC).timestamp())


PartitionRows = dict[int, dict[bytes, bytes]]
"""Packed keys and plays by partition."""


class TopicPosition(NamedTuple):
    """A changelog's partition."""

    topic: str
    partition: int


@dataclass(slots=True)
class Batch:
    """What one flush folds in: changelog rows up to the positions, watermarks that agree with them."""

    daily: PartitionRows = field(default_factory=dict)
    live: PartitionRows = field(default_factory=dict)
    positions: dict[TopicPosition, int] = field(default_factory=dict)
    watermarks: dict[int, Watermark | None] = field(default_factory=dict)
    """None: the rows of the partition agree with no watermark."""

    @property
    def rows(self) -> int:
        """Rows of both tables."""
        return sum(map(len, self.daily.values())) + sum(map(len, self.live.values()))


def _marks(rows: Sequence[tuple[Any, ...]]) -> str:
    """Return what stands in a statement for *rows* of parameters."""
    return ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))


class Warehouse:
    """Opens the file, folds batches in, and gives out the file's balance and snapshots of the memory that is made of it."""

    def __init__(self, path: Path, songs: Songs, rates: Rates) -> None:
        """Be for *path*; names come from *songs*, income from *rates*. Nothing is opened until `open`."""
        self._file, self._songs, self._rates = WarehouseFile(path), songs, rates
        self._memory: Memory | None = None
        self._snapshot: Snapshot | None = None
        self._balance: Balance | None = None

    def open(self) -> None:
        """Open the file, or create it; see `WarehouseFile.open`."""
        self._file.open()
        try:
            self._begin()
        except duckdb.Error as error:
            if not self._file.suspect(error):
                raise
            self.reopen()

    def _begin(self) -> None:
        """Read the dictionaries and the balance."""
        self._country = self._dictionary("country", "code", "u2")
        self._platform = self._dictionary("platform", "name", "u4")
        self._credit = self._dictionary("credit", "artists", "u4")
        self._song = self._dictionary("song", "external_id", "u4")
        self._new_credits: dict[str, str] = {}
        self._oldest = 0
        """Second before which `live` forgets."""
        self._balance = read_balance(self._file.connection)

    def load(self) -> None:
        """Take everything into memory, from which most answers come; folds keep it up to date from then on. Does nothing twice.

        Raises:
            duckdb.Error: the file cannot be read; call `reopen`.
            Contradiction: its counts are not what its watermarks say; call `reopen`.
        """
        if self._memory is not None:
            return
        self._file.checkpoint()  # of all days that catching up changed: it takes up to a second of a processor, which answers need later
        connection = self._file.connection
        dictionaries = Dictionaries(self._country, self._platform, self._credit)
        memory = Memory(everything(connection, DAILY), self._counted(), dictionaries, self._rates)
        memory.add_live(everything(connection, LIVE, "ORDER BY second"), 0)
        self._snapshot = memory.now(self.balance)
        self._memory = memory
        gc.collect()
        gc.freeze()  # it is here to stay: collecting garbage need not go through a million objects each time

    def forget(self) -> None:
        """Let go of what is in memory: nobody is answered until it is loaded again. The balance stays, as does the file."""
        self._memory = self._snapshot = None

    def _dictionary(self, table: str, column: str, number_type: str) -> Dictionary:
        return Dictionary(table, number_type, self._file.connection.execute(f"SELECT {table}, {column} FROM {table} ORDER BY 1").fetchall())  # noqa: S608

    def reopen(self) -> None:
        """Close the file and open it again, or begin a new one: what to do after any error. `load` makes the memory anew."""
        self._forget_file()
        self._file.reopen()
        self._begin()

    def rebuild(self) -> None:
        """Start with an empty file."""
        self._forget_file()
        self._file.rebuild()
        self._begin()

    def close(self) -> None:
        """Close the file, with everything in it."""
        self._forget_file()
        self._file.close()

    def _forget_file(self) -> None:
        """Forget the balance too: the file is about to be closed."""
        self.forget()
        self._balance = None

    @property
    def balance(self) -> Balance:
        """What came in and what is stored of it, as the newest fold left it in the file.

        Raises:
            Unavailable: nothing is there at this moment.
        """
        balance = self._balance
        if balance is None:
            raise Unavailable(NOT_OPEN)
        return balance

    @property
    def snapshot(self) -> Snapshot:
        """What the newest fold left in memory.

        Raises:
            Unavailable: nothing is there at this moment.
        """
        if self._snapshot is None:
            raise Unavailable("the warehouse is being read into memory")
        return self._snapshot

    def suspect(self, error: Exception) -> bool:
        """Say whether *error* comes of damaged blocks; the flush then begins a new file."""
        return self._file.suspect(error)

    @property
    def size_bytes(self) -> int:
        """What the file has on the disk, its log included."""
        return self._file.size_bytes

    def positions(self) -> dict[TopicPosition, int]:
        """Return the first changelog offset that is not in the facts, by changelog partition."""
        rows = self._file.connection.execute("SELECT topic, kafka_partition, next_offset FROM position").fetchall()
        return {TopicPosition(topic, partition): offset for topic, partition, offset in rows}

    def fold(self, batch: Batch, rest: Rest = go_on) -> None:
        """Merge *batch* into the facts and move positions and watermarks with it: all of it or nothing.

        It calls *rest* after each KEYS_AT_ONCE keys that it has read, within the transaction but before it has written much.

        Raises:
            duckdb.Error: nothing was written, or it was and cannot be read again, or made part of the file; call `reopen`.
            Contradiction: what is in memory is not what the facts hold; call `reopen`.
        """
        told = self._memory is not None
        newest_ms = max((watermark.newest_ms for watermark in batch.watermarks.values() if watermark), default=0)
        newest = int(min(newest_ms / 1000, time.time()))  # one producer with a wrong clock must not empty the table
        self._oldest = max(self._oldest, newest - LIVE_SPAN_SECONDS)
        connection = self._file.connection
        connection.begin()
        known = len(self._song.names)
        daily, live = self._columns(batch.daily, _day_number, rest), self._columns(batch.live, _second_number, rest)
        songs = [CountedSong(song, self._detail(song, self._new_credits[song])) for song in self._song.names[known:]] if told else []
        self._new_credits.clear()
        more_daily = merge(connection, DAILY, daily, told=told) if daily else None
        more_live = merge(connection, LIVE, live, told=told) if live else None
        if live:
            connection.execute("DELETE FROM live WHERE second < ?", [self._oldest])
        self._move(batch)
        self._file.commit()
        self._balance = read_balance(connection)
        if self._memory is not None:
            self._remember(self._memory, songs, more_daily, more_live)

    def _move(self, batch: Batch) -> None:
        """Move positions and watermarks to where *batch* leads."""
        positions = [(*position, offset) for position, offset in batch.positions.items()]
        watermarks = [(partition, *watermark) for partition, watermark in batch.watermarks.items() if watermark is not None]
        self._replace("position", "(topic, kafka_partition)", list(batch.positions), positions)
        self._replace("watermark", "(kafka_partition)", [(partition,) for partition in batch.watermarks], watermarks)

    def _replace(self, table: str, key: str, keys: Sequence[tuple[Any, ...]], rows: Sequence[tuple[Any, ...]]) -> None:
        """Let *rows* of *table* stand in place of those with *keys*: two statements, since each takes half a millisecond."""
        if keys:
            self._file.connection.execute(f"DELETE FROM {table} WHERE {key} IN ({_marks(keys)})", [*chain(*keys)])  # noqa: S608
        if rows:
            self._file.connection.execute(f"INSERT INTO {table} VALUES {_marks(rows)}", [*chain(*rows)])  # noqa: S608

    def _remember(self, memory: Memory, songs: Sequence[CountedSong], daily: Columns | None, live: Columns | None) -> None:
        memory.add_songs(songs)
        if daily:
            memory.add_daily(daily)
        if live:
            memory.add_live(live, self._oldest)
        self._snapshot = memory.now(self.balance)

    def _columns(self, rows_by_partition: PartitionRows, window_number: Callable[[str], int], rest: Rest) -> Columns | None:
        """Return the rows as numbers, after the names that are new have got theirs; None: there are none."""
        parts = []
        for partition, rows in rows_by_partition.items():
            keys, plays = list(rows), list(rows.values())
            for start in range(0, len(rows), KEYS_AT_ONCE):
                some = slice(start, start + KEYS_AT_ONCE)
                parts.append(self._numbers(partition, keys[some], plays[some], window_number))
                rest()
        self._insert_new_names()
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else None

    def _numbers(self, partition: int, keys: Sequence[bytes], plays: Sequence[bytes], window_number: Callable[[str], int]) -> Columns:
        windows, countries, platforms, counted_credits, songs = zip(*unpack_keys(keys), strict=True)
        columns = {
            "window_start": np.fromiter(map(window_number, windows), "i8", len(keys)),
            "kafka_partition": np.full(len(keys), partition, "u2"),
            "country": self._country.number(countries),
            "platform": self._platform.number(platforms),
            "credit": self._credit.number(counted_credits),
            "song": self._song.number(songs),
            "plays": np.fromiter(map(int, plays), "i8", len(keys)),
        }
        if self._song.new:
            self._new_credits.update(zip(songs, counted_credits, strict=True))
        return columns

    def _insert_new_names(self) -> None:
        for dictionary in (self._country, self._platform, self._credit, self._song):
            if dictionary.new:
                self._from_columns(dictionary.take_new(), f"INSERT INTO {dictionary.table} SELECT number, name FROM batch")  # noqa: S608

    def rename(self, songs: Songs) -> None:
        """Take names from *songs* from now on; nothing is done when they are the ones in use."""
        if songs is self._songs:
            return
        self._songs = songs
        if self._memory is not None:
            self._memory.rename(self._counted())
            self._snapshot = self._memory.now(self.balance)

    def _counted(self) -> Sequence[CountedSong]:
        """Return every counted song as it is called today."""
        counted = self._file.connection.execute(COUNTED_SONGS).fetchall()
        return [CountedSong(external_id, self._detail(external_id, credit)) for external_id, credit in counted]

    def _detail(self, external_id: str, counted_credit: str) -> SongDetail:
        return song_detail(external_id, self._songs.get(external_id), counted_credit)

    def _from_columns(self, columns: Columns, statement: str) -> None:
        """Run *statement* with *columns* as the relation `batch`."""
        self._file.connection.register("batch", columns)
        self._file.connection.execute(statement)
        self._file.connection.unregister("batch")
