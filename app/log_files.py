"""Log files: kept bounded by whoever looks after the process that writes them, since they share the disk with what is counted."""

import shutil
from contextlib import suppress
from pathlib import Path

LOG_BYTES_MOST = 32 << 20
"""Some hundred thousand requests."""


def previous(log: Path) -> Path:
    """Return where the lines before those of *log* are kept."""
    return log.with_suffix(".log.1")


def bound(log: Path) -> bool:
    """Move what *log* holds to `previous` once that is more than LOG_BYTES_MOST, and say whether it was.

    The file stays the same one, emptied: its writer has it open for appending and goes on at its beginning. Lines that come between
    the copy and the cut are lost. Where there is no room for the copy, all of them are: counting needs the room more.
    """
    try:
        if log.stat().st_size <= LOG_BYTES_MOST:
            return False
    except FileNotFoundError:
        return False
    kept = previous(log)
    try:
        shutil.copyfile(log, kept)
    except OSError:
        with suppress(OSError):
            kept.unlink()
    with suppress(OSError):  # gone meanwhile, or somebody else's now
        with log.open("r+b") as file:
            file.truncate(0)
        return True
    return False
