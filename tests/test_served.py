"""Claims about whom an audit waits for: a server that answered before, and none that never did."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app import served
from app.audit import CannotProve
from app.served import Asker

ANSWER = json.dumps({"data": [{"plays": 1}], "watermarks": {"0": 7}}).encode()


class Restarting(BaseHTTPRequestHandler):
    """Answers, and lets go of `gone` connections without an answer before the next."""

    gone: list[int]
    answer = ANSWER

    def do_GET(self) -> None:
        if self.gone and self.gone.pop():
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def asker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    monkeypatch.setattr(served, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(served, "PATIENCE_SECONDS", 5.0)
    Restarting.gone = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Restarting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Asker(f"http://127.0.0.1:{server.server_address[1]}", "")
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1:99999", "http://h:abc", "http://h:0", "http://[::1", "http://a..b", f"http://{'a' * 64}"),
        *("ftp://h", "http://", ":6066", "", "http://h/ñ"),
    ],
)
def test_what_is_no_address_is_refused_with_what_is_one(address: str) -> None:
    with pytest.raises(CannotProve) as refused:
        Asker(address, "")
    assert f"the server's address is {address!r}; send http://HOST:PORT" in str(refused.value)
    assert "from 1 to 65535" in str(refused.value)


@pytest.mark.parametrize("address", ["http://user:sesame@h", "user:sesame@h:6066", "http://sesame@[::1", "http://user:sesame@h:abc"])
def test_a_password_in_an_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(CannotProve, match=r"names a user before its @: send http://HOST:PORT, and .* with --token") as refused:
        Asker(address, "")
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("address", ["127.0.0.1:6066", "localhost", "http://[::1]:6066", "https://müller.example/artists/"])
def test_an_address_may_leave_out_the_scheme_or_the_port(address: str) -> None:
    assert Asker(address, "").address == address


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"data": [], "watermarks": {"a": 1}}', b'{"data": [], "watermarks": 1}', b"\xff"]
)
def test_another_server_than_ours_proves_nothing(asker: Asker, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(Restarting, "answer", body)
    with pytest.raises(CannotProve, match="is no server of Artist 360: say where it is with --server"):
        asker.ask("totals")


def test_a_server_that_restarts_between_two_answers_is_waited_for(asker: Asker) -> None:
    assert asker.ask("totals") == ([{"plays": 1}], {0: 7})
    Restarting.gone = [1, 1, 1]
    assert asker.ask("totals") == ([{"plays": 1}], {0: 7})
    assert Restarting.gone == []


def test_a_server_that_restarts_for_too_long_is_given_up(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    asker.ask("totals")
    monkeypatch.setattr(served, "PATIENCE_SECONDS", 0.0)
    Restarting.gone = [1]
    with pytest.raises(CannotProve, match="no server answers at"):
        asker.ask("totals")


def test_a_server_that_never_answered_is_not_waited_for(asker: Asker) -> None:
    Restarting.gone = [1, 1]
    with pytest.raises(CannotProve, match=r"no server answers at .*: start one, or say where it is with --server"):
        asker.ask("totals")
    assert Restarting.gone == [1]
