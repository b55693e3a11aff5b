"""Dimension: the song dimension of a running process, the newest good catalogue of a file that may change at any time.

A changed file is read and checked beside and taken whole. While it is bad or missing the last good catalogue stays; a
copy of that in the data folder does so over restarts.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tables.songs import BadCatalogue, Songs, read_songs, write_songs

log = logging.getLogger(__name__)

GOOD_COPY = "songs.good.csv"
"""Name of the copy in the data folder."""
PATIENT_LOOKS = 10
"""A file that is written in place and lacks songs must stand still for so many looks: its writer may only have paused."""
PROBLEMS_NAMED = 3
"""In one line of a log; the command that it names shows all of them."""


class NoCatalogue(Exception):
    """The catalogue cannot be used, and neither can a copy of a good one: says why and what to do."""


class Stamp(NamedTuple):
    """What tells one state of a file from another without reading it."""

    inode: int
    size: int
    mtime_ns: int


class Dimension:
    """Holds the songs of the file *path*; without one it has none and never will.

    `now` may be asked from any thread; `open` and `look` belong to one thread at a time.
    """

    def __init__(self, path: Path | None, good_copy: Path) -> None:
        """Read nothing until `open`."""
        self._path, self._good_copy = path, good_copy
        self._songs = Songs()
        self._seen: Stamp | None = None
        """At the last look; None: there was no file."""
        self._still = 0
        """Looks since it changed."""
        self._judged: Stamp | None = None
        """Of what was taken, or refused, last."""
        self._refused = ""
        """What was last said against the file; empty while it is good."""
        self._untold = ""
        """What `open` found, for the first look: at that time there is a log."""
        self._to_copy = False
        self._copy_failed = False

    def now(self) -> Songs:
        """The newest good songs: another object after each change, the same one until then."""
        return self._songs

    def open(self) -> None:
        """Read the catalogue, or the copy of the last good one while it is bad.

        Raises:
            NoCatalogue: neither can be used.
        """
        if self._path is None:
            return
        self._seen = self._judged = _stamp(self._path)
        try:
            self._songs, self._to_copy = read_songs(self._path), True
        except (BadCatalogue, OSError) as error:
            self._judged = self._judgement(error)
            self._refused = _why(self._path, error)
            self._songs, self._untold = self._read_copy()

    def _read_copy(self) -> tuple[Songs, str]:
        """Return the copy's songs, and what to say of that."""
        try:
            songs, written = read_songs(self._good_copy), self._good_copy.stat().st_mtime
        except (BadCatalogue, OSError) as error:
            missing = isinstance(error, FileNotFoundError)
            copy = f"no copy of a good one is kept in {self._good_copy}" if missing else _why(self._good_copy, error)
            raise NoCatalogue(
                f"{self._refused}\n  and {copy}\n"
                f"  mend the file, or name another one in ARTIST360_SONGS (`artist360 songs generate` makes one up)"
            ) from error
        date = datetime.fromtimestamp(written, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return songs, f"the last good one is used, as {self._good_copy} has it of {date} UTC, with {_size(songs)}"

    def look(self) -> None:
        """Take the catalogue if it has changed and was the same at two looks: whoever writes it slowly has finished.

        Whatever is wrong is said once, and the last good songs stay.
        """
        if self._path is None:
            return
        if self._untold:
            log.error("%s; %s", self._refused, self._untold)
            self._untold = ""
        try:
            self._take_change(self._path)
        except Exception as error:  # noqa: BLE001  (whatever it is: the songs of before are better than none)
            self._judged = self._judgement(error)
            self._refuse(_why(self._path, error))
        if self._to_copy:
            self._copy()

    def _take_change(self, path: Path) -> None:
        seen, self._seen = self._seen, _stamp(path)
        self._still = self._still + 1 if self._seen == seen else 0
        if not self._still or self._seen == self._judged:
            return
        error: BadCatalogue | None = None
        songs = Songs()
        try:
            songs = read_songs(path)
        except BadCatalogue as problems:
            error = problems
        if _stamp(path) != self._seen:
            return  # it was written meanwhile
        if error is None and self._may_be_half(songs):
            return
        self._refused = ""  # a new state of the file: what is said of it is news
        if error:
            raise error
        self._judged = self._seen
        changes = what_changed(self._songs, songs)
        log.info("the catalogue %s has %s now: %s", path, _size(songs), changes or "the same as before")
        if changes:
            self._songs, self._to_copy, self._copy_failed = songs, True, False

    def _may_be_half(self, songs: Songs) -> bool:
        """Say whether *songs* look like the first part of a file that is still being written: one that is replaced has another inode."""
        in_place = self._seen is not None and self._judged is not None and self._seen.inode == self._judged.inode
        return in_place and self._still < PATIENT_LOOKS and any(songs.get(song.external_id) is None for song in self._songs)

    def _judgement(self, error: Exception) -> Stamp | None:
        """Return the state to wait for a change of; none when reading failed, which may heal without one."""
        return None if isinstance(error, OSError) else self._seen

    def _refuse(self, why: str) -> None:
        if why != self._refused:
            self._refused = why
            log.error("%s; the last good one stays in use, with %s", why, _size(self._songs))

    def _copy(self) -> None:
        """Keep the songs for a start with a bad catalogue; tried again at each look while it fails."""
        try:
            self._good_copy.parent.mkdir(parents=True, exist_ok=True)
            write_songs(self._good_copy, self._songs)
            self._to_copy = self._copy_failed = False
        except OSError as error:
            if not self._copy_failed:
                log.error("no copy of the catalogue can be kept in %s: %s. It is tried again", self._good_copy, error.strerror or error)
            self._copy_failed = True


def what_changed(before: Songs, after: Songs) -> str:
    """Return how *after* differs from *before*, as "12 new, 3 changed, 1 gone"; empty when each song is as it was."""
    counts = {
        "new": sum(before.get(song.external_id) is None for song in after),
        "changed": sum(before.get(song.external_id) not in (None, song) for song in after),
        "gone": sum(after.get(song.external_id) is None for song in before),
    }
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def _size(songs: Songs) -> str:
    return f"{len(songs):,} song{'' if len(songs) == 1 else 's'}"


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None  # reading it tells why
    return Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def _why(path: Path, error: Exception) -> str:
    """Return in one line what is wrong with the catalogue *path*."""
    if isinstance(error, BadCatalogue):
        problems = error.problems
        named = "; ".join(map(str, problems[:PROBLEMS_NAMED])) + ("; …" if len(problems) > PROBLEMS_NAMED else "")
        return (
            f"the catalogue {path} has {len(problems):,} problem{'s' if len(problems) > 1 else ''}, nothing of it was taken: {named}"
            f" (`artist360 songs check {path}` names all)"
        )
    if isinstance(error, FileNotFoundError):
        return f"the catalogue {path} is not there"
    said = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
    return f"the catalogue {path} cannot be read: {said}"
