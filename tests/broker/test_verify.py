"""Verify: a recount agrees with every number while plays arrive, finds one that was changed, and says what it cannot prove."""

import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.audit import CannotProve, FactKey, Recount
from tables.songs import read_songs
from tests.broker.conftest import Plays
from tests.broker.site import Site, play
from tests.broker.test_rejected import POISON
from tests.broker.worker_process import ROOT, WorkerProcess
from tests.faults.planted import a_play_moved_in_memory

VERIFY_SECONDS = 60


def verify(site: Site, worker: WorkerProcess, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an auditor does."""
    where = ["--server", worker.url, "--broker", site.broker, "--topic", site.topic, "--data", str(worker.settings.data)]
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "verify", *where, "--songs", str(site.songs), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=VERIFY_SECONDS,
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(done.stdout)
    return read


@contextmanager
def meanwhile(send: Callable[[], None]) -> Iterator[None]:
    """Call *send* ten times a second while the block runs."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(0.1):
            send()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_every_number_agrees_while_plays_keep_arriving(site: Site, plays: Plays) -> None:
    site.produce([*plays(40_000, seed=11), *POISON])
    worker = site.worker(slice_records=500).start().await_ready()
    site.await_served(worker)
    ends, more = site.ends(), plays(500, seed=12)
    with site.producer() as producer, meanwhile(lambda: site.send(producer, more)):
        done = verify(site, worker, "--json")
    verdict = document(done)
    assert done.returncode == 0, verdict
    assert verdict["verdict"] == "agrees"
    assert re.fullmatch(
        r"[\d,]+ plays on 4 partitions below watermarks 0:\d+ 1:\d+ 2:\d+ 3:\d+: every number agrees",
        verdict["summary"],
    )
    assert all(verdict["watermarks"][str(partition)] >= end for partition, end in ends.items())  # what came meanwhile may be in or not
    truth = site.truth()
    below = {int(partition): watermark for partition, watermark in verdict["watermarks"].items()}
    assert verdict["plays"] == sum(truth.daily_below(below).values())
    assert verdict["rejected"] == sum(record.offset < below[record.partition] for record in truth.rejected)
    assert set(verdict["compared"]) == {
        *("conservation", "totals", "evolution", "facts"),
        *("artist", "song_title", "album_name", "country", "source", "genre"),
    }


def test_one_pass_counts_what_is_below_each_of_several_watermarks(site: Site, plays: Plays) -> None:
    site.produce([*plays(4_000, seed=14), *POISON])
    truth = site.truth()
    vectors = [tuple(truth.ends[partition] * part // 7 for partition in range(4)) for part in range(8)]
    recount = Recount({"bootstrap.servers": site.broker, "group.id": site.name}, site.topic, vectors, print)
    recount.find_starts()
    recount.read()
    recount.close()
    assert recount.starts == dict.fromkeys(truth.ends, 0)
    for vector, counts in recount.at_each_vector():
        below = dict(enumerate(vector))
        facts = Counter[FactKey]()
        for (partition, day, country, source, _, song), number in truth.daily_below(below).items():
            facts[day, song, country, source, partition] += number
        assert Counter({key: number for day in counts.by_date.values() for key, number in day.items()}) == facts
        assert counts.consumed.total() == sum(record.offset < below[record.partition] for record in truth.records)
        assert counts.plays == facts.total()
    assert counts.rejected.total() == len(truth.rejected) > 0


def test_a_topic_that_is_shorter_than_what_was_counted_cannot_prove_it(site: Site) -> None:
    site.produce([play()] * 5, 2)
    recount = Recount({"bootstrap.servers": site.broker, "group.id": site.name}, site.topic, [(0, 0, 7, 0)], print)
    with pytest.raises(CannotProve, match=r"^cannot prove partition 2, offsets 5\.\.6: .* ends at 5 now"):
        recount.find_starts()
    recount.close()


def test_partitions_of_a_topic_that_was_just_made_are_waited_for(site: Site) -> None:
    """The broker takes records for some partitions before it leads the others: it said so of one in six such topics."""
    for number in range(20):
        new = Site(site.broker, site.folder, site.songs, f"{site.name}-{number}", partition_count=16)
        new.create_topic()
        new.produce([play()], 2)
        recount = Recount({"bootstrap.servers": site.broker, "group.id": new.name}, new.topic, [(0,) * 16], print)
        recount.find_starts()
        recount.close()
        assert recount.starts == dict.fromkeys(range(16), 0)


def test_offsets_of_aborted_transactions_and_markers_are_no_plays_to_either(site: Site) -> None:
    with site.producer(transactional_id=site.name) as producer:
        producer.init_transactions()
        for aborted in (False, True, False, True):
            producer.begin_transaction()
            site.send(producer, [play()] * 100)
            (producer.abort_transaction if aborted else producer.commit_transaction)()
    site.await_settled()
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    done = verify(site, worker)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("200 plays on 4 partitions below watermarks ")


def test_one_play_that_was_moved_behind_the_servers_back_is_found_and_named(site: Site, plays: Plays) -> None:
    site.produce(plays(3_000, seed=13))
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    worker.stop()
    catalogue = read_songs(site.songs)
    song = move_a_play(worker.settings.data / "warehouse.duckdb", [song.external_id for song in catalogue])
    named = catalogue.get(song)
    assert named is not None
    worker.start().await_ready()
    done = verify(site, worker)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert re.search(r": \d+ numbers differ$", lines[-1])
    assert [line for line in lines if line.startswith("facts ") and f"'{song}'" in line]
    (line,) = [line for line in lines if line.startswith("by=song_title ") and f"'{song}'" in line]
    assert named.title in line
    served, recounted = map(int, re.findall(r"(?:served|recounted) (\d+)", line))
    assert served - recounted == 1
    assert {line.split()[0] for line in lines if ": served " in line} >= {"evolution", "by=country", "by=source"}


def move_a_play(path: Path, songs: list[str]) -> str:
    """Take a play from one key and give it to another key, of one of *songs*, so that the sums stay; return that song."""
    with duckdb.connect(str(path)) as connection:
        found = connection.execute(
            "SELECT poor.rowid, rich.rowid, external_id FROM daily AS poor JOIN daily AS rich USING (kafka_partition)"
            " JOIN song ON song.song = rich.song"
            " WHERE external_id IN (SELECT unnest(?))"
            " AND poor.song <> rich.song AND poor.day <> rich.day AND poor.country <> rich.country AND poor.platform <> rich.platform"
            " LIMIT 1",
            [songs],
        ).fetchone()
        assert found is not None
        connection.execute("UPDATE daily SET plays = plays - 1 WHERE rowid = ?", [found[0]])
        connection.execute("UPDATE daily SET plays = plays + 1 WHERE rowid = ?", [found[1]])
        return str(found[2])


def test_one_play_that_was_moved_in_memory_alone_is_found_and_named(site: Site, plays: Plays) -> None:
    site.produce(plays(3_000, seed=17))
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    worker.stop()
    worker.bends = {"BENT_BUG": a_play_moved_in_memory.__name__}
    worker.start().await_ready()
    done = verify(site, worker)
    assert done.returncode == 1, done.stderr
    moved = [re.search(r"served (\d+)\D+(\d+)", line) for line in done.stdout.splitlines() if line.startswith("by=song_title ")]
    assert sorted(int(found[1]) - int(found[2]) for found in moved if found) == [-1, 1]


def test_what_retention_took_cannot_be_proven_and_is_named_by_its_offsets(site: Site) -> None:
    for partition in range(4):
        site.produce([play()] * 50, partition)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    site.delete_records({1: 20, 3: 50})
    done = verify(site, worker)
    assert done.returncode == 2
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [
        "cannot prove partition 1, offsets 0..19",
        "cannot prove partition 3, offsets 0..49",
    ]
    assert document(verify(site, worker, "--json"))["verdict"] == "cannot prove"


def test_what_was_gone_before_counting_began_is_not_missed(site: Site) -> None:
    site.produce([play("gone")] * 400)
    site.delete_records(site.ends())
    site.produce([play("there")] * 40)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    done = verify(site, worker)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 plays" in done.stdout


def test_without_server_token_or_catalogue_nothing_is_proven(site: Site, tmp_path: Path) -> None:
    nobody = site.worker("nobody")
    for missing, said in (("data", "there is no token in"), ("server", "no server answers at"), ("songs", "the catalogue cannot be read")):
        if missing != "data":
            nobody.settings.data.mkdir(exist_ok=True)
            (nobody.settings.data / "admin.token").write_text("a360_abcdefghij23_" + "x" * 43)
        (tmp_path / "empty.csv").write_text("")
        done = verify(site, nobody, *(["--songs", str(tmp_path / "empty.csv")] if missing == "songs" else []))
        assert done.returncode == 2
        assert said in done.stderr
