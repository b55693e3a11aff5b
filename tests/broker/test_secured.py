"""Secured clusters: every client comes in over TLS and SASL, one that may not is told why at once, and no password is ever shown."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # not in its __all__
    AclOperation,
    ResourceType,
)

from app.contact import meet
from app.secret import Secret
from app.settings import PREFIX, Settings
from app.worker import new_worker
from tests.broker.conftest import Plays, open_site
from tests.broker.secured_kafka import CERTIFIED, PASSWORD, USER, SecuredKafka
from tests.broker.site import Site
from tests.broker.test_rejected import POISON
from tests.broker.waiting import tail, until
from tests.broker.worker_process import ROOT
from tests.certificates import Authority

REFUSED = 70
SECONDS_MOST = 30
WAYS = [
    ("ssl", None),
    *((protocol, mechanism) for protocol in ("sasl_plaintext", "sasl_ssl") for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")),
]
PRODUCED = 500
LIST = [("rejected", "list")]
COMMANDS = [*LIST, ("produce", "--count", "1"), ("verify",), ("up", "--no-plays")]
DENIED = "authorization"
"""What every refusal of the broker's access control says, also one that a worker logs and goes on without."""


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[SecuredKafka]:
    kafka = SecuredKafka(tmp_path_factory.mktemp("secured-kafka"), authority).start()
    yield kafka
    kafka.stop()


@pytest.fixture
def guarded(secured: SecuredKafka, tmp_path: Path, songs_csv: Path) -> Iterator[Site]:
    """A site whose users may do what docs/secured-cluster.md says that they need: one to count, the other to send plays too."""
    with open_site(secured.plain_address, tmp_path / "site", songs_csv) as site:
        read, write, create, configs = (getattr(AclOperation, name) for name in ("READ", "WRITE", "CREATE", "DESCRIBE_CONFIGS"))
        topic, group, transaction = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID
        ours = (f"{site.topic}-rejected", site.changelog, f"{site.name}-live-changelog")
        counting = {
            **{(topic, name): (read, create, configs) for name in (site.topic, f"{site.name}-tokens")},
            (group, site.name): (read,),
            **{(topic, name): (read, write, create, configs) for name in ours},
            **{(transaction, f"{site.name}-{partition}"): (write,) for partition in range(site.partition_count)},
        }
        sending = {
            **{(topic, name): (write,) for name in (site.topic, f"{site.name}-tokens")},
            (topic, f"{site.topic}-replayed"): (read, write, create),
            (transaction, f"{site.topic}-replay"): (write,),
        }
        secured.grant(CERTIFIED, counting)
        secured.grant(USER, counting)
        secured.grant(USER, sending)
        yield site


@pytest.mark.parametrize(("protocol", "mechanism"), WAYS)
async def test_both_clients_come_in_by_each_way_and_log_no_password(
    secured: SecuredKafka, tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: str, mechanism: str | None
) -> None:
    settings = Settings(**secured.settings(protocol, mechanism), data=tmp_path)
    new_worker(settings)  # as its clients would log
    caplog.set_level(logging.DEBUG)
    assert len(meet(settings.librdkafka).list_topics(timeout=SECONDS_MOST).brokers) == 1
    async with AIOKafkaConsumer(**settings.kafka) as consumer:
        assert await consumer.topics() is not None
    assert "Request to 127.0.0.1" in caplog.text
    assert PASSWORD not in caplog.text


def test_everything_works_over_tls_with_a_password_that_no_log_shows(secured: SecuredKafka, guarded: Site, plays: Plays) -> None:
    site = guarded
    site.folder.mkdir()
    (site.folder / "password").write_text(PASSWORD + "\n")
    choice = secured.settings("sasl_ssl", "SCRAM-SHA-512") | {"broker_password": None, "broker_password_file": site.folder / "password"}
    site.produce([*plays(4_000, seed=21), *POISON])
    worker = site.worker(**choice).start().await_ready()
    site.await_served(worker)
    produced = json.loads(run(worker.settings, "produce", "--rate", "0", "--count", str(PRODUCED), "--json"))
    assert produced["sent"] == PRODUCED
    site.await_served(worker)
    before = len(site.truth().rejected)
    assert json.loads(run(worker.settings, "rejected", "list", "--json"))["rejected"] == before
    assert f"sent {before:,}," in run(worker.settings, "rejected", "replay")
    token = json.loads(run(worker.settings, "token", "create", "--name", "a guest", "--scope", "totals", "--json"))["token"]
    until(lambda: worker.ask("/v0/pipes/totals.json", token=token)[0] == 200, "the server knows the token", why=lambda: tail(worker.log))
    site.await_served(worker)
    truth = site.truth()
    assert len(truth.rejected) == 2 * before
    assert json.loads(run(worker.settings, "verify", "--json"))["verdict"] == "agrees"
    site.assert_changelog_is(truth)
    site.assert_rejected_once(truth)
    worker.stop()
    assert DENIED not in worker.said.lower()
    files = [file for file in site.folder.rglob("*") if file.is_file()]
    assert [file.name for file in files if PASSWORD.encode() in file.read_bytes()] == ["password"]
    assert worker.log in files


def test_counting_and_serving_apart_come_in_with_a_certificate(secured: SecuredKafka, guarded: Site, plays: Plays) -> None:
    site, choice = guarded, secured.settings("ssl")
    site.produce([*plays(4_000, seed=22), *POISON])
    counting = site.worker("counting", role="count", **choice).start()
    serving = site.worker("serving", role="serve", **choice).start().await_ready()
    site.await_served(serving)
    truth = site.truth()
    assert serving.get("totals")["data"][0]["plays"] == len(truth.plays)
    site.assert_changelog_is(truth)
    counting.kill()
    site.produce(plays(1_000, seed=23))
    counting.start()  # recovers over TLS too
    site.await_served(serving)
    site.assert_changelog_is(site.truth())
    for worker in (counting, serving):
        worker.stop()
        assert DENIED not in worker.said.lower()


@pytest.mark.parametrize(
    ("change", "roles", "commands", "told"),
    [
        ({"broker_password": Secret("not " + PASSWORD)}, ("all", "serve"), COMMANDS, "does not let the user counting in"),
        ({"broker_ca": "unknown"}, ("count",), LIST, "ARTIST360_BROKER_CA must hold the certificate of who signed the broker's"),
        ({"broker": "localhost"}, ("count",), LIST, "ARTIST360_BROKER must name hosts that stand in it"),
    ],
    ids=["a wrong password", "an authority that signed nothing", "a name that is not in the certificate"],
)
def test_who_is_not_let_in_ends_at_once_with_one_line_that_says_what_to_do(
    secured: SecuredKafka,
    guarded: Site,
    stranger: Authority,
    change: dict[str, Any],
    roles: Sequence[str],
    commands: Sequence[Sequence[str]],
    told: str,
) -> None:
    choice = secured.settings("sasl_ssl", "SCRAM-SHA-512")
    known = {"unknown": stranger.ca, "localhost": choice["broker"].replace("127.0.0.1", "localhost")}
    changed = choice | {name: known.get(value, value) for name, value in change.items()}
    workers = [guarded.worker(role, role=role, **changed).start() for role in roles]
    for command in commands:
        error = run(workers[0].settings, *command, code=2 if command == ("verify",) else 1, stream="stderr")
        assert error.count("\n") == 1
        assert told in error
        assert PASSWORD not in error
    for worker in workers:
        assert worker.ended(within=SECONDS_MOST) == REFUSED
        (line,) = [line for line in worker.said.splitlines() if "this worker cannot start" in line]
        assert told in line
        assert PASSWORD not in worker.said


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


def run(settings: Settings, *command: str, code: int = 0, stream: str = "stdout") -> str:
    """Return what a command writes to *stream*, as a user runs it with *settings* in the environment."""
    blank = {PREFIX + item.name.upper(): "" for item in fields(Settings)}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *command],
        cwd=ROOT,
        env={**os.environ, **blank, **settings.environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_MOST,
    )
    assert done.returncode == code, done.stdout + done.stderr
    written: str = getattr(done, stream)
    return written
