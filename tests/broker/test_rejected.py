"""Rejected records: what cannot be counted is kept as it came, with the reason, and stops nobody."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.rejected import newest_rejected
from app.rejected_format import summary
from tests.broker.site import Site, play

RULES = b"1"
LONG = play("x" * 65)
HUGE = play(extra="x" * 70_000)
MEGABYTE = play(extra="x" * 900_000)
DEEP = b"[" * 10_000 + b"]" * 10_000

POISON: dict[bytes | None, str] = {
    None: "tombstone",
    b"": "json",
    b"not JSON": "json",
    b"\x00\x01\x02": "json",
    b'{"external_id": "\xff\xfe", "play_time": "2026-01-01 00:00:00", "country": "ES", "source": "spotify"}': "encoding",
    DEEP: "json",
    b"[1, 2]": "shape",
    b'"a play"': "shape",
    b"NaN": "json",
    b'{"external_id": "a", "play_time": NaN, "country": "ES", "source": "spotify"}': "json",
    b"{}": "missing",
    b'{"external_id": "a", "play_time": "2026-01-01 00:00:00", "source": "spotify"}': "missing",
    play(external_id=True): "type",
    play(external_id=7): "type",
    play(country=None): "type",
    play(source=["spotify"]): "type",
    play(""): "external_id",
    play("line\nbreak"): "external_id",
    LONG: "external_id",
    play(play_time="yesterday"): "play_time",
    play(play_time="2026-02-30 00:00:00"): "play_time",
    play(play_time="2026-01-01 24:00:00"): "play_time",
    play(play_time="-001-01-01 00:00:00"): "play_time",
    play(play_time="1999-12-31 23:59:59"): "play_time",
    play(at=datetime.now(UTC) + timedelta(days=3)): "future",
    play(source=""): "source",
    play(source="spot\tify"): "source",
    play(source="s" * 33): "source",
    HUGE: "size",
    MEGABYTE: "size",
}
"""What no one should send, and the kind of reason that it gets."""


def test_each_rejected_record_is_kept_once_as_it_came_with_its_reason(site: Site) -> None:
    site.produce([play(), *POISON, play()])
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    truth, rejected = site.truth(), site.rejected()
    sent = {(record.partition, record.offset): record for record in truth.rejected}
    assert len(sent) == len(rejected) == len(POISON)
    for record in rejected:
        headers = record.headers
        original = sent.pop((int(headers["partition"]), int(headers["offset"])))
        assert record.value == original.value
        assert record.partition == original.partition
        assert list(headers) == ["topic", "partition", "offset", "timestamp", "kind", "reason", "rules"]
        assert headers["topic"].decode() == site.topic
        assert int(headers["timestamp"]) == original.timestamp
        assert (headers["kind"].decode(), headers["rules"]) == (POISON[original.value], RULES), original.value
        assert 10 < len(headers["reason"].decode()) < 300
    assert sent == {}
    assert worker.get("totals")["data"][0]["plays"] == 2
    assert worker.running
    assert not [line for line in worker.said.splitlines() if "[ERROR]" in line or "[CRITICAL]" in line]


def test_a_reason_says_what_came_and_what_is_allowed(site: Site) -> None:
    site.produce([play(play_time="1/2/2026")])
    worker = site.worker(role="count").start()
    site.await_counted()
    (record,) = site.rejected()
    assert record.headers["reason"].decode() == (
        "play_time is '1/2/2026'; send YYYY-MM-DD HH:MM:SS in UTC or ISO 8601, from the year 2000 on"
    )
    worker.stop()


@pytest.mark.parametrize("restart", ["SIGTERM", "SIGKILL"])
def test_a_restart_rejects_nothing_again(site: Site, restart: str) -> None:
    site.produce(POISON)
    worker = site.worker(role="count", slice_records=3).start()
    site.await_counted()
    worker.stop() if restart == "SIGTERM" else worker.kill()
    site.produce([json.dumps(restart).encode()] * 3)
    worker.start()
    site.await_counted()
    site.assert_rejected_once(site.truth())
    assert len(site.rejected()) == len(POISON) + 3


def test_the_server_shows_the_newest_ones_as_the_command_lists_them(site: Site) -> None:
    for value in (*POISON, *POISON):
        site.produce([value])  # most of them in transactions of their own
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    listed = [summary(kept, replayed=False) for kept in newest_rejected(worker.settings, limit=50).newest]
    status, answer = worker.ask("/v0/rejected.json", token=worker.token)
    assert (status, answer["rows"]) == (200, 50)
    shown = [{**row, "replayed": False} for row in answer["data"]]
    assert [row.pop("rejected")[:2] for row in shown] == ["20"] * 50
    assert shown == listed
    assert worker.ask("/v0/rejected.json?limit=3", token=worker.token)[1]["data"] == answer["data"][:3]
    assert max(len(row["value"]) for row in shown) < 200
