"""A site: one application on the session's broker, with its own topics, catalogue and workers, and the truth about it."""

import json
import random
import shutil
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import duckdb
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource  # type: ignore[attr-defined]  # not in its __all__
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.cimpl import NewTopic

from app.settings import Settings
from tests.broker.truth import (
    OUTAGE,
    Catalogue,
    Fact,
    Record,
    Truth,
    changelog_facts,
    committed_reader,
    read_catalogue,
    read_topic,
    record_of,
)
from tests.broker.waiting import GENEROUS_SECONDS, tail, until
from tests.broker.worker_process import WorkerProcess

PARTITIONS = 4
WATERMARK_KEY = b'["watermark"]'
ANSWER_SECONDS = 30.0
NO_COORDINATOR = {KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}
"""What a broker says of a group that nobody has joined yet, or while it reads what it has of it."""
Heard = Callable[[KafkaError | None, Message], None]
LOG_LEVEL = 2
"""Of the clients: they outlive the broker by a moment, and say so."""


class Mark(NamedTuple):
    """A watermark record of the daily changelog."""

    next_offset: int = 0
    consumed: int = 0
    counted: int = 0
    rejected: int = 0


class Stored(NamedTuple):
    """What a DuckDB file holds."""

    daily: dict[Fact, int]
    live: dict[Fact, int]
    watermarks: dict[int, Mark]


@dataclass
class Site:
    """See the module. *name* makes its topics and its consumer group its own."""

    broker: str
    folder: Path
    songs: Path
    name: str = field(default_factory=lambda: f"site-{uuid4().hex[:10]}")
    partition_count: int = PARTITIONS
    workers: list[WorkerProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalogue: Catalogue = read_catalogue(self.songs)
        self.admin = self._new_admin()
        self._sent = random.Random(self.name)
        self._marks = Marks(self)

    def _new_admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.broker, "log_level": LOG_LEVEL})

    # -- topics and plays

    @property
    def topic(self) -> str:
        return f"{self.name}-plays"

    @property
    def changelog(self) -> str:
        """That of the daily table."""
        return f"{self.name}-daily-changelog"

    def create_topic(self) -> None:
        self.admin.create_topics([NewTopic(self.topic, self.partition_count, 1)])[self.topic].result(ANSWER_SECONDS)
        until(lambda: len(self.partitions(self.topic)) == self.partition_count, "the new topic can be used")

    def delete_topic(self) -> None:
        self.admin.delete_topics([self.topic])[self.topic].result(ANSWER_SECONDS)
        until(lambda: not self.partitions(self.topic), "the topic is gone")

    def delete_records(self, before: Mapping[int, int], topic: str = "") -> None:
        """Let retention of *topic*, by default the plays', pass *before*, by partition."""

        def deleted() -> bool:
            try:
                for done in self.admin.delete_records([TopicPartition(topic or self.topic, *at) for at in before.items()]).values():
                    done.result(ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.POLICY_VIOLATION:
                    raise
                return False  # its log does not have the policy yet that the topic was given
            return True

        until(deleted, "records may be deleted")

    def configure(self, topic: str, config: Mapping[str, str]) -> None:
        """Change settings of *topic*, and see that the broker has taken them."""
        entries = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in config.items()]
        change = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
        self.admin.incremental_alter_configs([change])[change].result(ANSWER_SECONDS)

        def told() -> bool:
            asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
            found = self.admin.describe_configs([asked])[asked].result(ANSWER_SECONDS)
            return all(found[key].value == value for key, value in config.items())

        until(told, f"the broker tells the new settings of {topic}")

    def produce(self, values: Iterable[bytes | None], partition: int | None = None, **options: str | int) -> None:
        """Send *values*, to random partitions unless one is given, and see them acknowledged."""
        with self.producer(**options) as producer:
            self.send(producer, values, partition)

    @contextmanager
    def producer(self, **options: str | int) -> Iterator[Producer]:
        """A client that has delivered all it was given when the block ends; *options* with underscores for dots."""
        settings = {name.replace("_", "."): value for name, value in options.items()}
        producer = Producer(
            {"bootstrap.servers": self.broker, "log_level": LOG_LEVEL, "linger.ms": 20, "queue.buffering.max.messages": 500_000, **settings}
        )
        yield producer
        assert producer.flush(GENEROUS_SECONDS) == 0

    def send(
        self, producer: Producer, values: Iterable[bytes | None], partition: int | None = None, heard: Heard = lambda _error, _message: None
    ) -> None:
        """Send *values* and see them acknowledged; *heard* is told of each."""
        failed: list[str] = []

        def hear(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                failed.append(error.str())
            heard(error, message)

        for value in values:
            to = self._sent.randrange(self.partition_count) if partition is None else partition
            producer.produce(self.topic, value, partition=to, on_delivery=hear)
            producer.poll(0)
        assert producer.flush(GENEROUS_SECONDS) == 0
        assert not failed, failed[:3]

    def ends(self, topic: str = "", *, level: IsolationLevel = IsolationLevel.READ_COMMITTED) -> dict[int, int]:
        """Where each partition of *topic*, by default the plays', ends, control records included.

        For a reader of committed records an open transaction's start is an end.
        """
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        ask = {TopicPartition(topic or self.topic, partition): latest for partition in range(self.partition_count)}

        trouble: list[KafkaException] = []

        def answer() -> dict[int, int]:
            try:
                ends = self.admin.list_offsets(ask, isolation_level=level)
                return {tp.partition: done.result(ANSWER_SECONDS).offset for tp, done in ends.items()}
            except KafkaException as error:  # the topic was created this moment, or the broker started
                trouble.append(error)
                self.admin = self._new_admin()  # which may know a leader from before for ever
                return {}

        return until(answer, f"{topic or self.topic} says where it ends", why=lambda: str(trouble[-1:]))

    def await_settled(self) -> None:
        """Wait until no transaction is open: a producer's commit returns before every partition has its marker."""
        until(lambda: self.ends() == self.ends(level=IsolationLevel.READ_UNCOMMITTED), "all transactions are over")

    def truth(self) -> Truth:
        return Truth(read_topic(self.broker, self.topic), self.catalogue)

    def rejected(self) -> Sequence[Record]:
        return read_topic(self.broker, f"{self.topic}-rejected").records

    def partitions(self, topic: str) -> list[int]:
        """Return those of *topic* that can be used; none while it is not there."""
        found = self.admin.list_topics(timeout=ANSWER_SECONDS).topics.get(topic)
        return [number for number, part in found.partitions.items() if part.leader >= 0] if found and not found.error else []

    # -- workers

    def worker(self, name: str = "worker-1", **changes: Any) -> WorkerProcess:
        """Return a worker with its own folder, not started yet; it ends with the test."""
        settings = Settings(
            **{
                "broker": self.broker,
                "data": self.folder / name,
                "songs": self.songs,
                "id": self.name,
                "topic": self.topic,
                "partitions": self.partition_count,
                "worker": name,
                "web_port": free_port(),
                "flush_seconds": 0.2,
                **changes,
            }
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        worker = WorkerProcess(settings, self.folder / f"{name}.log")
        self.workers.append(worker)
        return worker

    def counting_worker(self, plays: int) -> WorkerProcess:
        """Return a worker that has counted so many *plays* and was stopped."""
        self.produce([play()] * plays)
        worker = self.worker(role="count").start()
        self.await_counted()
        worker.stop()
        return worker

    def pause_inside_a_transaction(self, worker: WorkerProcess) -> None:
        """Stop *worker* where it stands, look, and let it go on, until it stands between a transaction's records and its end."""
        owned = [partition for partition, owner in self.owners().items() if owner == worker.settings.worker]

        def paused_inside() -> bool:
            worker.pause()
            if any(self.open_transactions(partition) for partition in owned):
                return True
            worker.resume()
            return False

        until(paused_inside, "a transaction is open", why=lambda: tail(worker.log))

    def owners(self) -> dict[int, str]:
        """Return each partition's worker, as the consumer group's coordinator has it."""
        try:
            group = self.admin.describe_consumer_groups([self.name])[self.name].result(ANSWER_SECONDS)
        except KafkaException as error:
            if error.args[0].code() in NO_COORDINATOR:
                return {}
            raise
        return {
            tp.partition: str(member.group_instance_id)
            for member in group.members
            for tp in (member.assignment.topic_partitions if member.assignment else ())
            if tp.topic == self.topic
        }

    def committed(self) -> dict[int, int]:
        """Return the group's committed offsets."""
        ask = ConsumerGroupTopicPartitions(self.name, [TopicPartition(self.topic, partition) for partition in range(self.partition_count)])
        found = self.admin.list_consumer_group_offsets([ask])[self.name].result(ANSWER_SECONDS)
        return {tp.partition: tp.offset for tp in found.topic_partitions}

    def close(self) -> None:
        for worker in self.workers:
            worker.discard()
        self._marks.close()

    # -- how far it is

    def marks(self) -> dict[int, Mark]:
        """Return each partition's newest committed watermark."""
        return self._marks.now()

    def every_mark(self) -> list[Mark]:
        """Return the newest committed watermark of each partition, in order; zeros where there is none."""
        marks = self.marks()
        return [marks.get(partition, Mark()) for partition in range(self.partition_count)]

    def lag(self, ends: Mapping[int, int] | None = None) -> int:
        """How many offsets below *ends*, by default the present ones, no committed watermark has passed."""
        marks = self.every_mark()
        return sum(max(end - marks[partition].next_offset, 0) for partition, end in (ends or self.ends()).items())

    def counted_offsets(self) -> int:
        return sum(mark.next_offset for mark in self.every_mark())

    def open_transactions(self, *partitions: int) -> int:
        """How many *partitions*, or of all, of the daily changelog end in an open transaction."""
        written = self.ends(self.changelog, level=IsolationLevel.READ_UNCOMMITTED)
        stable = self.ends(self.changelog)  # asked second: what was written before and is not stable now is open
        return sum(stable[partition] < written[partition] for partition in partitions or written)

    def await_offsets(self, offsets: int) -> None:
        """Wait until the committed watermarks have passed that many *offsets*, over all partitions."""
        until(lambda: self.counted_offsets() >= offsets, f"{offsets} offsets are counted", why=self._stand)

    def await_all_counting(self, *, within: float = GENEROUS_SECONDS) -> None:
        """Wait until every partition has moved on."""
        at = self.every_mark()
        until(
            lambda: all(now.next_offset > then.next_offset for now, then in zip(self.every_mark(), at, strict=True)),
            f"every partition is counted on from {at}",
            within=within,
            why=self._stand,
        )

    def await_counted(self) -> None:
        """Wait until the committed watermarks are at the topic's end."""
        ends = self.ends()
        until(
            lambda: {partition: mark.next_offset for partition, mark in self.marks().items()} == {p: end for p, end in ends.items() if end},
            f"everything is counted, to {ends}",
            why=self._stand,
        )

    def await_served(self, server: WorkerProcess) -> None:
        """Wait until *server* answers for everything in the topic."""
        ends = self.ends()
        until(
            lambda: {row["partition"]: row["watermark"] for row in server.conservation()} == ends and not server.reason_unready(),
            f"the server answers for everything, to {ends}",
            why=lambda: f"{server.conservation()}\n" + "\n".join(tail(worker.log) for worker in self.workers),
        )

    def _stand(self) -> str:
        return f"{self.marks()}, owners {self.owners()}\n" + "\n".join(tail(worker.log) for worker in self.workers)

    # -- what must be equal

    def assert_changelog_is(self, truth: Truth) -> None:
        """The counts that a follower of the changelog ends with are the truth, and so is each watermark."""
        changelog = read_topic(self.broker, self.changelog)
        assert dict(changelog_facts(changelog.records)) == truth.daily, "counts differ in the changelog"
        consumed, counted, rejected = (truth.per_partition(items) for items in (truth.records, truth.plays, truth.rejected))
        assert self.every_mark() == [
            Mark(truth.ends[partition], consumed[partition], counted[partition], rejected[partition])
            for partition in range(self.partition_count)
        ], "counts differ in the watermarks"

    def assert_rejected_once(self, truth: Truth) -> None:
        """Each record that is no play is in the topic of rejected ones once, with its bytes and where it came from."""
        came = Counter(
            (int(record.headers["partition"]), int(record.headers["offset"]), int(record.headers["timestamp"]), record.value)
            for record in self.rejected()
        )
        assert came == Counter((record.partition, record.offset, record.timestamp, record.value) for record in truth.rejected)


def read_mark(record: Record) -> Mark:
    """Return the watermark that a record of the daily changelog holds."""
    figures = json.loads(record.value or b"{}")
    assert figures["version"] == 1
    return Mark(*(figures[name] for name in Mark._fields))


class Marks:
    """Follows the watermarks of a daily changelog."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._consumer: Consumer | None = None
        self._marks: dict[int, Mark] = {}
        self._read: dict[int, int] = {}

    def now(self) -> dict[int, Mark]:
        """Return the newest ones: reads to the present end of the changelog, which may not be there yet."""
        topic = self._site.changelog
        consumer = self._consumer = self._consumer or committed_reader(self._site.broker)
        if not self._read:
            if len(self._site.partitions(topic)) < self._site.partition_count:
                return {}
            self._read = dict.fromkeys(range(self._site.partition_count), 0)
            consumer.assign([TopicPartition(topic, partition, 0) for partition in self._read])
        ends = self._site.ends(topic)
        deadline = time.monotonic() + ANSWER_SECONDS
        while any(self._read[partition] < end for partition, end in ends.items()):
            assert time.monotonic() < deadline, f"{topic}: read to {self._read}, its end is {ends}"
            for message in consumer.consume(50_000, 0.01):
                self._take(message)
        return dict(self._marks)

    def _take(self, message: Message) -> None:
        partition, offset = message.partition() or 0, message.offset() or 0
        if (error := message.error()) is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                self._read[partition] = offset
            else:
                assert error.code() in OUTAGE, error
            return
        self._read[partition] = offset + 1
        record = record_of(message)
        if record.key == WATERMARK_KEY:
            self._marks[partition] = read_mark(record)

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()


def read_warehouse(data: Path, scratch: Path) -> Stored:
    """Read the DuckDB file of a worker that does not run; from a copy, so that the worker finds it as it left it."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for file in data.glob("warehouse.duckdb*"):
        shutil.copy2(file, scratch)
    with duckdb.connect(str(scratch / "warehouse.duckdb")) as connection:
        marks = connection.execute("SELECT kafka_partition, next_offset, consumed, counted, rejected FROM watermark").fetchall()
        return Stored(
            _facts(connection, "daily", "strftime(day, '%Y-%m-%d')"),
            _facts(connection, "live", "strftime(make_timestamp(second * 1000000::BIGINT), '%Y-%m-%d %H:%M:%S')"),
            {partition: Mark(*figures) for partition, *figures in marks},
        )


def _facts(connection: duckdb.DuckDBPyConnection, table: str, window: str) -> dict[Fact, int]:
    rows = connection.execute(
        f"SELECT kafka_partition, {window}, code, name, artists, external_id, plays FROM {table} "  # noqa: S608
        "JOIN country USING (country) JOIN platform USING (platform) JOIN credit USING (credit) JOIN song USING (song)"
    ).fetchall()
    facts = {(row[0], row[1], row[2], row[3], row[4], row[5]): row[6] for row in rows}
    assert len(facts) == len(rows), f"keys stand twice in {table}"
    return facts


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def play(song: str = "a song", at: datetime | None = None, **changes: Any) -> bytes:
    """Return one event as bytes."""
    time = (at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S")
    return json.dumps({"external_id": song, "play_time": time, "country": "ES", "source": "spotify", **changes}).encode()
