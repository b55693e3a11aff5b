"""A live client: one open stream of a worker, read line by line."""

import http.client
from collections.abc import Callable, Mapping
from typing import Any, Self

from tests.broker.waiting import GENEROUS_SECONDS, tail
from tests.broker.worker_process import WorkerProcess
from tests.events import Follower, address


class LiveClient(Follower):
    """Opens the stream; `until` reads on."""

    def __init__(self, worker: WorkerProcess, parts: Mapping[str, str], *, last_id: str = "", token: str = "") -> None:
        super().__init__()
        self._worker = worker
        self._connection = http.client.HTTPConnection("127.0.0.1", worker.settings.web_port, timeout=GENEROUS_SECONDS)
        headers = {"Authorization": f"Bearer {token or worker.token}", **({"Last-Event-ID": last_id} if last_id else {})}
        self._connection.request("GET", address(**parts), headers=headers)
        self._response = self._connection.getresponse()
        assert self._response.status == 200, self._response.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._connection.close()

    def until(self, condition: Callable[[], Any]) -> None:
        """Read until *condition* holds; each silence has a deadline."""
        while not condition():
            assert self._read(), f"the stream ended: {self.bye}\n{tail(self._worker.log)}"

    def turn(self, condition: Callable[[], Any] = lambda: True) -> None:
        """Read until a turn has closed after which *condition* holds."""
        closed = self.came["as_of"]
        self.until(lambda: self.came["as_of"] > closed and condition())

    def rest(self) -> None:
        """Read to the end."""
        while self._read():
            pass

    def _read(self) -> bool:
        line = self._response.readline()
        if line:
            self.take(line.decode().removesuffix("\n"))
        return bool(line)
