"""A Kafka of a test's own, to be killed."""

from pathlib import Path
from typing import Self

import psutil

from app import broker


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
