"""The warehouse's file: opened, held against itself, and made anew when it is damaged. It is derived: nothing is lost with it."""

import logging
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import duckdb

from tables.damage import Unopenable, in_the_way, set_aside

log = logging.getLogger(__name__)

SCHEMA_VERSION = 7
SETTINGS = {
    "threads": "1", "memory_limit": "384MB", "preserve_insertion_order": "false", "enable_external_access": "false",
    "checkpoint_threshold": "1TB",
}  # fmt: skip
"""The flush is its one busy user, and what answers read is in memory: a thread and few cached blocks are enough. DuckDB would begin a
checkpoint by what it reckons that a commit takes, which for updates is much too much: it would make one at each fold."""
LOG_MOST_BYTES = 16 << 20
"""The write-ahead log becomes part of the file when it has grown to this, in a tenth of a second; in up to one if all days changed."""
CONTRADICTION = """
SELECT kafka_partition, counted, coalesce(stored, 0)::BIGINT
FROM watermark LEFT JOIN (SELECT kafka_partition, sum(plays) AS stored FROM daily GROUP BY kafka_partition) USING (kafka_partition)
WHERE counted <> coalesce(stored, 0)
"""

NOT_OPEN = "the warehouse is being opened, or the server stops"
UNREADABLE = ("corrupt", "checksum", "could not read enough bytes")
"""What an error says that comes of damaged blocks."""


class Unavailable(Exception):
    """There is no warehouse to read at this moment: it is being opened again, read into memory, or closed for good."""


class Contradiction(Exception):
    """The file, or the memory that was made of it, holds other plays than its watermarks say."""


class WarehouseFile:
    """One DuckDB file with its write-ahead log."""

    def __init__(self, path: Path) -> None:
        """Be for *path*; nothing is opened until `open`."""
        self.path = path
        self._log = Path(f"{path}.wal")
        self._suspected = False
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The writer's connection.

        Raises:
            Unavailable: it is closed.
        """
        if self._connection is None:
            raise Unavailable(NOT_OPEN)
        return self._connection

    @property
    def size_bytes(self) -> int:
        """What it has on the disk, its log included."""
        size = 0
        for file in (self.path, self._log):
            with suppress(FileNotFoundError):  # the writer's thread takes the log away when it becomes part of the file
                size += file.stat().st_size
        return size

    def open(self) -> None:
        """Open the file, or create it; one that is damaged, contradicts itself or is of another version is made anew.

        Raises:
            Unopenable: the machine does not let it be opened: another process has it, or the disk is full.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and not self.path.exists():
            set_aside(self._log, "the file that it belongs to is gone")
        try:
            self._connection = self._connect()
        except (duckdb.Error, Contradiction) as error:
            if way_out := in_the_way(error):
                raise Unopenable(f"{self.path} cannot be opened ({error}): {way_out}") from error
            self._set_aside(error)
            self._connection = self._connect()
        self._suspected = False

    def commit(self) -> None:
        """Commit the writer's transaction, and make a checkpoint when the log has grown enough."""
        self.connection.commit()
        if self._log.exists() and self._log.stat().st_size > LOG_MOST_BYTES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Let the log become part of the file."""
        self.connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Close the file, with everything in it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def reopen(self) -> None:
        """Close the file and open it again; when its blocks were found to be damaged, begin a new one."""
        suspected = self._suspected
        self.close()
        if suspected:
            self._set_aside("a block of it cannot be read")
        self.open()

    def rebuild(self) -> None:
        """Start with an empty file."""
        self.close()
        for file in (self.path, self._log):
            file.unlink(missing_ok=True)
        self.open()

    def suspect(self, error: Exception) -> bool:
        """Remember whether *error*, met in reading or writing, comes of damaged blocks; say so."""
        damaged = isinstance(error, (duckdb.SerializationException, duckdb.InternalException)) or (
            isinstance(error, duckdb.Error) and any(words in str(error).lower() for words in UNREADABLE)
        )
        if damaged:
            self._suspected = True
        return damaged

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.path), config=dict(SETTINGS))
        try:
            version = _version(connection)
            if version not in (None, SCHEMA_VERSION):
                log.warning("%s has schema version %s, this program writes %s: rebuilding it", self.path, version, SCHEMA_VERSION)
                connection.close()
                for file in (self.path, self._log):
                    file.unlink(missing_ok=True)
                return self._connect()
            connection.execute("SET lock_configuration = true")
            connection.begin()
            connection.execute(files("tables").joinpath("schema.sql").read_text())
            if version is None:
                connection.execute("INSERT INTO schema_version VALUES (?)", [SCHEMA_VERSION])
            connection.commit()
            _hold_against_itself(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self, why: object) -> None:
        for file in (self.path, self._log):
            if file.exists():
                set_aside(file, why)


def _hold_against_itself(connection: duckdb.DuckDBPyConnection) -> None:
    for partition, counted, stored in connection.execute(CONTRADICTION).fetchall():
        raise Contradiction(f"partition {partition} holds {stored} plays, and its watermark says {counted}")


def _version(connection: duckdb.DuckDBPyConnection) -> int | None:
    try:
        row = connection.execute("SELECT version FROM schema_version").fetchone()
    except duckdb.CatalogException:
        return None
    return row[0] if row else None
