"""The embedded broker, on real processes: what it keeps, what it refuses, and what it says."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from app import broker, broker_jars, log_files
from app.broker import BrokerError, BrokerStatus
from app.console import Console
from app.tended_broker import TendedBroker
from tests.broker.waiting import until

START = """
import sys
from pathlib import Path
from app import broker
print(broker.start(Path(sys.argv[1]), port=0).pid)
"""
PLAY = b'{"external_id": "6ZKv8Ug8EnnDJzUrGFNgAb"}'


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "dátå with ñ and 🎵"
    yield folder
    broker.stop(folder)


@pytest.fixture
def heard() -> list[str]:
    return []


# -- running --------------------------------------------------------------------------------------------------------


def test_the_log_of_a_broker_that_is_tended_is_moved_aside_when_it_grew_too_large(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tended = TendedBroker(data, 0, Console(io.StringIO()))
    tended.start()
    log = broker.status(data).log
    begun = log.read_text()
    monkeypatch.setattr(log_files, "LOG_BYTES_MOST", len(begun) - 1)
    tended.tend()
    assert log_files.previous(log).read_text().startswith(begun)
    assert not log.read_text().startswith(begun)
    tended.stop()
    assert "shut down completed" in log.read_text()  # it goes on in the same file


@pytest.mark.asyncio
async def test_a_message_outlives_a_stop_and_a_kill(data: Path, heard: list[str]) -> None:
    first = broker.start(data, port=0, say=heard.append)
    create_topic(first)
    await produce(first, PLAY)
    assert await consume(first) == PLAY

    assert broker.stop(data) is True
    assert broker.status(data).running is False
    second = broker.start(data, port=0, say=heard.append)
    assert await consume(second) == PLAY

    kill(second)
    assert broker.status(data).running is False
    third = broker.start(data, port=int(str(second.address).split(":")[1]), say=heard.append)
    assert third.address == second.address
    assert await consume(third) == PLAY
    assert (third.log.with_name("broker.log.1")).stat().st_size > 0


def test_a_second_start_finds_the_first(data: Path, heard: list[str]) -> None:
    first = broker.start(data, port=0, say=heard.append)
    assert broker.start(data, port=1, say=heard.append) == first == broker.status(data)
    assert f"runs already on {first.address}" in heard[-1]
    assert "port 1 was asked for" in heard[-1]


def test_two_starts_at_once_make_one_broker(data: Path) -> None:
    both = [python(START, str(data)) for _ in range(2)]
    pids = {process.communicate()[0].splitlines()[-1] for process in both}
    assert pids == {str(broker.status(data).pid)}


def test_it_runs_in_its_own_session_and_listens_on_loopback_only(data: Path, heard: list[str]) -> None:
    pid = broker.start(data, port=0, say=heard.append).pid
    assert pid is not None
    assert os.getsid(pid) == pid
    listening = [c.laddr.ip for c in psutil.Process(pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert len(listening) == 2
    assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}


def test_a_start_with_its_jars_needs_no_network_and_no_java_on_the_path(data: Path, heard: list[str]) -> None:
    broker_jars.install(heard.append)
    nowhere = f"http://127.0.0.1:{closed_port()}"
    process = python(
        START,
        str(data),
        PATH="/nonexistent",
        HTTPS_PROXY=nowhere,
        HTTP_PROXY=nowhere,
        JAVA_HOME="/nonexistent",
        JAVA_TOOL_OPTIONS="-Xmx1k",
    )
    assert process.communicate()[0].splitlines()[-1] == str(broker.status(data).pid)


def test_a_half_done_format_heals(data: Path, heard: list[str]) -> None:
    (data / "kafka.new").mkdir(parents=True)
    (data / "kafka.new" / "meta.properties").write_text("half")
    (data / "kafka").mkdir()
    assert broker.start(data, port=0, say=heard.append).running


def test_a_controller_port_that_somebody_took_is_given_up(data: Path, heard: list[str]) -> None:
    broker.start(data, port=0, say=heard.append)
    broker.stop(data)
    settings = dict(line.split("=", 1) for line in (data / "broker.properties").read_text().splitlines())
    with listener(int(settings["controller.quorum.bootstrap.servers"].rpartition(":")[2])):
        assert broker.start(data, port=0, say=heard.append).running


# -- stopping -------------------------------------------------------------------------------------------------------


def test_nothing_to_stop_is_no_error(tmp_path: Path) -> None:
    assert broker.stop(tmp_path / "never") is False
    assert not (tmp_path / "never").exists()


def test_a_broker_that_does_not_stop_in_time_is_killed_and_that_is_said(data: Path, heard: list[str]) -> None:
    pid = broker.start(data, port=0, say=heard.append).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert broker.stop(data, timeout_seconds=0.5, say=heard.append) is True
    assert "did not stop within 0.5 s: killing it" in heard[-1]
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("created", ["its own", "another"])
def test_a_process_that_got_the_brokers_number_is_left_alone(data: Path, created: str) -> None:
    data.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        born = psutil.Process(stranger.pid).create_time() - (0 if created == "its own" else 3600)
        noted = {"pid": stranger.pid, "created": born, "address": "127.0.0.1:9092"}
        (data / "broker.pid").write_text(json.dumps(noted))
        assert broker.status(data).running is False
        assert broker.stop(data) is False
        assert stranger.poll() is None
        stranger.kill()


# -- refusing -------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_refused_by_the_name_of_its_owner(data: Path, heard: list[str]) -> None:
    port = closed_port()
    with (
        listener(port),
        pytest.raises(BrokerError, match=rf"port {port} is taken by .*\(pid {os.getpid()}\): stop it, or"),
    ):
        broker.start(data, port=port, say=heard.append)


def test_a_heap_beyond_the_free_memory_is_refused_before_the_start(data: Path, heard: list[str]) -> None:
    with pytest.raises(BrokerError, match=r"needs 90000200 MB .* MB are free.*Kafka on another machine: ARTIST360_BROKER"):
        broker.start(data, port=0, heap_megabytes=90_000_000, say=heard.append)
    with pytest.raises(BrokerError, match="128 is the least"):
        broker.start(data, port=0, heap_megabytes=64, say=heard.append)


def test_a_jvm_that_cannot_have_its_heap_says_that_memory_is_short(data: Path) -> None:
    process = python(
        """
import resource, sys
from pathlib import Path
from app import broker
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
try:
    broker.start(Path(sys.argv[1]), port=0, heap_megabytes=1500)
except broker.BrokerError as error:
    print(error)
""",
        str(data),
    )
    said = process.communicate()[0]
    assert "memory is short: the JVM cannot have its heap of 1500 MB" in said


def test_a_death_at_the_start_shows_the_end_of_the_log(data: Path, heard: list[str]) -> None:
    broker.start(data, port=0, say=heard.append)
    broker.stop(data)
    meta = data / "kafka" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))
    with pytest.raises(BrokerError, match=r"(?s)ended at its start.*node.?id.*broker\.log"):
        broker.start(data, port=0, say=heard.append)
    assert broker.status(data).running is False

    meta.unlink()
    with pytest.raises(BrokerError, match=r"holds files but no meta\.properties"):
        broker.start(data, port=0, say=heard.append)


def test_a_start_that_takes_too_long_leaves_nothing_running(data: Path, heard: list[str]) -> None:
    with pytest.raises(BrokerError, match=r"does not answer on .* after 0 s.*broker\.log"):
        broker.start(data, port=0, say=heard.append, timeout_seconds=0)
    assert broker.status(data).running is False
    properties = str(data / "broker.properties")
    assert not [p.pid for p in psutil.process_iter(["cmdline"]) if properties in (p.info["cmdline"] or ())]


# -- the jars -------------------------------------------------------------------------------------------------------


class Repository:
    """A Maven repository on this machine, of made-up jars, that can fail as the real one does."""

    def __init__(self, folder: Path) -> None:
        self.jars = {f"org.example:{name}:1.0": f"the jar of {name}".encode() * 1000 for name in ("alpha", "beta")}
        self.failures = 0
        self.asked = 0
        self.lock = folder / "jars.lock"
        self.lock.write_text("".join(f"{hashlib.sha256(jar).hexdigest()}  {name}\n" for name, jar in self.jars.items()))
        repository = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                repository.asked += 1
                name = self.path.rsplit("/", 1)[-1]
                found = [jar for key, jar in repository.jars.items() if name == f"{key.split(':')[1]}-1.0.jar"]
                failing, repository.failures = repository.failures > 0, repository.failures - 1
                self.send_response(HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK if found else 404)
                body = found[0] if found and not failing else b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    made = Repository(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_the_jars_come_once_even_for_two_at_once(repository: Repository, tmp_path: Path, heard: list[str]) -> None:
    def install() -> tuple[Path, ...]:
        return broker_jars.install(heard.append, cache=tmp_path / "cache", lock=repository.lock, repository=repository.url)

    with ThreadPoolExecutor(2) as pool:
        first, second = (future.result() for future in [pool.submit(install), pool.submit(install)])
    assert [jar.name for jar in first] == ["alpha-1.0.jar", "beta-1.0.jar"]
    asked = repository.asked
    assert install() == first == second
    assert repository.asked == asked
    assert sum("downloading 2 files" in line for line in heard) == 1


def test_a_failing_repository_is_asked_again(repository: Repository, tmp_path: Path, heard: list[str]) -> None:
    repository.failures = 3
    assert broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)


def test_without_a_network_the_error_names_what_is_missing(repository: Repository, tmp_path: Path, heard: list[str]) -> None:
    closed = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(BrokerError, match=rf"cannot download org\.example:\w+:1\.0 from {closed} after 4 attempts.*again"):
        broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=closed)
    assert broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)


def test_a_jar_that_is_not_the_locked_one_is_refused_by_name(repository: Repository, tmp_path: Path, heard: list[str]) -> None:
    good = repository.jars["org.example:beta:1.0"]
    repository.jars["org.example:beta:1.0"] = b"changed on the way"
    with pytest.raises(BrokerError, match=r"beta-1\.0\.jar is refused: its SHA-256 is"):
        broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)

    repository.jars["org.example:beta:1.0"] = good
    alpha, _ = broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)
    alpha.write_bytes(b"changed on the disk")
    with pytest.raises(BrokerError, match=r"alpha-1\.0\.jar is refused"):
        broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)


def test_a_jar_too_many_or_too_few_is_refused(repository: Repository, tmp_path: Path, heard: list[str]) -> None:
    alpha, _ = broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)
    extra = alpha.with_name("extra-1.0.jar")
    extra.write_bytes(b"?")
    with pytest.raises(BrokerError, match=r"extra-1\.0\.jar is not in the lock"):
        broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)
    extra.unlink()
    alpha.unlink()
    with pytest.raises(BrokerError, match=r"alpha-1\.0\.jar is missing"):
        broker_jars.install(heard.append, cache=tmp_path, lock=repository.lock, repository=repository.url)


def test_the_lock_holds_what_the_broker_is_made_of() -> None:
    lock = broker_jars.read_lock(broker_jars.LOCK)
    assert set(broker_jars.ROOTS) <= lock.keys()
    assert all(len(sha256) == 64 for sha256 in lock.values())


# -- what the tests do ----------------------------------------------------------------------------------------------


def create_topic(at: BrokerStatus) -> None:
    admin = AdminClient({"bootstrap.servers": str(at.address), "log_level": 0})
    admin.create_topics([NewTopic("plays", 1, 1)])["plays"].result(timeout=10)


async def produce(at: BrokerStatus, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=at.address, acks="all") as producer:
        await producer.send_and_wait("plays", value, partition=0)


async def consume(at: BrokerStatus) -> bytes | None:
    async with AIOKafkaConsumer(bootstrap_servers=at.address, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition("plays", 0)])
        value: bytes | None = (await consumer.getone()).value
    return value


def kill(running: BrokerStatus) -> None:
    assert running.pid is not None
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: not broker.status(running.data).running, "the killed broker is gone")


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listener(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def python(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
