"""The embedded broker's jars: found by their Maven coordinates, held to a lock, kept in the user's cache.

`broker_jars.lock` names every jar by coordinate and SHA-256. A machine that has them needs no network; a machine that
has not gets exactly these, and any other file is refused by its name.

Another version of Kafka: change ROOTS, run `python -m app.broker_jars --renew`, read the difference, run the tests.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # jgo is imported where it downloads: a start that has its jars does without
    from jgo.maven import MavenContext

KAFKA_VERSION = "4.4.0"
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.slf4j:slf4j-simple:1.7.36",  # the version of the slf4j-api that Kafka depends on; writes the log to stderr
)
LOCK = Path(__file__).with_name("broker_jars.lock")
MAVEN_CENTRAL = "https://repo.maven.apache.org/maven2"
ATTEMPTS = 4
SECONDS_BETWEEN_LINES = 2

Say = Callable[[str], None]
Lock = Mapping[str, str]  # coordinate -> SHA-256 in hex


class BrokerError(Exception):
    """The embedded broker cannot do what was asked; the message says what came, what is allowed and what to do."""


def install(say: Say, *, cache: Path | None = None, lock: Path = LOCK, repository: str = MAVEN_CENTRAL) -> tuple[Path, ...]:
    """The jars of the class path, every one with the SHA-256 of *lock*, downloaded (45 MB) where they are missing.

    Processes that install at once wait for the first. What has arrived of a broken download is kept for the next.

    Raises:
        BrokerError: a download failed, or a jar is not the one that the lock names.
    """
    wanted = read_lock(lock)
    cache = cache or _user_cache()
    # Named by the lock too: a renewed lock never meets the jars of the old one.
    home = cache / f"kafka-{KAFKA_VERSION}-{_sha256(lock)[:8]}"
    if not home.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / "jars.lock"):
            if not home.is_dir():
                _download_all(wanted, home, repository, say)
    _verify(home, wanted)
    return tuple(sorted(home.glob("*.jar")))


def read_lock(path: Path) -> dict[str, str]:
    """SHA-256 by coordinate (`group:artifact:version`), from lines of `sha256  coordinate`."""
    lines = (line.split() for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {coordinate: sha256 for sha256, coordinate in lines}


def renew(path: Path, *, repository: str = MAVEN_CENTRAL) -> dict[str, str]:
    """Resolve ROOTS with everything that they need, write the lock to *path*, and return it."""
    with tempfile.TemporaryDirectory() as folder:
        maven = _maven(Path(folder), repository, lambda _: None)
        roots, needed = maven.resolver.resolve([maven.create_dependency(root) for root in ROOTS])
        artifacts = [dep.artifact for dep in (*roots, *needed) if dep.scope not in {"test", "provided", "system"}]
        lock = {str(a.component): _sha256(a.resolve()) for a in artifacts}
    head = "# Every jar of the embedded broker: SHA-256, Maven coordinate. Written by: python -m app.broker_jars --renew\n"
    path.write_text(head + "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(lock.items())), "utf-8")
    return lock


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold *path* against other processes; a process that dies lets go of it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download_all(wanted: Lock, home: Path, repository: str, say: Say) -> None:
    """Fill *home*, which appears whole or not at all: jars gather beside it and the folder is renamed at the end."""
    say(f"Kafka {KAFKA_VERSION}: downloading {len(wanted)} files from {repository} (about 45 MB, once)")
    part = home.with_suffix(".part")
    part.mkdir(exist_ok=True)
    missing = {name: sha256 for name, sha256 in wanted.items() if not _has(part / _file_name(name), sha256)}
    # A kill leaves half files behind, and jgo takes any file that exists for a whole one: always start from none.
    repo = home.with_suffix(".maven")
    shutil.rmtree(repo, ignore_errors=True)
    try:
        progress = _Progress(say, already=len(wanted) - len(missing), files=len(wanted))
        maven = _maven(repo, repository, progress.arrived)
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(_download, maven, name, sha256, part) for name, sha256 in missing.items()]
            try:
                for future in futures:
                    future.result()
                    progress.file_done()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        part.rename(home)
    finally:
        shutil.rmtree(repo, ignore_errors=True)
    say(f"Kafka {KAFKA_VERSION}: {len(wanted)} files are here, each with its SHA-256, in {home}")


def _download(maven: MavenContext, coordinate: str, sha256: str, folder: Path) -> None:
    group, name, version = coordinate.split(":")
    artifact = maven.project(group, name).at_version(version).artifact()
    for attempt in range(ATTEMPTS):
        try:
            jar = artifact.resolve()
            break
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors; jgo says RuntimeError for 404 and 503
            if artifact.cached_path:
                artifact.cached_path.unlink(missing_ok=True)
            if attempt == ATTEMPTS - 1:
                raise BrokerError(
                    f"cannot download {coordinate} from {maven.remote_repos['central']} after {ATTEMPTS} attempts: "
                    f"{error}. The first start needs the network once (HTTPS_PROXY is respected): check it and start "
                    "again; what has arrived is kept."
                ) from error
            time.sleep(0.5 * 2**attempt)
    _refuse_other(jar, sha256)
    jar.replace(folder / jar.name)


def _verify(home: Path, wanted: Lock) -> None:
    """Hash every jar (about 0.1 s): nothing runs that the lock does not name."""
    names = {_file_name(coordinate): sha256 for coordinate, sha256 in wanted.items()}
    found = {path.name: path for path in home.iterdir()}
    for kind, odd in (("is missing", names.keys() - found.keys()), ("is not in the lock", found.keys() - names.keys())):
        if odd:
            raise BrokerError(
                f"{', '.join(sorted(odd))} {kind}: {home} must hold exactly the {len(names)} jars that "
                f"{LOCK.name} names. Delete that folder and start again: they are downloaded anew."
            )
    for name, sha256 in names.items():
        _refuse_other(found[name], sha256)


def _refuse_other(jar: Path, sha256: str) -> None:
    actual = _sha256(jar)
    if actual != sha256:
        raise BrokerError(
            f"{jar.name} is refused: its SHA-256 is {actual}, {LOCK.name} allows only {sha256}. Delete {jar.parent} "
            "and start again; when the same comes back, what is downloaded is not what was locked: do not run it."
        )


def _maven(folder: Path, repository: str, arrived: Callable[[int], None]) -> MavenContext:
    # Not jgo.build(): it fetches a whole JDK 11 to sort jars into modules, and its class path holds only a part.
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - only a download needs it

    @contextmanager
    def progress(_file: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield arrived

    return MavenContext(
        resolver=PythonResolver(progress_callback=progress),
        repo_cache=folder,
        remote_repos={"central": repository},
        timeout=30,
    )


class _Progress:
    """Says how far a download is, every two seconds at most, from several threads."""

    def __init__(self, say: Say, *, already: int, files: int) -> None:
        self._say, self._done, self._files = say, already, files
        self._bytes = 0
        self._said = time.monotonic()
        self._mutex = threading.Lock()

    def arrived(self, count: int) -> None:
        with self._mutex:
            self._bytes += count
            if time.monotonic() - self._said < SECONDS_BETWEEN_LINES:
                return
            self._said = time.monotonic()
            line = f"Kafka {KAFKA_VERSION}: {self._bytes / 1e6:.0f} MB, {self._done} of {self._files} files"
        self._say(line)

    def file_done(self) -> None:
        with self._mutex:
            self._done += 1


def _file_name(coordinate: str) -> str:
    _group, name, version = coordinate.split(":")
    return f"{name}-{version}.jar"


def _has(path: Path, sha256: str) -> bool:
    return path.exists() and _sha256(path) == sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "artist360"


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.broker_jars", description=__doc__)
    parser.add_argument("--renew", action="store_true", help=f"resolve {' and '.join(ROOTS)} and write the lock anew")
    if not parser.parse_args().renew:
        parser.error("nothing to do: --renew writes the lock anew")
    before = read_lock(LOCK) if LOCK.exists() else {}
    after = renew(LOCK)
    for coordinate in sorted(before.keys() | after.keys()):
        if before.get(coordinate) != after.get(coordinate):
            sign = "+" if coordinate not in before else "-" if coordinate not in after else "changed"
            print(sign, coordinate)  # noqa: T201 - a command


if __name__ == "__main__":
    _main()
