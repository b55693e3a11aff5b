"""Tokens on two real servers: made and revoked while they run, known to both, and no secret is written down."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer

from app.broker import BrokerStatus
from tests.broker.conftest import Plays
from tests.broker.site import ANSWER_SECONDS, Site
from tests.broker.token_site import TOTALS, Served, id_in, listed, open_served, token
from tests.broker.truth import read_topic
from tests.broker.waiting import tail, until


@pytest.fixture(scope="module")
def served(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory, songs_csv: Path, plays: Plays) -> Iterator[Served]:
    with open_served(str(kafka.address), tmp_path_factory.mktemp("tokens"), songs_csv, plays) as opened:
        yield opened


# -- made, listed, revoked ----------------------------------------------------------------------------------------------


def test_a_token_opens_its_scopes_on_every_server_and_nothing_else(served: Served) -> None:
    made = served.create("--scope", "totals", "evolution", "--scope", "search_artist,metrics")
    for server in served.servers:
        for path in (TOTALS, "/v0/pipes/evolution.csv", "/v0/pipes/evolution_plays_income_from_mv.ndjson", "/metrics"):
            server.download(path, token=made)
        for path in ("/v0/pipes/ranking_by.json", "/v0/pipes/conservation.csv", "/v0/pipes/facts.parquet"):
            status, said = server.ask(path, token=made)
            assert status == 403
            assert said["detail"].endswith("its scopes are evolution_plays_income_from_mv, metrics, search_artist, totals")


def test_a_revoked_token_opens_nothing_on_any_server_and_only_that_one(served: Served) -> None:
    made, other = (served.create("--scope", "totals") for _ in range(2))
    for server in served.servers:
        assert server.ask(TOTALS, token=made)[0] == 200
    done = token(served.site, "revoke", id_in(made))
    assert done.returncode == 0, done.stderr
    served.await_refused(made)
    for server in served.servers:
        assert "this token is revoked" in server.ask(TOTALS, token=made)[1]["detail"]
        assert server.ask(TOTALS, token=other)[0] == 200
    assert {row["state"] for id_, row in listed(served.site).items() if id_ in (id_in(made), id_in(other))} == {"revoked", "active"}


def test_a_token_expires(served: Served) -> None:
    short, long = served.create("--scope", "totals", "--expires", "1s"), served.create("--scope", "totals", "--expires", "90d")
    served.await_refused(short)
    for server in served.servers:
        assert "this token has expired" in server.ask(TOTALS, token=short)[1]["detail"]
        assert server.ask(TOTALS, token=long)[0] == 200
    assert [listed(served.site)[id_in(made)]["state"] for made in (short, long)] == ["expired", "active"]


def test_a_token_asks_no_more_often_than_it_may(served: Served) -> None:
    made = served.create("--scope", "totals", "--rps", "0.05")
    for server in served.servers:  # each let it ask once, to hear that it knows the token
        status, said = server.ask(TOTALS, token=made)
        assert (status, "0.05 times a second" in said["detail"]) == (429, True)
        assert server.ask(TOTALS, token=server.token)[0] == 200


def test_a_list_says_all_about_a_token_but_its_secret(served: Served) -> None:
    made = served.create(
        "--name", "Ñandú label", "--scope", "*", "--artist", "ROSALÍA", "--country", "spain", "--expires", "12h", "--rps", "7"
    )
    row = listed(served.site)[id_in(made)]
    created, expires = (datetime.fromisoformat(row.pop(name)) for name in ("created", "expires"))
    assert (expires - created).total_seconds() == 12 * 3600
    assert row == {
        "id": id_in(made),
        "name": "Ñandú label",
        "scopes": ["*"],
        "artist": "ROSALÍA",
        "country": "ES",
        "rps": 7.0,
        "state": "active",
    }
    shown = token(served.site, "list").stdout
    assert f"{id_in(made)}  Ñandú label  *" in shown.replace("   ", "  ")
    assert made[-43:] not in shown + token(served.site, "list", "--json").stdout


def test_what_is_no_token_cannot_be_revoked(served: Served) -> None:
    done = token(served.site, "revoke", "aaaaaaaaaaaa")
    assert done.returncode == 1
    assert f"Error: {served.site.name}-tokens has no token aaaaaaaaaaaa: `artist360 token list` shows those that there are" in done.stderr


def test_a_revocation_can_be_asked_for_twice_and_by_the_whole_token(served: Served) -> None:
    made = served.create("--scope", "totals")
    first = token(served.site, "revoke", made, "--json")
    again = token(served.site, "revoke", id_in(made), "--json")
    assert json.loads(first.stdout) == json.loads(again.stdout)
    records = [record for record in read_topic(served.site.broker, f"{served.site.name}-tokens").records if id_in(made) in str(record.key)]
    assert len(records) == 2


def test_no_server_ever_ran_here_says_the_command(site: Site) -> None:
    for arguments in (["create", "--name", "x", "--scope", "totals"], ["list"], ["revoke", "aaaaaaaaaaaa"]):
        done = token(site, *arguments)
        assert done.returncode == 1
        assert f"has no topic {site.name}-tokens: a server creates it when it first starts" in done.stderr
        assert done.stdout == ""


# -- what outlasts what -------------------------------------------------------------------------------------------------


def test_a_restart_keeps_tokens_and_revocations(served: Served) -> None:
    made, revoked = served.create("--scope", "totals"), served.create("--scope", "totals")
    token(served.site, "revoke", id_in(revoked))
    served.servers[1].stop()
    served.servers[1].start().await_ready()
    assert served.servers[1].ask(TOTALS, token=made)[0] == 200
    assert "is revoked" in served.servers[1].ask(TOTALS, token=revoked)[1]["detail"]


def test_a_later_record_revives_no_revoked_token_and_an_unreadable_one_closes_its_own(served: Served) -> None:
    made, closed, other = (served.create("--scope", "totals") for _ in range(3))
    token(served.site, "revoke", id_in(made))
    topic = f"{served.site.name}-tokens"
    (first,) = [record for record in read_topic(served.site.broker, topic).records if record.key == f'["token","{id_in(made)}"]'.encode()]
    with served.site.producer() as producer:
        write(producer, topic, first.key, first.value)
        write(producer, topic, f'["token","{id_in(closed)}"]'.encode(), b'{"version":2}')
        write(producer, topic, b"not ours", b"at all")
    served.await_refused(closed)
    for server in served.servers:
        assert server.ask(TOTALS, token=made)[0] == 401
        assert server.ask(TOTALS, token=other)[0] == 200
        assert "it has the version 2, and this program reads 1: use one as new as what wrote it" in server.said
        assert not server.reason_unready()
    assert {listed(served.site)[id_in(each)]["state"] for each in (made, closed)} == {"revoked"}


def write(producer: Producer, topic: str, key: bytes | None, value: bytes | None) -> None:
    producer.produce(topic, value, key)


def test_a_server_that_loses_the_topic_keeps_what_it_knows_and_hears_of_new_tokens_when_it_is_back(site: Site) -> None:
    first, second = site.worker(role="all").start().await_ready(), site.worker("server-2", role="serve")
    served = Served(site, (first, first), site.truth(), [])
    made, revoked = served.create("--scope", "totals"), served.create("--scope", "totals")
    token(site, "revoke", id_in(revoked))
    served.await_refused(revoked)
    topic = f"{site.name}-tokens"
    site.admin.delete_topics([topic])[topic].result(ANSWER_SECONDS)
    until(lambda: f"following {topic} failed and is tried again" in first.said, "it says so", why=lambda: tail(first.log))
    assert [first.ask(TOTALS, token=each)[0] for each in (made, revoked, first.token)] == [200, 401, 200]
    assert not first.reason_unready()
    second.start().await_ready()
    until(lambda: f"{topic} is followed again" in first.said, "it follows the new topic", why=lambda: tail(first.log))
    new = Served(site, (first, second), served.truth, []).create("--scope", "totals")
    assert [first.ask(TOTALS, token=each)[0] for each in (made, revoked, new)] == [200, 401, 200]


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_no_secret_stands_in_a_log_or_in_the_topic(served: Served) -> None:
    made = served.create("--name", "looked for", "--scope", "totals")
    for server in served.servers:
        for path in (
            "/v0/pipes/totals.json",
            "/v0/pipes/nothing.json",
            "/v0/pipes/totals.json?x=1",
            "/v0/pipes/ranking_by.json",
            "/nowhere",
        ):
            for each in (made, f"{made[:-1]}!", server.token):
                server.ask(f"{path}{'&' if '?' in path else '?'}token={each}", token=None)
                server.ask(path, token=each)
    secrets = [each[-43:] for each in (*served.made, *(server.token for server in served.servers))]
    records = read_topic(served.site.broker, f"{served.site.name}-tokens").records
    topic = b"".join((record.key or b"") + (record.value or b"") for record in records)
    assert b"looked for" in topic
    logs = b"".join(path.read_bytes() for path in served.site.folder.glob("*.log"))  # not those of databases, which come and go
    assert b"Worker]" in logs
    for secret in secrets:
        assert secret.encode() not in topic
        assert secret.encode() not in logs
