"""Rejected records: reads what could not be counted and what of it was sent again, lists it and exports it."""

import heapq
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from confluent_kafka import KafkaException, Message

from app.contact import BrokerUnreachable
from app.rejected_format import Kept, Place, Source, export_line, kept_record, latest, printable
from app.settings import Settings
from app.topic_reader import NoSuchTopic, read_committed, topics_there
from web.rejected import Unreadable

log = logging.getLogger(__name__)

LATEST_SECONDS = 5.0
"""For each of the broker's answers: somebody looks at an empty page meanwhile."""


class Listed(NamedTuple):
    """The newest rejected records, and how many there are by kind."""

    newest: list[Kept]
    counts: Counter[str]


def replayed_topic(settings: Settings) -> str:
    """Return where it is kept which rejected records were sent again: keys of `mark_key`, the record's place as value."""
    return f"{settings.topic}-replayed"


def mark_key(source: Source) -> bytes:
    """Return the key that says in `replayed_topic` that *source* was sent again.

    It names the source record rather than the rejected one: two applications that count one topic both reject a bad play.
    """
    return b"[%d,%d,%d]" % (source.partition, source.offset, source.timestamp)


def newest_rejected(settings: Settings, *, limit: int, kind: str | None = None) -> Listed:
    """Return the *limit* newest rejected records, of one *kind* if it is given, newest first; counts are of all.

    Raises:
        NoSuchTopic, BrokerUnreachable: see `read_rejected`.
    """
    counts: Counter[str] = Counter()
    newest: list[tuple[int, Place, Kept]] = []
    for kept in read_rejected(settings):
        counts[printable(kept.kind)] += 1
        if kind in (None, kept.kind):
            heapq.heappush(newest, (kept.rejected_ms, kept.place, kept))
            if len(newest) > limit:
                heapq.heappop(newest)
    return Listed([kept for _, _, kept in sorted(newest, reverse=True)], counts)


def latest_rejected(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """Return the *limit* newest rejected records for a program to read, newest first, however many there are in all.

    A record comes with the marker that ends its transaction at most, which has an offset too; twice that much is looked at for those
    that were given up. Where more were, fewer records than *limit* are found.

    Raises:
        Unreadable: no broker answers, or it does not give the topic.
    """
    try:
        newest = heapq.nlargest(limit, _read(settings, newest_offsets=4 * limit, answer_seconds=LATEST_SECONDS), key=_when)
    except (BrokerUnreachable, KafkaException) as error:
        raise Unreadable(str(error)) from error
    return [latest(kept) for kept in newest]


def export_rejected(settings: Settings, out: TextIO, *, kind: str | None = None) -> int:
    """Write every rejected record, of one *kind* if it is given, to *out* as a line of JSON; return how many.

    Raises:
        NoSuchTopic, BrokerUnreachable: see `read_rejected`.
    """
    marks = read_marks(settings)
    written = 0
    for kept in read_rejected(settings):
        if kind in (None, kept.kind):
            out.write(export_line(kept, replayed=mark_key(kept.source) in marks) + "\n")
            written += 1
    return written


def export_to_file(settings: Settings, file: Path, *, kind: str | None = None) -> int:
    """Do as `export_rejected` to *file*, which is as it was, or not there, when that fails."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("w", encoding="utf-8") as out:
            written = export_rejected(settings, out, kind=kind)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return written


def read_rejected(settings: Settings) -> Iterator[Kept]:
    """Yield each rejected record up to the topic's present end, in order per partition.

    Raises:
        NoSuchTopic: there is no topic of rejected records.
        BrokerUnreachable: no broker answered.
    """
    require_topic(settings, settings.rejected_topic)
    yield from _read(settings)


def _read(settings: Settings, **how: Any) -> Iterator[Kept]:
    for message in read_committed(settings, settings.rejected_topic, **how):
        place = Place(message.partition() or 0, message.offset() or 0)
        headers = {name: value if isinstance(value, bytes) else None for name, value in _pairs(message)}
        kept = kept_record(place, message.timestamp()[1], headers, message.value())
        if kept is None:
            log.warning("%s/%d/%d was not written by a counting worker: left out", settings.rejected_topic, *place)
        else:
            yield kept


def read_marks(settings: Settings) -> set[bytes]:
    """Return the `mark_key` of every record that was sent again.

    Raises:
        BrokerUnreachable: no broker answered.
    """
    topic = replayed_topic(settings)
    if topic not in topics_there(settings):
        return set()
    return {message.key() or b"" for message in read_committed(settings, topic)}


def require_topic(settings: Settings, topic: str) -> None:
    """Do nothing if *topic* is there.

    Raises:
        NoSuchTopic: it is not.
        BrokerUnreachable: no broker answered.
    """
    if topic not in topics_there(settings):
        raise NoSuchTopic(
            f"the Kafka at {settings.broker} has no topic {topic}: a counting worker creates it when it first starts; "
            "set ARTIST360_TOPIC or ARTIST360_BROKER if it counts elsewhere"
        )


def _when(kept: Kept) -> tuple[int, Place]:
    return kept.rejected_ms, kept.place


def _pairs(message: Message) -> list[tuple[str, str | bytes | None]]:
    headers = message.headers() or []
    return list(headers.items()) if isinstance(headers, dict) else list(headers)
