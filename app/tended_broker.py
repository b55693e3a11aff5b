"""Tended broker: the embedded Kafka while `artist360 up` runs, started again when it ends."""

import time
from pathlib import Path

from app import broker, log_files
from app.broker import BrokerError
from app.broker_room import HOST, refuse_taken
from app.console import Console
from app.processes import Backoff

LOOK_SECONDS = 1.0


class TendedBroker:
    """The embedded broker, tended like a child; it is no child, since it may outlive this process."""

    name = "broker"

    def __init__(self, data: Path, port: int, console: Console) -> None:
        """Prepare the broker of *data* on *port*; 0 picks one."""
        self._data, self._port, self._console = data, port, console
        self._backoff = Backoff()
        self._looked = self._next_start = self._started = 0.0
        self.address = ""

    def start(self) -> bool:
        """Start it, and return whether it ran before.

        Raises:
            BrokerError: it cannot be started.
        """
        ran = broker.status(self._data).running
        if not ran and self._port:
            try:
                refuse_taken(self._port)
            except BrokerError as error:
                address = f"{HOST}:{self._port}"
                raise BrokerError(f"{error} The option is --broker-port; if it is a Kafka to use, --broker {address}") from None
        self._console.status(self.name, "starting")
        status = broker.start(self._data, port=self._port, say=lambda line: self._console.say(self.name, line))
        self.address = status.address or ""
        self._port = int(self.address.rpartition(":")[2])
        self._started = time.monotonic()
        return ran

    def tend(self) -> None:
        """Look after it: start it again on its port when it has ended, and keep its log bounded.

        Raises:
            BrokerError: it cannot be started, or ends again and again.
        """
        now = time.monotonic()
        if self._next_start:
            if now >= self._next_start:
                self._next_start = 0.0
                self.start()
        elif now - self._looked >= LOOK_SECONDS:
            self._looked = now
            status = broker.status(self._data)
            if not status.running:
                seconds = self._backoff.after(now - self._started, now)
                if seconds is None:
                    raise BrokerError(f"Kafka ends again and again; its log says why: {status.log}")
                self._console.say(self.name, f"ended, its log is {status.log}. Starting again in {seconds:.0f} s")
                self._next_start = now + seconds
            else:
                log_files.bound(status.log)

    def stop(self) -> None:
        """Stop it in order."""
        self._console.status(self.name, "stopping")
        broker.stop(self._data, say=lambda line: self._console.say(self.name, line))
        self._console.say(self.name, "stopped")
