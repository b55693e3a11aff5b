"""The transport and the store: what they touch inside Faust, aiokafka and rocksdict still does what they count on."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from aiokafka.consumer.fetcher import READ_COMMITTED, Fetcher, OffsetResetStrategy
from faust.types import TP
from rocksdict import Cache

from app.transport import Consumer, Slice
from app.worker import Worker, new_worker
from tables.store import OFFSET_KEY, Rows, open_rocksdb
from tests.broker.conftest import Plays
from tests.broker.site import PARTITIONS, Site, play
from tests.broker.waiting import GENEROUS_SECONDS, until

SLICE_RECORDS = 300
COMMITTED_SECONDS = 8.0
"""Faust commits each second; a commit that took one slice only would need 40."""


class Seen:
    """A worker that only notes its slices, from *starts* on."""

    def __init__(self, starts: Mapping[int, int]) -> None:
        self.starts = starts
        self.slices: list[Slice] = []
        self.epochs: list[int] = []
        self.reason_unready = ""

    def seeked(self, epoch: int) -> Mapping[int, int]:
        self.epochs.append(epoch)
        return self.starts

    def rebalance(self) -> None: ...

    async def close(self) -> None: ...

    def of(self, partition: int) -> list[Slice]:
        return [each for each in self.slices if each.partition == partition]

    def reached(self) -> dict[int, int]:
        """The end of each partition's last slice."""
        return {**self.starts, **{each.partition: each.next for each in self.slices}}


@asynccontextmanager
async def running(site: Site, starts: Mapping[int, int]) -> AsyncIterator[tuple[Worker, Seen]]:
    """Run the product's Faust application on its transport, in this process, with an agent that notes."""
    settings = site.worker(role="count", slice_records=SLICE_RECORDS).settings
    worker, seen = new_worker(settings), Seen(starts)
    worker.ledgers = cast(Any, seen)

    @worker.agent(worker.topic(settings.topic, key_serializer="raw", value_serializer="raw"), concurrency=1)
    async def note(slices: Any) -> None:
        async for each in slices:
            seen.slices.append(each)

    worker.finalize()
    await worker.start()
    try:
        yield worker, seen
    finally:
        await worker.stop()


async def reached(site: Site, seen: Seen) -> None:
    ends = site.ends()
    async with asyncio.timeout(GENEROUS_SECONDS):
        while seen.reached() != ends:  # noqa: ASYNC110 - the condition is Kafka's
            await asyncio.sleep(0.02)


async def test_slices_follow_on_each_other_and_hold_every_committed_record(site: Site, plays: Plays) -> None:
    sent = plays(4_000, seed=1)
    site.produce(sent)
    with site.producer(transactional_id=f"{site.name}-both") as producer:
        producer.init_transactions(30)
        for number in range(4):
            producer.begin_transaction()
            site.send(producer, [play(f"transaction {number}")] * 200)
            producer.commit_transaction(30) if number % 2 else producer.abort_transaction(30)
    site.await_settled()
    starts = dict.fromkeys(range(PARTITIONS), 0)
    async with running(site, starts) as (_, seen):
        await reached(site, seen)
        # Control records alone, at the end of a partition where nothing else comes.
        idle = seen.reached()
        await asyncio.to_thread(abort_some, site)
        await reached(site, seen)
    truth = site.truth()
    for partition, end in truth.ends.items():
        slices = seen.of(partition)
        assert [each.start for each in slices] == [0, *(each.next for each in slices[:-1])]
        assert slices[-1].next == end
        assert all(each.start <= record.offset < each.next for each in slices for record in each.records)
        records = [(record.offset, record.value, record.timestamp) for each in slices for record in each.records]
        assert records == [(each.offset, each.value, each.timestamp) for each in truth.records if each.partition == partition]
        assert all(len(each.records) <= SLICE_RECORDS for each in slices)
        assert [record for each in slices if each.start >= idle[partition] for record in each.records] == []
        assert {each.epoch for each in slices} == {seen.epochs[-1]}


async def test_consuming_starts_where_the_application_says_whatever_the_group_committed(site: Site) -> None:
    for partition in range(PARTITIONS):
        site.produce([play(f"play {number}") for number in range(100)], partition=partition)
    async with running(site, dict.fromkeys(range(PARTITIONS), 0)) as (_, seen):
        await reached(site, seen)
        await asyncio.to_thread(until, lambda: site.committed() == dict.fromkeys(range(PARTITIONS), 100), "the group has committed all")
    starts = {0: 10, 1: 20, 2: 99, 3: 100}
    async with running(site, starts) as (_, seen):
        await reached(site, seen)
    assert {partition: [record.offset for each in seen.of(partition) for record in each.records] for partition in starts} == {
        partition: list(range(start, 100)) for partition, start in starts.items()
    }


async def test_the_fetcher_reads_committed_records_and_never_resets_an_offset_that_is_gone(site: Site) -> None:
    site.produce([play()] * 8)
    async with running(site, dict.fromkeys(range(PARTITIONS), 0)) as (worker, seen):
        await reached(site, seen)
        consumer = cast(Consumer, worker.consumer)
        inside = consumer._thread._ensure_consumer()  # noqa: SLF001 - the private parts are what this is about
        assert inside._fetcher._isolation_level == READ_COMMITTED  # noqa: SLF001
        assert inside._fetcher._fetch_max_wait_ms == inside._fetch_max_wait_ms == 200  # noqa: SLF001
        assert inside._fetcher._fetch_min_bytes == inside._fetch_min_bytes == 262_144  # noqa: SLF001
        assert inside._fetcher._default_reset_strategy == OffsetResetStrategy.NONE  # noqa: SLF001
        assert await consumer.highwaters(TP(site.topic, 0)) == {TP(site.topic, 0): 0}
        source = inspect.getsource(Fetcher)
        assert source.count("self._default_reset_strategy") == 5, "aiokafka uses the reset strategy in another place: see seek_slices"


def test_the_groups_committed_offset_follows_at_once_for_tools_that_show_lag(site: Site, plays: Plays) -> None:
    worker = site.worker(role="count", slice_records=50).start()
    for seed in (3, 4):
        site.produce(plays(8_000, seed=seed))  # some 40 slices a partition, many a commit
        abort_some(site)
        site.await_counted()
        until(
            lambda: site.committed() == site.ends(),
            "the group's lag is 0",
            within=COMMITTED_SECONDS,
            why=lambda: f"{site.committed()} {site.ends()}",
        )
    worker.stop()
    assert site.committed() == site.ends()


def test_rows_and_the_offset_that_they_reach_are_written_as_one(tmp_path: Path) -> None:
    database = open_rocksdb(tmp_path / "rows.db", Cache(1 << 20))
    rows = Rows(TP("changelog", 0), database)
    assert (rows.changelog_offset, rows.values([b"a"]), rows.values([])) == (0, [None], [])
    rows.write([(b"a", b"1"), (b"b", b"2")], through=7)
    rows.write([(b"a", b"3"), (b"b", None)], through=9)
    assert (rows.changelog_offset, rows.values([b"b", b"a"])) == (10, [None, b"3"])
    database.close()

    database = open_rocksdb(tmp_path / "rows.db", Cache(1 << 20))
    rows = Rows(TP("changelog", 0), database)
    assert (rows.changelog_offset, rows.values([b"b", b"a"])) == (10, [None, b"3"])
    rows.write([(b'["2026-01-01 00:00:00"]', b"1"), (b'["2026-01-01 00:00:01"]', b"2")], through=10)
    rows.forget_before(b'["2026-01-01 00:00:01')
    assert rows.values([b'["2026-01-01 00:00:00"]', b'["2026-01-01 00:00:01"]']) == [None, b"2"]
    assert rows.changelog_offset == 11, f"{OFFSET_KEY!r} is no row that expires"
    database.close()


def abort_some(site: Site) -> None:
    """End every partition in control records."""
    with site.producer(transactional_id=f"{site.name}-aborts") as producer:
        producer.init_transactions(30)
        producer.begin_transaction()
        for partition in range(PARTITIONS):
            site.send(producer, [play("aborted")] * 5, partition=partition)
        producer.abort_transaction(30)
    site.await_settled()
