"""Replay: rejected records are listed, exported, mended and sent again, each once only, through kills too."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import IsolationLevel
from confluent_kafka.cimpl import NewTopic

from app.agents import rejected_message
from app.counting import RejectedRecord
from app.events import Rejected
from app.replay import _Sending
from app.settings import Settings
from tests.broker.site import ANSWER_SECONDS, PARTITIONS, Site, free_port, play
from tests.broker.truth import Record, read_topic
from tests.broker.waiting import until
from tests.broker.worker_process import ROOT

SECONDS_MOST = 60
KILLS = 5
MANY = 100_000
"""Not all of them are sent within the time that the kills leave, however fast the machine."""
BAD = play("")


def test_rejected_records_are_listed_and_exported_as_they_came(site: Site) -> None:
    bad: list[bytes | None] = [b"\x1b[2Jnot JSON", b"\xff\xfe", None, BAD]
    site.produce([play(), *bad])
    worker = site.worker(role="count").start()
    site.await_counted()
    worker.stop()
    listed = run(site, "list")
    assert "4 rejected records: " in listed.stdout
    assert r"\u001b[2Jnot JSON" in listed.stdout
    assert "\x1b" not in listed.stdout
    report = json.loads(run(site, "list", "--json", "--kind", "tombstone", "--limit", "2").stdout)
    assert (report["rejected"], report["kinds"]["tombstone"]) == (4, 1)
    assert [record["value"] for record in report["newest"]] == ["(no value)"]
    lines = exported(site)
    rejected = {(record.partition, record.offset): record for record in site.rejected()}
    assert {(line["partition"], line["offset"]) for line in lines} == rejected.keys()
    for line in lines:
        headers = rejected[line["partition"], line["offset"]].headers
        assert line["source"] == {
            "topic": site.topic,
            **{name: int(headers[name]) for name in ("partition", "offset", "timestamp")},
        }
        assert [line["kind"], line["reason"], line["rules"]] == [headers["kind"].decode(), headers["reason"].decode(), 1]
        assert not line["replayed"]
    assert {line.get("value_base64", line.get("value")) for line in lines} == {"\x1b[2Jnot JSON", "//4=", None, BAD.decode()}


def test_a_mended_record_is_counted_once_however_often_it_is_sent(site: Site) -> None:
    site.produce([play(source=""), play(source=""), b"not JSON"], partition=2)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    file = site.folder / "mended.ndjson"
    run(site, "export", "--to", file)
    assert "mended.ndjson exists, perhaps with edits" in run(site, "export", "--to", file, code=1).stderr
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    mended = [{**line, "value": play("mended").decode()} if line["kind"] == "source" else line for line in lines]
    file.write_text("".join(json.dumps(line) + "\n" for line in mended))
    assert run(site, "replay", "--from", file, "--dry-run").stdout.startswith("would send 2, skipped 0 that were sent before\n")
    assert site.truth().per_partition(site.truth().records)[2] == 3
    said = [run(site, "replay", "--from", file).stdout.splitlines() for _ in range(3)]
    sent = ["sent 2, skipped 0 that were sent before", *["sent 0, skipped 2 that were sent before"] * 2]
    assert said == [[line, "left out 1 whose value was not edited"] for line in sent]
    assert Counter(origins(site).values()) == {1: 2}
    assert {record.partition for record in replayed(site)} == {2}
    site.await_settled()
    site.await_served(worker)
    assert [row["plays"] for row in worker.get("totals", song_id="mended")["data"]] == [2]
    assert sorted(line["replayed"] for line in exported(site)) == [False, True, True]
    assert run(site, "replay").stdout == "sent 1, skipped 2 that were sent before\n"


def test_what_is_rejected_again_can_be_replayed_again_and_counts_nothing(site: Site) -> None:
    site.produce([play(), b"not JSON"])
    worker = site.worker(role="count").start()
    for number in (1, 2):
        site.await_counted()
        assert run(site, "replay").stdout == f"sent 1, skipped {number - 1} that were sent before\n"
        site.await_settled()
    site.await_counted()
    truth = site.truth()
    assert (len(truth.plays), len(truth.rejected)) == (1, 3)
    site.assert_changelog_is(truth)
    site.assert_rejected_once(truth)
    worker.stop()


def test_two_applications_that_reject_one_record_have_it_sent_once(site: Site) -> None:
    reject(site, 3)
    reject(site, 3)
    assert run(site, "replay", site_id="another").stdout == "sent 3, skipped 3 that were sent before\n"
    assert run(site, "replay").stdout == "sent 0, skipped 6 that were sent before\n"


def test_a_file_that_names_unknown_records_sends_the_others_and_says_so(site: Site) -> None:
    reject(site, 2)
    lines = [{**line, "value": "edited"} for line in exported(site)]
    lines[0]["source"]["timestamp"] += 1
    file = site.folder / "edited.ndjson"
    file.write_text("\n".join(json.dumps(line) for line in [*lines, {**lines[1], "offset": 4711}]))
    done = run(site, "replay", "--from", file, code=1)
    assert done.stdout.splitlines() == [
        "sent 1, skipped 0 that were sent before",
        *(f"line {number} names no rejected record of {site.topic}-rejected" for number in (1, 3)),
    ]
    assert [record.value for record in replayed(site)] == [b"edited"]


def test_a_record_that_the_topic_refuses_is_named_and_nothing_of_its_transaction_is_sent(site: Site) -> None:
    reject(site, 2, value=os.urandom(2_000_000))
    refused = run(site, "replay", code=1)
    # One record stands on each of two partitions, and either may be refused first.
    assert re.search(rf"did not take the records \({site.topic}-rejected/[01]/0: Broker: Message size too large\)", refused.stderr)
    assert replayed(site) == []


def test_a_replay_that_is_killed_and_run_again_sends_each_once(site: Site) -> None:
    reject(site, MANY)
    random_ = random.Random(7)
    killed = 0
    for _ in range(KILLS):
        with replaying(site) as process:
            await_more(site)
            time.sleep(random_.uniform(0, 0.1))
            killed += process.poll() is None
            process.kill()
    some = len(replayed(site))
    assert killed == KILLS
    assert 0 < some < MANY
    final = run(site, "replay").stdout
    site.await_settled()
    assert Counter(origins(site).values()) == {1: MANY}
    assert final == f"sent {MANY - some:,}, skipped {some:,} that were sent before\n"
    assert len(read_topic(site.broker, f"{site.topic}-replayed").records) == MANY
    assert {record.value for record in replayed(site)} == {b"%d" % number for number in range(MANY)}


def test_a_replay_that_another_overtook_sends_nothing_more_and_says_so(site: Site) -> None:
    reject(site, MANY)
    with replaying(site) as first:
        await_more(site)
        first.send_signal(signal.SIGSTOP)
        second = run(site, "replay").stdout
        first.send_signal(signal.SIGCONT)
        _, error = first.communicate(timeout=SECONDS_MOST)
    assert first.returncode == 1
    assert error.startswith("Error: another replay of this topic has begun")
    assert "Traceback" not in error
    assert second.startswith("sent ")
    assert not second.startswith("sent 0,")
    assert Counter(origins(site).values()) == {1: MANY}


def test_an_overtaken_replay_says_so_when_its_client_loses_the_error_too(site: Site) -> None:
    """Python's binding does at times: all there is then is a SystemError without a cause."""
    settings = Settings(broker=site.broker, id=site.name, topic=site.topic, partitions=PARTITIONS)
    with _Sending(settings) as first:
        first._producer.begin_transaction()  # noqa: SLF001
        first._producer.produce(site.topic, BAD)  # noqa: SLF001
        first._producer.flush(ANSWER_SECONDS)  # noqa: SLF001
        with _Sending(settings):
            assert "another replay of this topic has begun" in str(first._ended(SystemError("no exception set")))  # noqa: SLF001


def test_what_is_not_there_is_one_clear_message(site: Site) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with replaying(site, "--broker", nowhere) as unreachable:
        for command in ("list", "export", "replay"):
            missing = run(site, command, code=1).stderr
            assert missing.startswith(f"Error: the Kafka at {site.broker} has no topic {site.topic}-rejected: a counting worker creates it")
        reject(site, 0)
        assert run(site, "list").stdout == "0 rejected records\n"
        assert run(site, "export").stdout == ""
        assert run(site, "replay").stdout == "sent 0, skipped 0 that were sent before\n"
        _, error = unreachable.communicate(timeout=SECONDS_MOST)
    assert error.startswith(f"Error: no Kafka broker answers at {nowhere}")
    assert error.count("\n") == 1


# -- replays, and what they replay


def reject(site: Site, count: int, *, value: bytes | None = None) -> None:
    """Write to the topic of rejected records what a counting worker would for *count* records, by default numbered ones."""
    topic = f"{site.topic}-rejected"
    if not site.partitions(topic):
        site.admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"max.message.bytes": "16000000"})])[topic].result(ANSWER_SECONDS)
        until(lambda: len(site.partitions(topic)) == PARTITIONS, "the topic of rejected records can be used")
    with site.producer(message_max_bytes=16_000_000) as producer:
        for number in range(count):
            record = RejectedRecord(number, 1_790_000_000_000, b"%d" % number if value is None else value, Rejected("json", "not JSON"))
            _, kept, headers = rejected_message(site.topic, number % PARTITIONS, record)
            producer.produce(topic, kept, partition=number % PARTITIONS, headers=list(headers))


def command_of(site: Site, command: str, *options: str | Path) -> list[str]:
    return [sys.executable, "-m", "app.cli", "rejected", command, "--broker", site.broker, "--topic", site.topic, *map(str, options)]


def environment_of(site: Site, site_id: str = "") -> dict[str, str]:
    settings = Settings(broker=site.broker, id=site_id or site.name, topic=site.topic, partitions=PARTITIONS)
    return {**os.environ, **settings.environment()}


def run(site: Site, command: str, *options: str | Path, code: int = 0, site_id: str = "") -> subprocess.CompletedProcess[str]:
    environment = environment_of(site, site_id)
    done = subprocess.run(
        command_of(site, command, *options), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS_MOST, check=False
    )
    assert done.returncode == code, done
    return done


@contextmanager
def replaying(site: Site, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command_of(site, "replay", *options), cwd=ROOT, env=environment_of(site), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def exported(site: Site) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(site, "export").stdout.splitlines()]


def replayed(site: Site) -> list[Record]:
    """The committed records of the source that a replay sent."""
    return [record for record in read_topic(site.broker, site.topic).records if "origin" in record.headers]


def origins(site: Site) -> Counter[str]:
    """How often each rejected record was sent."""
    return Counter(record.headers["origin"].decode() for record in replayed(site))


def await_more(site: Site) -> None:
    """Wait until somebody writes to the source, committed or not."""
    before = site.ends(level=IsolationLevel.READ_UNCOMMITTED)
    until(lambda: site.ends(level=IsolationLevel.READ_UNCOMMITTED) != before, "records are sent")
