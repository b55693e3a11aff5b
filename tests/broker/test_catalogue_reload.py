"""The catalogue reloads: songs that come late get their names without a restart, and a bad file changes nothing."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tables.dimension import GOOD_COPY
from tables.songs import Song, Songs, write_songs
from tests.broker.site import Site, play
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess

LATE = Song("late", "", ("Tiësto", "Sevenn"), "BOOM", "", "Together", "edm", 1.0)
LATER = Song("later", "", ("ROSALÍA",), "DESPECHÁ", "", "", "pop", 1.0)
BROKEN = b"id,external_id\n1,late\n"
REFUSED = 1


@pytest.fixture
def site(site: Site, songs: Songs) -> Site:
    """A site with a catalogue of its own."""
    site.songs = site.folder / "songs.csv"
    write_songs(site.songs, songs)
    return site


def test_a_song_that_comes_late_is_named_without_a_restart_and_a_bad_catalogue_takes_nothing_away(site: Site, songs: Songs) -> None:
    worker = site.worker().start().await_ready()
    send(site, worker, "late", 40)
    assert unmatched(worker) == 40
    assert "Tiësto" not in ranking(worker)

    write_songs(site.songs, [*songs, LATE])
    until(lambda: unmatched(worker) == 0, "the song is known", why=lambda: tail(worker.log))
    assert ranking(worker) == {"Tiësto": 40, "Sevenn": 40}
    assert f"the catalogue {site.songs} has {len(songs) + 1:,} songs now: 1 new" in worker.said
    send(site, worker, "late", 2)
    assert ranking(worker) == {"Tiësto": 42, "Sevenn": 42}
    assert credits_of(worker) == {"": 40, LATE.credit: 2}

    site.songs.write_bytes(BROKEN)
    await_said(worker, f"the catalogue {site.songs} has 1 problem, nothing of it was taken: line 1, header: 'id,external_id' came")
    send(site, worker, "late", 3)
    site.songs.unlink()
    await_said(worker, f"the catalogue {site.songs} is not there; the last good one stays in use, with {len(songs) + 1:,} songs")
    send(site, worker, "late", 3)
    assert ranking(worker) == {"Tiësto": 48, "Sevenn": 48}
    assert credits_of(worker) == {"": 40, LATE.credit: 8}
    assert worker.said.count("stays in use") == 2
    assert worker.running, "all of that in one process"

    worker.stop()
    worker.start().await_ready()
    await_said(worker, f"the catalogue {site.songs} is not there; the last good one is used, as {worker.settings.data / GOOD_COPY} has it")
    send(site, worker, "late", 1)
    assert ranking(worker) == {"Tiësto": 49, "Sevenn": 49}
    assert credits_of(worker) == {"": 40, LATE.credit: 9}

    write_songs(site.songs, [*songs, LATE._replace(artists=("Tiësto",)), LATER])
    until(lambda: ranking(worker) == {"Tiësto": 49}, "the mended catalogue is taken", why=lambda: tail(worker.log))
    assert f"the catalogue {site.songs} has {len(songs) + 2:,} songs now: 1 new, 1 changed" in worker.said
    worker.stop()


def test_of_a_catalogue_that_is_written_in_two_parts_the_first_is_not_taken(site: Site, songs: Songs) -> None:
    """Neither by a worker that counts nor by a server: each reads it by itself."""
    counting = site.worker("counting", role="count").start()
    server = site.worker("server", role="serve").start().await_ready()
    known = next(iter(songs)).external_id
    site.produce([play(known)] * 5)
    send(site, server, "late", 40)
    assert unmatched(server) == 40

    whole = bytes_of(site.folder / "whole.csv", [*songs, LATE])
    cut = len(whole) // 2
    cut += whole[cut:].index(b"/") + 1  # in the middle of a line, wherever the half of the bytes is
    with site.songs.open("wb") as file:
        file.write(whole[:cut])
        file.flush()
        for worker in (counting, server):
            await_said(worker, f"the catalogue {site.songs} has 1 problem, nothing of it was taken: ")
        site.produce([play(known)] * 5)
        send(site, server, "late", 2)
        assert unmatched(server) == 42
        file.write(whole[cut:])
    for worker in (counting, server):
        await_said(worker, f"the catalogue {site.songs} has {len(songs) + 1:,} songs now: 1 new")
    until(lambda: unmatched(server) == 0, "the song is known", why=lambda: tail(server.log))
    send(site, server, "late", 3)
    assert credits_of(server) == {"": 42, LATE.credit: 3}
    assert all(worker.running for worker in (counting, server))


@pytest.mark.parametrize("role", ["all", "count", "serve"])
def test_a_start_with_a_bad_catalogue_and_no_good_copy_is_refused_in_a_few_lines(site: Site, role: str) -> None:
    worker = site.worker(role=role)
    site.songs.write_bytes(BROKEN)
    assert worker.start().ended() == REFUSED
    first, second, third = worker.said.splitlines()
    assert first.startswith(f"NoCatalogue: the catalogue {site.songs} has 1 problem, nothing of it was taken: line 1, header: ")
    assert second == f"  and no copy of a good one is kept in {worker.settings.data / GOOD_COPY}"
    assert "mend the file, or name another one in ARTIST360_SONGS" in third


def send(site: Site, server: WorkerProcess, song: str, plays: int) -> None:
    """Send so many plays of *song*, and see them counted, served and conserved."""
    site.produce([play(song)] * plays)
    site.await_served(server)
    rows = server.conservation()
    assert [row["stored"] for row in rows] == [row["counted"] for row in rows] == [row["consumed"] for row in rows]
    assert sum(row["stored"] for row in rows) == sum(site.ends().values())


def unmatched(server: WorkerProcess) -> int:
    return int(server.get("totals")["data"][0]["unmatched"])


def ranking(server: WorkerProcess) -> dict[str, int]:
    """The artists of the late song with their plays of it."""
    return {row["artist"]: row["plays"] for row in server.get("ranking_by", by="artist", song_id="late")["data"] if row["artist"]}


def credits_of(server: WorkerProcess) -> Counter[str]:
    """What the late song's plays were counted under."""
    counted: Counter[str] = Counter()
    for row in server.get("facts", song_id="late", limit=1_000)["data"]:
        counted[row["artists"]] += row["plays"]
    return counted


def await_said(worker: WorkerProcess, words: str) -> None:
    until(lambda: words in worker.said, f"{worker.settings.worker} says: {words}", why=lambda: tail(worker.log))


def bytes_of(path: Path, songs: Iterable[Song]) -> bytes:
    write_songs(path, songs)
    return path.read_bytes()
