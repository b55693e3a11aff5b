"""The live stream of a real worker: it says what the pipes say, follows plays, and neither a client nor a stop waits for another."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.live_client import LiveClient
from tests.broker.site import Site, play
from tests.broker.waiting import until
from tests.broker.worker_process import STOP_SECONDS, WorkerProcess
from tests.events import address

PAGE = {
    "totals": "totals",
    "artist": "ranking_by?by=artist&limit=10",
    "song_title": "ranking_by?by=song_title&limit=10",
    "country": "ranking_by?by=country&limit=200",
    "spain": "ranking_by?by=artist&country=spain&days=7",
    "days": "evolution?days=30",
    "conservation": "conservation",
}
SECONDS = {"seconds": "evolution_per_second?seconds=60"}
TURNS = 10
OPEN_STREAMS = 200


@pytest.fixture
def worker(site: Site, plays: Plays) -> Iterator[WorkerProcess]:
    """A worker that has counted and serves everything there is."""
    site.produce(plays(5_000, seed=91))
    started = site.worker().start().await_ready()
    site.await_served(started)
    yield started
    assert "Traceback" not in started.said


def pipe(worker: WorkerProcess, asked: str) -> dict[str, object]:
    """Return what the pipe answers to a subscription."""
    endpoint, _, query = asked.partition("?")
    status, body = worker.ask(f"/v0/pipes/{endpoint}.json?{query}", token=worker.token)
    assert status == 200, body
    return {name: value for name, value in body.items() if name not in ("statistics", "as_of")}


def test_a_stream_begins_with_what_the_pipes_answer(worker: WorkerProcess) -> None:
    with LiveClient(worker, {**PAGE, **SECONDS}) as client:
        client.turn()
        for name, asked in PAGE.items():
            whole = client.whole[name]
            assert {key: whole[key] for key in whole if key not in ("statistics", "as_of")} == pipe(worker, asked)
        assert client.standing["watermarks"] == client.whole["totals"]["watermarks"]
        assert len(client.rows["seconds"]) == 60


def test_its_changes_lead_to_what_the_pipes_answer(site: Site, worker: WorkerProcess, plays: Plays) -> None:
    with LiveClient(worker, {**PAGE, **SECONDS}) as client:
        client.turn()
        whole = dict(client.came)
        with arriving(site, plays(4_000, seed=92), 2_000):
            client.turn(lambda: client.came["totals"] > whole["totals"] + 2)
        site.await_served(worker)
        ends = {str(partition): end for partition, end in site.ends().items()}
        client.turn(lambda: client.standing["watermarks"] == ends)
        client.turn()  # "at least": a part asked before the last flush came may follow in the next turn
        for name, asked in PAGE.items():
            assert client.rows[name] == pipe(worker, asked)["data"], name
        truth = site.truth()
        assert client.rows["totals"][0]["plays"] == len(truth.plays)


def test_plays_of_this_second_come_as_seconds(site: Site, worker: WorkerProcess) -> None:
    with LiveClient(worker, {"seconds": "evolution_per_second?seconds=60&song_id=new"}) as client:
        client.turn()
        site.produce([play("new")] * 50)
        client.turn(lambda: sum(row["plays"] for row in client.rows["seconds"]) == 50)
        assert client.came["seconds"] > 1
        assert sum(row["plays"] for row in client.whole["seconds"]["data"]) == 0


def test_clients_that_subscribe_to_the_same_cost_the_questions_of_one(worker: WorkerProcess) -> None:
    with LiveClient(worker, {"mine": "totals"}) as one, LiveClient(worker, {"yours": "totals"}) as other:
        for client in (one, other):
            client.turn()
        before, first = worker.scrape()[""], turn_of(one)
        assert before["artist360_streams"] == 2
        for client in (one, other):
            client.turn(lambda client=client: turn_of(client) >= first + TURNS)  # type: ignore[misc]
        asked = worker.scrape()[""]["artist360_stream_questions_total"] - before["artist360_stream_questions_total"]
        with LiveClient(worker, {"mine": "totals"}, last_id=one.last_id) as now:
            now.turn()
            assert asked <= turn_of(now) - first, "one a turn for both"
    until(lambda: not worker.scrape()[""]["artist360_streams"], "both are gone")


def turn_of(client: LiveClient) -> int:
    return int(client.last_id.partition("-")[2])


def test_who_comes_back_to_unchanged_numbers_is_not_sent_them_again(worker: WorkerProcess) -> None:
    with LiveClient(worker, PAGE) as client:
        client.turn()
    with LiveClient(worker, PAGE, last_id=client.last_id) as again:
        again.turn()
        assert not again.whole
        assert again.standing["watermarks"] == client.standing["watermarks"]


def test_a_head_is_answered_at_once(worker: WorkerProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", worker.settings.web_port, timeout=10)
    for method in ("HEAD", "HEAD"):  # twice, over one connection
        connection.request(method, address(**PAGE), headers={"Authorization": f"Bearer {worker.token}"})
        response = connection.getresponse()
        response.read()
        assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")
    connection.close()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/live", "0 subscriptions came"),
        ("/live?top=nothing", "top asks for 'nothing'"),
        ("/live?all=totals&top=ranking_by%3Fby%3Dsinger", "top: by is 'singer'; allowed: one or several of artist"),
    ],
)
def test_bad_subscriptions_are_problems_that_name_the_part(worker: WorkerProcess, path: str, said: str) -> None:
    status, body = worker.ask(path, token=worker.token)
    assert status == 400
    assert said in body["detail"]
    assert worker.ask(path, token=None)[0] == 401


def test_a_client_that_reads_nothing_is_dropped_and_holds_up_nobody(worker: WorkerProcess) -> None:
    large = {f"part{number}": f"ranking_by?by=song_title&limit=1000&offset={number}" for number in range(20)}
    with socket.socket() as deaf, LiveClient(worker, PAGE) as client:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", worker.settings.web_port))
        deaf.sendall(f"GET {address(**large)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {worker.token}\r\n\r\n".encode())
        until(lambda: worker.scrape()[""]["artist360_streams"] == 2, "both are open")
        client.turn(lambda: "dropped a stream whose client takes nothing" in worker.said)
        client.turn()
        until(lambda: worker.scrape()[""]["artist360_streams"] == 1, "the slow one is gone")


def test_a_server_that_is_not_ready_says_so_in_the_stream_and_goes_on_when_it_is(site: Site, plays: Plays) -> None:
    site.produce(plays(2_000, seed=93))
    server = site.worker("server", role="serve").start()
    until(server.reason_unready, "the server answers, and is not ready")
    until(lambda: server.ask("/livez", token=None)[0] == 200, "the server answers")
    with LiveClient(server, PAGE) as client:
        client.until(lambda: client.state)
        assert not client.state["ready"]
        assert client.state["reason"]
        site.worker("counting", role="count").start()
        client.until(lambda: client.came["as_of"])
        ends = {str(partition): end for partition, end in site.ends().items()}
        client.turn(lambda: client.standing["watermarks"] == ends)
        client.until(lambda: client.state["ready"])


def test_a_stop_ends_every_stream_at_once_and_waits_for_none(site: Site, worker: WorkerProcess, plays: Plays) -> None:
    with arriving(site, plays(20_000, seed=94), 1_000), ExitStack() as opened:
        clients = [
            opened.enter_context(LiveClient(worker, PAGE if number % 2 else {**SECONDS, "mine": f"totals?days={number + 1}"}))
            for number in range(OPEN_STREAMS)
        ]
        for client in clients:
            client.turn()
        assert worker.stop() < STOP_SECONDS
        for client in clients:
            client.rest()
        assert [client.bye for client in clients] == [{"reason": "the server stops"}] * OPEN_STREAMS
        assert len({client.retry_ms for client in clients}) > 20, "they do not all come back at once"
