"""Tokens on two real servers: made and revoked while they run, each sees what it may and nothing else, and no secret is written down."""

import csv
import io
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from confluent_kafka import Producer

from app.broker import BrokerStatus
from app.settings import PREFIX
from tests.broker.conftest import Plays, open_site
from tests.broker.recount import Recount, assert_income, assert_ranking, assert_series, folded
from tests.broker.site import ANSWER_SECONDS, Site
from tests.broker.truth import Truth, read_topic
from tests.broker.waiting import tail, until
from tests.broker.worker_process import ROOT, WorkerProcess

SEEN_SECONDS = 5.0
"""A server knows within one; the machine may be busy."""
TOTALS = "/v0/pipes/totals.json"
MOST_ROWS = 10_000
MOST_SECONDS = 600
COMMAND_SECONDS = 60


class Served(NamedTuple):
    """A site with everything counted, two servers, and the truth."""

    site: Site
    servers: tuple[WorkerProcess, WorkerProcess]
    truth: Truth
    made: list[str]
    """Every token that a test made."""

    @property
    def recount(self) -> Recount:
        return Recount(self.truth.catalogue, self.truth.plays)

    def create(self, *options: str) -> str:
        """Make a token as an operator does, and wait until both servers know it."""
        done = token(self.site, "create", "--json", *(options if "--name" in options else ("--name", "a test", *options)))
        assert done.returncode == 0, done.stderr
        made = str(json.loads(done.stdout)["token"])
        self.made.append(made)
        self.await_everywhere(lambda server: self.knows(server, made), "the server knows the token")
        return made

    def await_everywhere(self, condition: Callable[[WorkerProcess], bool], what: str) -> None:
        for server in self.servers:
            until(partial(condition, server), what, within=SEEN_SECONDS, why=partial(tail, server.log))

    def await_refused(self, made: str) -> None:
        self.await_everywhere(lambda server: server.ask(TOTALS, token=made)[0] == 401, "the server refuses the token")

    def knows(self, server: WorkerProcess, made: str) -> bool:
        """Say whether *server* has read of the token: one that has expired or is revoked is known, too."""
        status, said = server.ask("/v0/pipes/nothing.json", token=made)
        return status != 401 or "not known" not in said["detail"]

    def get(self, made: str, endpoint: str, **params: Any) -> dict[str, Any]:
        """Return the answer of the second server, which is the same in every format."""
        query = urllib.parse.urlencode(params, doseq=True)
        status, answer = self.servers[1].ask(f"/v0/pipes/{endpoint}.json?{query}", token=made)
        assert status == 200, answer
        names = [column["name"] for column in answer["meta"]]

        def download(kind: str) -> bytes:
            return self.servers[1].download(f"/v0/pipes/{endpoint}.{kind}?{query}", token=made)[0]

        if endpoint != "evolution_per_second":  # whose newest second differs from one request to the next
            rows = told(names, [row.values() for row in answer["data"]])
            assert told(names, [json.loads(line).values() for line in download("ndjson").splitlines()]) == rows
            header, *lines = csv.reader(io.StringIO(download("csv").decode(), newline=""))
            assert (header, [line[names.index("plays")] for line in lines]) == (names, [str(row["plays"]) for row in answer["data"]])
            parquet = self.site.folder / "answer.parquet"
            parquet.write_bytes(download("parquet"))
            with duckdb.connect() as connection:
                assert told(names, connection.execute("FROM read_parquet(?)", [str(parquet)]).fetchall()) == rows
        return answer


def told(names: Sequence[str], rows: Iterable[Iterable[Any]]) -> list[dict[str, str]]:
    """Return *rows* as text, without the song: of those that are played as often it may be any."""
    return [{name: str(value) for name, value in zip(names, row, strict=True) if name != "song_id"} for row in rows]


def token(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `artist360 token`."""
    settings = site.worker("commands").settings
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "token", *arguments],
        cwd=ROOT,
        env={"PATH": "", f"{PREFIX}ID": settings.id, f"{PREFIX}BROKER": settings.broker},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )


def listed(site: Site) -> dict[str, dict[str, Any]]:
    done = token(site, "list", "--json")
    assert done.returncode == 0, done.stderr
    return {row["id"]: row for row in json.loads(done.stdout)["tokens"]}


def id_in(made: str) -> str:
    return made.split("_")[1]


@pytest.fixture(scope="module")
def served(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory, songs_csv: Path, plays: Plays) -> Iterator[Served]:
    with open_site(str(kafka.address), tmp_path_factory.mktemp("tokens"), songs_csv) as site:
        site.produce(plays(30_000, seed=31))
        servers = (site.worker("worker-1").start(), site.worker("server-2", role="serve").start())
        for server in servers:
            server.await_ready()
            site.await_served(server)
        yield Served(site, servers, site.truth(), [])


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


# -- rows ---------------------------------------------------------------------------------------------------------------


class Fixed(NamedTuple):
    """A token that is fixed to rows, and what is right for it."""

    token: str
    recount: Recount
    others: str
    """An artist that it must not see; empty when there is none."""


@pytest.fixture(scope="module", params=["artist", "country", "both"])
def fixed(served: Served, request: pytest.FixtureRequest) -> Fixed:
    everyone = served.recount
    ranks = [rank.names[0] for rank in everyone.ranking("artist")]
    collaborators = {artist for song in served.truth.catalogue.values() if len(song.artists) > 1 for artist in song.artists}
    artist = next(name for name in ranks if name in collaborators)
    options, recount = [], everyone
    if request.param != "country":
        options, recount = ["--artist", artist.upper()], recount.where(artist=artist)
    if request.param != "artist":
        options, recount = [*options, "--country", "united kingdom"], recount.where(country="GB")
    seen = {folded(rank.names[0]) for rank in recount.ranking("artist")}
    other = next((name for name in ranks if folded(name) not in seen), "")
    assert recount.plays
    return Fixed(served.create("--scope", "*", *options), recount, other)


def test_every_ranking_is_of_its_rows(served: Served, fixed: Fixed) -> None:
    for by in ("artist", "song_title", "album_name", "country", "source", "genre", "artist,country", "song_title,source"):
        expected = fixed.recount.ranking(*by.split(","))
        answer = served.get(fixed.token, "ranking_by", by=by, limit=MOST_ROWS)
        assert_ranking(answer["data"], expected[:MOST_ROWS])
        assert answer["rows_before_limit_at_least"] == len(expected)
        assert answer["statistics"]["rows_read"] == answer["rows"]
        assert_ranking(served.get(fixed.token, "ranking_by", by=by, limit=3, offset=2)["data"], expected[2:5])


def test_no_filter_leads_out_of_its_rows(served: Served, fixed: Fixed) -> None:
    for filters in ({}, {"country": ["GB", "FR"]}, {"country": "FR"}, {"source": "spotify"}, {"genre": "pop"}, {"song_id": "nobody's"}):
        assert_totals(served, fixed, fixed.recount.where(**filters), filters)
    if fixed.others:
        assert served.get(fixed.token, "ranking_by", artist=fixed.others)["data"] == []
        (row,) = served.get(fixed.token, "totals", artist=fixed.others)["data"]
        assert set(row.values()) == {0}
    top = served.recount.ranking("song_title")[0]
    (song,) = list(top.songs)[:1]
    assert_totals(served, fixed, fixed.recount.where(song_id=song), {"song_id": song})


def test_days_and_seconds_are_of_its_rows(served: Served, fixed: Fixed) -> None:
    rows = served.get(fixed.token, "evolution")["data"]
    assert_series(rows, fixed.recount.per_day(last=date.fromisoformat(rows[-1]["date"])))
    rows = served.get(fixed.token, "evolution_per_second", seconds=MOST_SECONDS)["data"]
    assert_series(rows, fixed.recount.per_second([row["date"] for row in rows]))


def test_a_search_finds_only_its_artists_with_its_plays(served: Served, fixed: Fixed) -> None:
    plays = {rank.names[0]: rank.plays for rank in fixed.recount.ranking("artist")}
    for wanted in ("", "a", "e", *list(plays)[:3], fixed.others):
        for row in served.get(fixed.token, "search_artist", artist=wanted, limit=MOST_ROWS)["data"]:
            assert plays[row["artist"]] == row["plays"]
    name = next(iter(plays))
    assert served.get(fixed.token, "search_artist", artist=name)["data"][0]["artist"] == name


def test_what_tells_of_all_rows_stays_closed(served: Served, fixed: Fixed) -> None:
    for path in ("/v0/pipes/conservation.json", "/v0/pipes/facts.json", "/v0/pipes/facts.parquet", "/metrics"):
        status, said = served.servers[0].ask(path, token=fixed.token)
        assert (status, "this token is fixed to one" in said["detail"]) == (403, True)


def test_errors_are_the_same_whatever_the_rows(served: Served, fixed: Fixed) -> None:
    everything = served.create("--scope", "*")
    for path in (
        "totals.json?country=Atlantis",
        "totals.json?artist=",
        "ranking_by.json?by=label",
        "totals.xml",
        "nothing.json",
        "totals.json?x=1",
    ):
        answers = [served.servers[0].ask(f"/v0/pipes/{path}", token=each) for each in (fixed.token, everything)]
        assert answers[0] == answers[1]
        assert answers[0][0] in (400, 404)


def assert_totals(served: Served, fixed: Fixed, recount: Recount, filters: dict[str, Any]) -> None:
    (row,) = served.get(fixed.token, "totals", **filters)["data"]
    expected = recount.totals()
    assert_income(row.pop("income"), Fraction(expected.pop("income")))
    assert row == expected


# -- secrets ------------------------------------------------------------------------------------------------------------


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
    logs = b"".join(path.read_bytes() for path in served.site.folder.rglob("*.log"))
    assert b"Worker]" in logs
    for secret in secrets:
        assert secret.encode() not in topic
        assert secret.encode() not in logs
