"""Listeners: starts the embedded broker with more of them than the product gives it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from app import broker
from app.broker_jars import install
from app.broker_process import Files, format_storage, launch, write_properties
from app.broker_room import free_port
from tests.broker.waiting import tail, until

HEAP_MEGABYTES = 512


class Listener(NamedTuple):
    """One more way to the broker, under a *name* of its own."""

    name: str
    protocol: str
    port: int
    advertised: str
    """Where clients that ask here are sent."""


def start_with(data: Path, listeners: Sequence[Listener], settings: Mapping[str, str] | None = None) -> str:
    """Start the broker of *data*, new, with *listeners* and *settings* beside its own; return the address of its own listener."""
    files, port = Files.below(data), free_port()
    files.data.mkdir(parents=True, exist_ok=True)
    jars = install(lambda _: None)
    write_properties(files, port=port)
    added = {
        "listeners": "".join(f",{each.name}://127.0.0.1:{each.port}" for each in listeners),
        "advertised.listeners": "".join(f",{each.name}://{each.advertised}" for each in listeners),
        "listener.security.protocol.map": "".join(f",{each.name}:{each.protocol}" for each in listeners),
    }
    lines = [f"{line}{added.get(line.partition('=')[0], '')}" for line in files.properties.read_text("ascii").splitlines()]
    lines += [f"{name}={value}" for name, value in (settings or {}).items()]
    files.properties.write_text("".join(f"{line}\n" for line in lines), "ascii")
    format_storage(files, jars, heap_megabytes=HEAP_MEGABYTES)
    address = f"127.0.0.1:{port}"
    launch(files, jars, address=address, heap_megabytes=HEAP_MEGABYTES)
    # What a process was started with cannot be read in its first moment, and is what it is known by.
    until(lambda: broker.status(data).running, "the broker's process is there", why=lambda: tail(files.log))
    broker.start(data, say=lambda _: None)  # it runs: returns when it answers
    return address
