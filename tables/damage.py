"""Damage: local state that cannot be read is set aside, to be looked at, and made again from the changelogs."""

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

_IN_USE = "another process has it open: stop that one, or give this one a data folder of its own (ARTIST360_DATA)"
_FULL = "there is no room for what must be written: make some on its disk"
_FORBIDDEN = "this process may not: let its user read and write the data folder"
NOT_DAMAGE = {
    "lock hold": _IN_USE,  # RocksDB, in this process
    "While lock file": _IN_USE,  # RocksDB
    "Could not set lock": _IN_USE,  # DuckDB
    "different configuration": _IN_USE,  # DuckDB, in this process
    "No space left": _FULL,
    "File too large": _FULL,
    "Disk quota exceeded": _FULL,
    "Permission denied": _FORBIDDEN,
    "Operation not permitted": _FORBIDDEN,
    "Read-only file system": _FORBIDDEN,
    "Too many open files": "too many files are open: raise the limit (`ulimit -n`)",
    "Cannot allocate memory": "there is no memory for it: give the machine more",
    "Out of Memory": "there is no memory for it: give the machine more",
}
"""What an error says that comes of the machine, and the way out: the state behind it may be whole."""


class Unopenable(Exception):
    """Local state cannot be opened, and not for being damaged: says what is in the way."""


def in_the_way(error: Exception) -> str:
    """Return what keeps whole state from being opened or written, with the way out; empty when *error* comes of the state itself."""
    return next((way_out for words, way_out in NOT_DAMAGE.items() if words in str(error)), "")


def set_aside(state: Path, why: object) -> Path:
    """Rename *state*, a file or a folder, out of the way; return where it is. What was set aside before is deleted: disks are finite."""
    for former in state.parent.glob(f"{state.name}.damaged-*"):
        shutil.rmtree(former) if former.is_dir() else former.unlink()
    kept = state.with_name(f"{state.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    state.rename(kept)
    log.error("%s is damaged (%s): it is kept as %s, and rebuilt from the changelog", state, " ".join(str(why).split()), kept.name)
    return kept
