"""Damage: local state that cannot be read is set aside, to be looked at, and made again from the changelogs."""

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

NOT_DAMAGE = (
    "lock hold",  # RocksDB: another process has it open
    "Could not set lock",  # DuckDB: the same
    "different configuration",  # DuckDB: this process has it open
    "No space left",
    "File too large",
    "Disk quota exceeded",
    "Permission denied",
    "Read-only file system",
    "Too many open files",
)
"""What an error says that comes of the machine: the state behind it may be whole."""


def is_damage(error: Exception) -> bool:
    """Say whether *error*, met on opening local state, comes of the state itself."""
    return not any(words in str(error) for words in NOT_DAMAGE)


def set_aside(state: Path, why: object) -> Path:
    """Rename *state*, a file or a folder, out of the way; return where it is. What was set aside before is deleted: disks are finite."""
    for former in state.parent.glob(f"{state.name}.damaged-*"):
        shutil.rmtree(former) if former.is_dir() else former.unlink()
    kept = state.with_name(f"{state.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    state.rename(kept)
    log.error("%s is damaged (%s): it is kept as %s, and rebuilt from the changelog", state, why, kept.name)
    return kept
