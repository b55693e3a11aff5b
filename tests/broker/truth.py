"""The truth: what a topic holds and how it counts, by the README's rules, sharing no code with the product.

Its own Kafka client (the product counts with aiokafka), its own parser, its own table of countries.
"""

import csv
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from confluent_kafka import Consumer, KafkaError, TopicPartition

CODES = frozenset(
    re.findall(
        "..",
        "USGBDEBRMXFRESITCAAUNLSEJPKRARCLCOPEECUYPYBOVECRGTDOPASVHNPRPTIEBECHATNODKFIISPLCZSKHUROGRTRILUA"
        "INIDPHTHVNMYSGTWHKNZZANGKEGHEGMASAAE",
    )
)
NAMES = {"spain": "ES", "france": "FR", "united kingdom": "GB", "united states": "US", "south korea": "KR", "brazil": "BR"}
"""The English names that the tests send."""

MOST_BYTES = 65_536
LIVE_SECONDS = 600
DAY = timedelta(days=1)
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
SOURCE = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,31}", re.ASCII)
QUIET_SECONDS = 20.0
OUTAGE = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT)  # noqa: SLF001 - their public names
"""What a client hears when the broker is killed; it goes on by itself."""


class Record(NamedTuple):
    """A committed record; *timestamp* in milliseconds since 1970."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


class Topic(NamedTuple):
    """Every committed record of a topic, and where each partition ends, control records included."""

    records: Sequence[Record]
    ends: Mapping[int, int]


class CatalogueSong(NamedTuple):
    """A row of the song dimension."""

    artists: tuple[str, ...]
    title: str
    version: str
    album: str
    genre: str


class Play(NamedTuple):
    """A play that counts."""

    partition: int
    offset: int
    second: int
    country: str
    platform: str
    song: str
    live: bool


Catalogue = Mapping[str, CatalogueSong]
Fact = tuple[int, str, str, str, str, str]
"""(partition, window start, country, platform, credit, song)"""


class Truth:
    """What the records of a topic count as."""

    def __init__(self, topic: Topic, catalogue: Catalogue) -> None:
        self.records, self.ends = topic
        self.catalogue = catalogue
        self.plays: list[Play] = []
        self.rejected: list[Record] = []
        for record in self.records:
            play = read_play(record)
            if play is None:
                self.rejected.append(record)
            else:
                self.plays.append(play)

    @cached_property
    def daily(self) -> dict[Fact, int]:
        return self.daily_below(self.ends)

    def daily_below(self, ends: Mapping[int, int]) -> dict[Fact, int]:
        """Plays per fact of the records before *ends*, by partition."""
        return self._facts("%Y-%m-%d", [play for play in self.plays if play.offset < ends.get(play.partition, 0)])

    @cached_property
    def live(self) -> dict[Fact, int]:
        return self._facts("%Y-%m-%d %H:%M:%S", [play for play in self.plays if play.live])

    def per_partition(self, items: Sequence[Play | Record]) -> list[int]:
        """How many *items* each partition has."""
        counts = Counter(item.partition for item in items)
        return [counts[partition] for partition in sorted(self.ends)]

    def _facts(self, window: str, plays: Sequence[Play]) -> dict[Fact, int]:
        start = lru_cache(maxsize=None)(lambda second: datetime.fromtimestamp(second, UTC).strftime(window))
        credit = {song: "/".join(row.artists) for song, row in self.catalogue.items()}
        counts: Counter[Fact] = Counter(
            (play.partition, start(play.second), play.country, play.platform, credit.get(play.song, ""), play.song) for play in plays
        )
        return dict(counts)


def read_play(record: Record) -> Play | None:
    """Return the play that *record* is, or None when it breaks a rule."""
    if record.value is None or len(record.value) > MOST_BYTES:
        return None
    event = _object(record.value)
    fields = [event.get(name) for name in ("external_id", "play_time", "country", "source")]
    if not all(isinstance(field, str) for field in fields):
        return None
    song, time, country, source = (str(field) for field in fields)
    at, platform, sent = _time(time), source.strip().lower(), datetime.fromtimestamp(record.timestamp // 1000, UTC)
    if not 1 <= len(song) <= 64 or any(ord(char) < 32 or 127 <= ord(char) < 160 for char in song):
        return None
    if at is None or at > sent + DAY or not SOURCE.fullmatch(platform):
        return None
    country = country.strip()
    code = country.upper() if country.upper() in CODES else NAMES.get(country.lower(), "ZZ")
    second = int(at.timestamp())
    return Play(record.partition, record.offset, second, code, platform, song, second >= record.timestamp // 1000 - LIVE_SECONDS)


def _object(value: bytes) -> dict[str, Any]:
    """The JSON object in *value*; an empty one when there is none."""
    try:
        found = json.loads(value.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _time(text: str) -> datetime | None:
    if not TIME.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).replace(microsecond=0)
    return at if at.year >= 2000 else None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def read_catalogue(path: Path) -> Catalogue:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["external_id"]: CatalogueSong(
                tuple(row["artists"].split("/")), row["song_title"], row["song_title_version"], row["album_name"], row["genre"]
            )
            for row in csv.DictReader(file)
        }


def read_topic(broker: str, topic: str) -> Topic:
    """Read *topic* from its first record to its end, committed records only."""
    records: list[Record] = []
    ends: dict[int, int] = {}
    consumer = committed_reader(broker)
    try:
        partitions = consumer.list_topics(topic, timeout=QUIET_SECONDS).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        deadline = time.monotonic() + QUIET_SECONDS
        while len(ends) < len(partitions):
            messages = consumer.consume(20_000, 0.05)
            deadline = time.monotonic() + QUIET_SECONDS if messages else deadline
            assert time.monotonic() < deadline, f"{topic} said nothing for {QUIET_SECONDS:g} s, ends known: {ends}"
            for message in messages:
                if (error := message.error()) is None:
                    records.append(record_of(message))
                else:
                    assert error.code() == KafkaError._PARTITION_EOF, error  # noqa: SLF001 - its public name
                    ends[message.partition() or 0] = message.offset() or 0
    finally:
        consumer.close()
    return Topic(records, ends)


def committed_reader(broker: str) -> Consumer:
    """Return a consumer of committed records that belongs to no group and says where partitions end."""
    return Consumer(
        {
            "bootstrap.servers": broker,
            "log_level": 2,
            "group.id": "the truth assigns itself",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 50,
        }
    )


def record_of(message: Any) -> Record:
    return Record(
        message.partition(), message.offset(), message.timestamp()[1], message.key(), message.value(), dict(message.headers() or ())
    )


def changelog_facts(records: Sequence[Record]) -> Iterator[tuple[Fact, int]]:
    """Yield the facts of a daily changelog, a later record of a key after an earlier one; watermarks left out."""
    for record in records:
        key = json.loads(record.key or b"null")
        if key != ["watermark"]:
            yield (record.partition, *key), json.loads(record.value or b"null")
