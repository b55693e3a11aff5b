"""The warehouse: one DuckDB file, one writer, any number of readers in threads.

The file is derived from the changelogs. Facts, positions and watermarks change in one transaction, so that any snapshot
says of itself which plays it holds.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np

from tables import pricing, rollups
from tables.details import SongDetail, credited, song_detail
from tables.dictionary import Columns, Dictionary, SongDictionary
from tables.facts import merge_daily, merge_live
from tables.grain import Watermark, unpack_keys
from tables.names import fold, marks, plain
from tables.rates import Rates
from tables.settling import Settling
from tables.songs import Songs
from tables.warehouse_file import WarehouseFile

LIVE_SPAN_SECONDS = 900
"""Live rows this much older than the newest record are deleted: more than any answer shows."""
COUNTED_SONGS = """
SELECT song, external_id, coalesce(artists, '')
FROM song LEFT JOIN (SELECT song, max(credit) AS credit FROM daily GROUP BY song) USING (song) LEFT JOIN credit USING (credit)
"""
"""Each counted song's number and external_id, and a credit that it was counted under."""
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


class Standing(NamedTuple):
    """What the committed facts hold; a new one after each fold, so that two reads of one object saw no fold between them."""

    watermarks: Mapping[int, int]
    """Next source offset by partition."""
    rows: dict[str, int]
    """How many a table has, as far as somebody has asked."""


class Warehouse:
    """Opens the file, folds batches in and lends cursors to readers."""

    def __init__(self, path: Path, songs: Songs, rates: Rates) -> None:
        """Be for *path*; names come from *songs*, income from *rates*. Nothing is opened until `open`."""
        self._file, self._songs, self._rates = WarehouseFile(path), songs, rates
        self._settling = Settling(self.cursor, self.suspect)
        self._standing: Standing | None = None

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
        """Read the dictionaries; write every song's names anew, and the earnings if they were made by other rates."""
        self._country = self._dictionary("country", "code", "u2")
        self._platform = self._dictionary("platform", "name", "u4")
        self._credit = self._dictionary("credit", "artists", "u4")
        self._song = SongDictionary(self._file.connection.execute(COUNTED_SONGS).fetchall())
        self._new_credits: dict[str, str] = {}
        self._last_fold = rollups.last_fold(self._file.connection)
        if pricing.outdated(self._file.connection, self._rates):
            self._reprice()
        self._renew_details()
        self._stand()

    def _stand(self) -> None:
        """Take the committed watermarks as those that hold from now on."""
        offsets = {partition: watermark.next_offset for partition, watermark in sorted(self.watermarks().items())}
        self._standing = Standing(offsets, {})

    def _dictionary(self, table: str, column: str, number_type: str) -> Dictionary:
        return Dictionary(table, number_type, self._file.connection.execute(f"SELECT {table}, {column} FROM {table} ORDER BY 1").fetchall())  # noqa: S608

    def reopen(self) -> None:
        """Forget everything in memory and read the file again, or begin a new one: what to do after any error."""
        self._settling.end()
        self._standing = None
        self._file.reopen()
        self._begin()

    def rebuild(self) -> None:
        """Start with an empty file."""
        self._settling.end()
        self._standing = None
        self._file.rebuild()
        self._begin()

    def close(self) -> None:
        """Close the file, with everything in it."""
        self._settling.end()
        self._file.close()

    def settle(self) -> None:
        """Begin to bring the sorted rollups up to date, in another thread, if it is worth it: answers get slower without."""
        self._settling.begin()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for one reader in one thread.

        Raises:
            Unavailable: there is no warehouse to read at this moment.
        """
        return self._file.connection.cursor()

    @property
    def standing(self) -> Standing | None:
        """What the facts hold: a snapshot that was taken while this stayed the same object holds it; None: a fold commits now."""
        return self._standing

    def suspect(self, error: Exception) -> bool:
        """Say whether *error* comes of damaged blocks; the flush then begins a new file."""
        return self._file.suspect(error)

    @property
    def suspected(self) -> bool:
        """Whether damaged blocks were met since the file was opened."""
        return self._file.suspected

    @property
    def size_bytes(self) -> int:
        """What the file has on the disk, its log included."""
        return self._file.size_bytes

    def positions(self) -> dict[TopicPosition, int]:
        """Return the first changelog offset that is not in the facts, by changelog partition."""
        rows = self._file.connection.execute("SELECT topic, kafka_partition, next_offset FROM position").fetchall()
        return {TopicPosition(topic, partition): offset for topic, partition, offset in rows}

    def watermarks(self) -> dict[int, Watermark]:
        """Return the watermark that the facts agree with, by partition."""
        rows = self._file.connection.execute("FROM watermark").fetchall()
        return {partition: Watermark(*figures) for partition, *figures in rows}

    def fold(self, batch: Batch) -> None:
        """Merge *batch* into the facts and move positions and watermarks with it: all of it or nothing.

        Raises:
            duckdb.Error: nothing was written; call `reopen`.
        """
        self._file.connection.begin()
        if daily := self._columns(batch.daily, _day_number):
            self._last_fold += 1
            merge_daily(self._file.connection, daily, self._rates, self._last_fold)
        if live := self._columns(batch.live, _second_number):
            merge_live(self._file.connection, live, self._rates)
        if batch.live and (newest_ms := max((watermark.newest_ms for watermark in batch.watermarks.values() if watermark), default=0)):
            newest = min(newest_ms / 1000, time.time())  # one producer with a wrong clock must not empty the table
            self._file.connection.execute("DELETE FROM live WHERE second < ?", [int(newest) - LIVE_SPAN_SECONDS])
        for (topic, partition), offset in batch.positions.items():
            self._file.connection.execute("DELETE FROM position WHERE topic = ? AND kafka_partition = ?", [topic, partition])
            self._file.connection.execute("INSERT INTO position VALUES (?, ?, ?)", [topic, partition, offset])
        for partition, watermark in batch.watermarks.items():
            self._file.connection.execute("DELETE FROM watermark WHERE kafka_partition = ?", [partition])
            if watermark is not None:
                self._file.connection.execute("INSERT INTO watermark VALUES (?, ?, ?, ?, ?, ?, ?)", [partition, *watermark])
        self._standing = None
        self._file.connection.commit()
        self._stand()

    def _columns(self, rows_by_partition: PartitionRows, window_number: Callable[[str], int]) -> Columns | None:
        """Return the rows as numbers, after the names that are new have got theirs; None: there are none."""
        parts = [self._numbers(partition, rows, window_number) for partition, rows in rows_by_partition.items() if rows]
        self._insert_new_names()
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else None

    def _numbers(self, partition: int, rows: Mapping[bytes, bytes], window_number: Callable[[str], int]) -> Columns:
        windows, countries, platforms, counted_credits, songs = zip(*unpack_keys(list(rows)), strict=True)
        columns = {
            "window_start": np.fromiter(map(window_number, windows), "i8", len(rows)),
            "kafka_partition": np.full(len(rows), partition, "u2"),
            "country": self._country.number(countries),
            "platform": self._platform.number(platforms),
            "credit": self._credit.number(counted_credits),
            "song": self._song.number_credited(songs, counted_credits),
            "plays": np.fromiter(map(int, rows.values()), "i8", len(rows)),
        }
        if self._song.new:
            self._new_credits.update(zip(songs, counted_credits, strict=True))
        return columns

    def _insert_new_names(self) -> None:
        if self._song.new:
            self._insert_details([(self._song.numbers[song], song, self._new_credits[song]) for song in self._song.new])
        self._new_credits.clear()
        for dictionary in (self._country, self._platform, self._credit, self._song):
            if dictionary.new:
                self._from_columns(dictionary.take_new(), f"INSERT INTO {dictionary.table} SELECT number, name FROM batch")  # noqa: S608

    def _reprice(self) -> None:
        """Write everything that was earned anew; the seconds of a few minutes are not worth it."""
        self._file.connection.begin()
        pricing.reprice(self._file.connection, self._rates)
        rollups.rebuild(self._file.connection)
        self._file.connection.execute("DELETE FROM live")
        self._file.connection.commit()

    def rename(self, songs: Songs) -> None:
        """Take names from *songs* from now on; nothing is done when they are the ones in use.

        Raises:
            duckdb.Error: the old names stand still; call `reopen`, which takes the new ones.
        """
        if songs is not self._songs:
            self._songs = songs
            self._renew_details()

    def _renew_details(self) -> None:
        """Write every counted song's details anew: the dimension may have changed since the file was written."""
        counted = self._file.connection.execute(COUNTED_SONGS).fetchall()
        self._file.connection.begin()
        self._file.connection.execute("DELETE FROM song_detail")
        self._file.connection.execute("DELETE FROM song_artist")
        self._insert_details(counted)
        self._file.connection.commit()

    def _insert_details(self, counted: Sequence[tuple[int, str, str]]) -> None:
        """Insert the details of songs given as number, external_id and counted credit."""
        if not counted:
            return
        details = [song_detail(external_id, self._songs.get(external_id), credit) for _, external_id, credit in counted]
        columns: Columns = {
            "song": np.array([number for number, _, _ in counted], "u4"),
            "external_id": np.array([external_id for _, external_id, _ in counted], object),
        }
        for name, values in zip(SongDetail._fields, zip(*details, strict=True), strict=True):
            columns[name] = np.array(values, object if isinstance(values[0], str) or name.endswith("_marks") else None)
        self._from_columns(columns, "INSERT INTO song_detail BY NAME SELECT * FROM batch")
        artists = [
            (number, external_id, artist, detail.artist_count)
            for (number, external_id, _), detail in zip(counted, details, strict=True)
            for artist in credited(detail.artists)
        ]
        if artists:
            numbers, ids, names, counts = zip(*artists, strict=True)
            columns = {
                "song": np.array(numbers, "u4"),
                "external_id": np.array(ids, object),
                "artist": np.array(names, object),
                "artist_folded": np.array([fold(name) for name in names], object),
                "artist_plain": np.array([plain(name) for name in names], object),
                "artist_marks": np.array([marks(plain(name)) for name in names], object),
                "artist_count": np.array(counts, "u2"),
            }
            self._from_columns(columns, "INSERT INTO song_artist BY NAME SELECT * FROM batch")

    def _from_columns(self, columns: Columns, statement: str) -> None:
        """Run *statement* with *columns* as the relation `batch`."""
        self._file.connection.register("batch", columns)
        self._file.connection.execute(statement)
        self._file.connection.unregister("batch")
