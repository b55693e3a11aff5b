"""Operations of a worker as it is run: what has not changed is not sent, every request leaves its line, and a stop waits for nobody."""

import http.client
import json
import socket
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.broker.site import Site, play
from tests.broker.waiting import GENEROUS_SECONDS, until
from tests.broker.worker_process import WorkerProcess
from web.metrics import METRICS

TOTALS = "/v0/pipes/totals.json"


def ask(worker: WorkerProcess, path: str = TOTALS, **headers: str) -> tuple[int, http.client.HTTPMessage]:
    """Ask with the token; underscores in the names of *headers* stand for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", worker.settings.web_port, timeout=GENEROUS_SECONDS)
    try:
        sent = {"Authorization": f"Bearer {worker.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request("GET", path, headers=sent)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


def logged(worker: WorkerProcess) -> list[dict[str, Any]]:
    """Return the log's lines; Faust greets in others."""
    return [json.loads(line) for line in worker.said.splitlines() if line.startswith("{")]


def test_a_record_that_changes_no_row_changes_the_watermarks_of_a_304(site: Site) -> None:
    site.produce([play()] * 30)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    status, first = ask(worker)
    assert status == 200
    site.produce([b"not JSON"], partition=0)
    site.await_served(worker)
    status, same = ask(worker, If_None_Match=first["ETag"])
    assert (status, same["ETag"]) == (304, first["ETag"])
    assert json.loads(same["X-Watermarks"])["0"] == json.loads(first["X-Watermarks"]).get("0", 0) + 1
    assert same["X-As-Of"] > first["X-As-Of"]
    site.produce([play()])
    site.await_served(worker)
    status, other = ask(worker, If_None_Match=first["ETag"])
    assert status == 200
    assert other["ETag"] != first["ETag"]


def test_each_request_and_each_slow_query_is_a_line_of_json_without_the_token(site: Site) -> None:
    site.produce([play()] * 30)
    worker = site.worker(log_format="json", slow_query_seconds=0.0).start().await_ready()
    site.await_served(worker)
    assert ask(worker, f"{TOTALS}?country=ES&token={worker.token}", X_Request_Id="mine")[0] == 200
    until(lambda: any(line.get("message") == "request" and line.get("request") == "mine" for line in logged(worker)), "the line is there")
    slow, access = (line for line in logged(worker) if line.get("request") == "mine")
    assert (slow["message"], slow["endpoint"], slow["parameters"]) == ("slow query", "totals", "{'country': ['ES']}")
    assert (access["method"], access["path"], access["status"], access["level"]) == ("GET", TOTALS, 200, "INFO")
    assert access["token"] in worker.token
    assert worker.token not in worker.said
    assert worker.token.split("_", 2)[2] not in worker.said


def test_metrics_tell_of_the_flush_and_the_requests_by_the_listed_names(site: Site) -> None:
    site.produce([play()] * 30)
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    assert {family.name for family in text_string_to_metric_families(worker.download("/metrics")[0].decode())} == {
        metric.name for metric in METRICS
    }
    samples = worker.scrape()[""]
    assert samples["artist360_flush_seconds_count"] > 0
    assert samples["artist360_warehouse_bytes"] > 0
    assert samples["artist360_stored_counts"] > 0
    assert 0 <= samples["artist360_watermark_age_seconds"] < GENEROUS_SECONDS


def test_requests_are_logged_at_the_level_that_is_set(site: Site) -> None:
    worker = site.worker(access_log="DEBUG").start().await_ready()
    assert ask(worker, "/metrics", X_Request_Id="mine")[0] == 200
    worker.stop()
    assert "mine" not in worker.said


def test_a_worker_stops_in_time_whatever_its_clients_do(site: Site) -> None:
    worker = site.worker().start().await_ready()
    with socket.create_connection(("127.0.0.1", worker.settings.web_port)) as slow, socket.create_connection(slow.getpeername()) as deaf:
        slow.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        deaf.setblocking(False)
        deaf.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 5_000)
        assert ask(worker)[0] == 200
        worker.stop()
