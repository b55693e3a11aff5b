"""Kafkas of a test's own: one to be killed, one behind a network that fails."""

from pathlib import Path
from typing import Self

import psutil

from app import broker
from app.broker_room import free_port
from tests.broker.listeners import Listener, start_with
from tests.faults.proxy import Proxy


class OwnKafka:
    """The embedded broker in *data*; always on the same port."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> Self:
        address = broker.start(self._data, port=self._port, say=lambda _: None).address
        self._port = int(str(address).rpartition(":")[2])
        return self

    def kill(self) -> None:
        """SIGKILL."""
        pid = broker.status(self._data).pid
        assert pid is not None, "the broker had ended before"
        process = psutil.Process(pid)
        process.kill()
        process.wait()

    def stop(self) -> None:
        broker.stop(self._data)


class ProxiedKafka(OwnKafka):
    """One that clients reach by a proxy too: whoever asks there is sent there for everything."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.proxy = Proxy()

    @property
    def proxied_address(self) -> str:
        return f"127.0.0.1:{self.proxy.port}"

    def start(self) -> Self:
        behind = free_port()
        address = start_with(self._data, [Listener("PROXIED", "PLAINTEXT", behind, self.proxied_address)])
        self._port = int(address.rpartition(":")[2])
        self.proxy.start(behind)
        return self

    def stop(self) -> None:
        self.proxy.stop()
        super().stop()
