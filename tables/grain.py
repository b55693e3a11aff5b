"""Grain: what one count is kept for, and its form in changelogs and RocksDB. Pure.

A key is a JSON array and a value a JSON number, so that ClickHouse, Flink or a Kafka Connect sink can follow the
changelogs without this code:

    daily  ["2026-11-23","ES","spotify","Travis Scott/ROSALÍA/Lil Baby","6ZKv8Ug8EnnDJzUrGFNgAb"] -> 42
    live   ["2026-11-23 07:01:12","ES","spotify","Travis Scott/ROSALÍA/Lil Baby","6ZKv8Ug8EnnDJzUrGFNgAb"] -> 3
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

PlayKey = tuple[str, str, str, str, str]
"""(window start, country, platform, credit, song): a UTC day `YYYY-MM-DD` in the daily table, a UTC second
`YYYY-MM-DD HH:MM:SS` in the live one; ISO 3166 alpha-2 or `ZZ`; the service; the song's whole credit; its id."""

WATERMARK_KEY = b'["watermark"]'
"""The reserved key of the daily changelog. No PlayKey can equal it: those have five parts."""

WATERMARK_VERSION = 1


class Watermark(NamedTuple):
    """How far a partition of the source topic is counted; every figure is cumulative since its first record."""

    next_offset: int = 0
    """Offset of the first record that is not in the tables yet."""
    consumed: int = 0
    """Records fetched: counted + rejected, always."""
    counted: int = 0
    rejected: int = 0
    newest_ms: int = 0
    """The newest timestamp in the last slice, but no later than its commit, milliseconds since 1970: how late the counts
    are while records wait. Producers' clocks differ: one that runs ahead must not make all counts look fresh."""

    topic_id: str = ""
    """Kafka's id of the topic that was counted: a topic that is deleted and made again has another."""


class WatermarkError(ValueError):
    """A watermark record that this version cannot read."""


def pack_keys(keys: Iterable[PlayKey]) -> list[bytes]:
    """Return each key's bytes, in order."""
    return list(map(orjson.dumps, keys))


def unpack_keys(keys: Sequence[bytes]) -> list[PlayKey]:
    """Return the keys behind *keys*; one parser call for all of them, since a call for each costs more than the parsing."""
    return [tuple(key) for key in orjson.loads(b"[" + b",".join(keys) + b"]")]


def pack_plays(plays: int) -> bytes:
    """Return a count's bytes."""
    return b"%d" % plays


def pack_watermark(watermark: Watermark) -> bytes:
    """Return the JSON object that stands behind `WATERMARK_KEY`."""
    return orjson.dumps({"version": WATERMARK_VERSION, **watermark._asdict()})


def unpack_watermark(value: bytes | None) -> Watermark:
    """Return the watermark behind *value*; a partition that was never counted (None) starts at zero.

    Raises:
        WatermarkError: the record is of another version, or its figures contradict each other.
    """
    if value is None:
        return Watermark()
    record = orjson.loads(value)
    version = record.pop("version", None)
    if version != WATERMARK_VERSION:
        raise WatermarkError(
            f"the watermark has version {version!r}, this program reads version {WATERMARK_VERSION}: "
            "run the release that wrote it, or newer"
        )
    watermark = Watermark(**record)
    if watermark.consumed != watermark.counted + watermark.rejected:
        raise WatermarkError(f"consumed is not counted + rejected in {watermark}: the changelog was written by something else")
    return watermark
