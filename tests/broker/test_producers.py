"""Producers of every kind: whatever compresses or brackets its plays, those that were committed count, once."""

from collections import Counter

from tests.broker.conftest import Plays
from tests.broker.recount import Recount
from tests.broker.site import Site, play
from tests.broker.truth import Truth
from tests.broker.worker_process import WorkerProcess

COMPRESSIONS = ("gzip", "snappy", "lz4", "zstd", "none")
PLAYS = 2_000


def test_plays_of_every_compression_count(site: Site, plays: Plays) -> None:
    for seed, compression in enumerate(COMPRESSIONS):
        site.produce(plays(PLAYS, seed=seed), compression_type=compression)
        site.produce([play(f"sent with {compression}")] * 10, compression_type=compression)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    truth = site.truth()
    assert len(truth.records) == len(COMPRESSIONS) * (PLAYS + 10)
    assert plays_by_song(worker, *(f"sent with {compression}" for compression in COMPRESSIONS)) == [10] * len(COMPRESSIONS)
    assert_counted(site, worker, truth)


def test_plays_of_an_aborted_transaction_never_count_and_committed_ones_between_them_do(site: Site, plays: Plays) -> None:
    worker = site.worker().start().await_ready()
    with site.producer(transactional_id=f"{site.name}-kept") as kept, site.producer(transactional_id=f"{site.name}-given-up") as given_up:
        for producer in (kept, given_up):
            producer.init_transactions(30)
        for number in range(6):
            kept.begin_transaction()
            given_up.begin_transaction()
            for seed in (10 * number, 10 * number + 5):
                site.send(kept, [*plays(200, seed=seed), *[play("kept")] * 10])
                site.send(given_up, [*plays(200, seed=seed + 1), *[play("given up")] * 10])
                site.produce([*plays(200, seed=seed + 2), *[play("outside")] * 10])
            given_up.abort_transaction(30)
            kept.commit_transaction(30)
    site.await_settled()
    site.await_served(worker)
    truth = site.truth()
    assert len(truth.records) == 6 * 2 * 2 * 210
    assert plays_by_song(worker, "kept", "given up", "outside") == [120, 0, 120]
    assert_counted(site, worker, truth)


def test_an_open_transaction_holds_up_its_partition_only_and_counts_when_it_is_committed(site: Site) -> None:
    worker = site.worker().start().await_ready()
    with site.producer(transactional_id=f"{site.name}-slow") as slow:
        slow.init_transactions(30)
        slow.begin_transaction()
        site.send(slow, [play("in the transaction")] * 20, partition=1)
        for partition in range(4):
            site.produce([play("beside it")] * 10, partition=partition)
        site.await_served(worker)
        assert plays_by_song(worker, "in the transaction", "beside it") == [0, 30]
        slow.commit_transaction(30)
    site.await_settled()
    site.await_served(worker)
    assert plays_by_song(worker, "in the transaction", "beside it") == [20, 40]
    assert_counted(site, worker, site.truth())


def test_a_topic_that_ends_in_control_records_alone_is_read_to_its_end(site: Site) -> None:
    site.produce([play()] * 20)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    with site.producer(transactional_id=f"{site.name}-nothing") as producer:
        producer.init_transactions(30)
        for _ in range(3):
            producer.begin_transaction()
            site.send(producer, [play()] * 20)
            producer.abort_transaction(30)
    site.await_settled()
    site.await_served(worker)
    assert all(row["lag"] == 0 for row in worker.conservation())
    assert plays_by_song(worker, "a song") == [20]


def plays_by_song(worker: WorkerProcess, *songs: str) -> list[int]:
    rows = worker.get("ranking_by", by="song_title", song_id=list(songs))["data"]
    counts = Counter({row["song_title"]: row["plays"] for row in rows})
    return [counts[song] for song in songs]


def assert_counted(site: Site, worker: WorkerProcess, truth: Truth) -> None:
    site.assert_changelog_is(truth)
    site.assert_rejected_once(truth)
    assert worker.get("totals")["data"][0]["plays"] == Recount(truth.catalogue, truth.plays).totals()["plays"]
