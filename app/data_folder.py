"""Data folder: held by one process at a time, and known again by the identity that is kept in it."""

import fcntl
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Self

LOCK = "worker.lock"
IDENTITY = "identity"
_IDENTITY = re.compile(r"[0-9a-f]{16}")


class Held(Exception):
    """Another process holds the folder."""

    def __init__(self, holder: str) -> None:
        self.holder = holder or "unknown"  # empty for a moment, until it has written who it is
        """Its process id."""
        super().__init__(f"process {self.holder} holds it")


class FolderTaken(Exception):
    """The data folder is another worker's: says whose and what to do."""


class Hold:
    """A folder that this process holds by a lock on one of its files, until it lets go or dies, however it dies."""

    def __init__(self, lock: Path) -> None:
        """Take the lock, and say in the file who has it.

        Raises:
            Held: another process has it.
        """
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._file = lock.open("a+")
        self._file.seek(0)
        holder = self._file.read().strip()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Held(holder) from None
        self.abandoned = bool(holder)
        """Whether the last one that held it was killed."""
        self._file.truncate(0)
        with suppress(OSError):  # a full disk: the lock holds all the same
            os.write(self._file.fileno(), b"%d\n" % os.getpid())

    def let_go(self) -> None:
        """Leave the folder to the next one."""
        self._file.truncate(0)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()


def hold_data_folder(data: Path) -> Hold:
    """Hold *data* for a worker, whatever its role: RocksDB, DuckDB and the place in the group are one process's.

    Raises:
        FolderTaken: another worker has it.
    """
    try:
        return Hold(data / LOCK)
    except Held as held:
        raise FolderTaken(
            f"the data folder {data} belongs to a worker that runs, process {held.holder}: stop that one, "
            "or give this one an ARTIST360_DATA of its own"
        ) from None


def identity(data: Path) -> str:
    """Return what tells *data* from every other data folder, made at its first start. Hold the folder first."""
    path = data / IDENTITY
    kept = path.read_text("utf-8", "replace").strip() if path.exists() else ""
    if _IDENTITY.fullmatch(kept):
        return kept
    made = secrets.token_hex(8)  # a damaged one costs a start ten seconds, until the group has forgotten it
    path.write_text(f"{made}\n", "utf-8")
    return made
