"""Room for the embedded broker on this machine: a free port, enough memory, and what to say when there is none."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path

import psutil

from app.broker_jars import BrokerError

GRACE_SECONDS = 0.5  # a killed broker lets go of its port some moments after it is gone
HOST = "127.0.0.1"
HEAP_MEGABYTES_LEAST = 128
JVM_MEGABYTES_BESIDE_HEAP = 200  # measured: code, threads, direct buffers


def free_port() -> int:
    """A port on this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on *port* of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def refuse_taken(port: int) -> None:
    """Raise BrokerError when *port* is taken, naming who has it where the system lets that be seen."""
    deadline = time.monotonic() + GRACE_SECONDS
    while not is_free(port) and time.monotonic() < deadline:
        time.sleep(0.02)
    if is_free(port):
        return
    owner = "another program (perhaps another user's)"
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                owner = f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    raise BrokerError(f"port {port} is taken by {owner}: stop it, or choose another port, for example {free_port()} (0 picks one).")


def refuse_too_little_memory(heap_megabytes: int) -> None:
    """Raise BrokerError when the broker would not fit into the memory (and swap) that is free now."""
    if heap_megabytes < HEAP_MEGABYTES_LEAST:
        raise BrokerError(f"a heap of {heap_megabytes} MB is too small for Kafka: {HEAP_MEGABYTES_LEAST} is the least, 512 usual.")
    free = _free_megabytes()
    needed = heap_megabytes + JVM_MEGABYTES_BESIDE_HEAP
    if free < needed:
        raise BrokerError(
            f"memory is short: the broker needs {needed} MB ({heap_megabytes} of heap), {free} MB are free. Close "
            "other programs, or use a Kafka on another machine: ARTIST360_BROKER names it."
        )


def explain(said: str, heap_megabytes: int) -> str:
    """The last words of a JVM, and in front of them what they mean when that is known."""
    if any(sign in said for sign in ("Could not reserve enough space", "insufficient memory", "OutOfMemoryError")):
        return (
            f"memory is short: the JVM cannot have its heap of {heap_megabytes} MB. Close other programs, or use a Kafka on "
            f"another machine: ARTIST360_BROKER names it. It said:\n{said}"
        )
    return said


def _free_megabytes() -> int:
    free = psutil.virtual_memory().available + psutil.swap_memory().free
    group = Path("/sys/fs/cgroup")  # a container's own limit, where there is one
    with suppress(OSError, ValueError, KeyError):
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        free = min(free, limit - used + int(stat["inactive_file"]))
    return int(free // 2**20)
