"""Count: from records to sums per key. Pure: data in, data out, no clock, no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from app.events import Rejected, SongPlay, day_of, decode, time_of
from tables.grain import PlayKey
from tables.songs import Songs

LIVE_SECONDS = 600
"""A play is live when it happened at most this long before its record's timestamp."""


class Record(Protocol):
    """What counting needs of a Kafka record."""

    @property
    def offset(self) -> int:
        """Place in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""
        ...

    @property
    def value(self) -> bytes | None:
        """As it was sent."""
        ...


class RejectedRecord(NamedTuple):
    """A record that could not be counted, and why."""

    offset: int
    timestamp: int
    value: bytes | None
    why: Rejected


@dataclass(slots=True)
class Tally:
    """What some records add to a partition's tables."""

    daily: dict[PlayKey, int] = field(default_factory=dict)
    live: dict[PlayKey, int] = field(default_factory=dict)
    rejected: list[RejectedRecord] = field(default_factory=list)
    counted: int = 0
    newest_ms: int = 0
    """The newest record timestamp, milliseconds since 1970; what time it is for the live table."""

    @property
    def consumed(self) -> int:
        """Records that went in."""
        return self.counted + len(self.rejected)


def count(records: Iterable[Record], songs: Songs, tally: Tally | None = None) -> Tally:
    """Add up *records* per PlayKey, on top of *tally* when one is given.

    Any split of the same records into calls gives the same sums.
    """
    tally = Tally() if tally is None else tally
    daily, live = tally.daily, tally.live
    counted, newest_ms = 0, tally.newest_ms
    for record in records:
        timestamp = record.timestamp
        if timestamp > newest_ms:  # noqa: PLR1730  (a call of max costs more than the rest of the line)
            newest_ms = timestamp
        play = decode(record.value, timestamp)
        if type(play) is not SongPlay:
            assert isinstance(play, Rejected)
            tally.rejected.append(RejectedRecord(record.offset, timestamp, record.value, play))
            continue
        song, second, country, platform = play
        credit = enrich(song, songs)
        key = (day_of(second), country, platform, credit, song)
        daily[key] = daily.get(key, 0) + 1
        if second >= timestamp // 1000 - LIVE_SECONDS:
            key = (time_of(second), country, platform, credit, song)
            live[key] = live.get(key, 0) + 1
        counted += 1
    tally.counted += counted
    tally.newest_ms = newest_ms
    return tally


def enrich(song: str, songs: Songs) -> str:
    """Return the credit that plays of *song* count under; empty for a song that the dimension does not know yet."""
    return songs.credit_of.get(song, "")
