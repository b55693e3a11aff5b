"""Yardstick: how fast the machine is while something is measured: shared processors are at times half as fast as at others."""

import statistics
import threading
import time
from types import TracebackType
from typing import Self

STEPS = 50_000
"""A millisecond or two of one processor, twice a second: too little to disturb what is measured."""
PAUSE_SECONDS = 0.5


class Yardstick:
    """Does the same piece of work again and again in a thread of its own, while the block runs."""

    def __init__(self) -> None:
        """Do nothing before the block begins."""
        self._taken: list[float] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="yardstick", daemon=True)

    @property
    def nanoseconds(self) -> float:
        """What a step of it took of a processor: the median."""
        return statistics.median(self._taken) / STEPS * 1e9

    def _work(self) -> None:
        while True:
            begun = time.thread_time()
            for _ in range(STEPS):
                pass
            self._taken.append(time.thread_time() - begun)
            if self._stopping.wait(PAUSE_SECONDS):
                return

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""
        self._stopping.set()
        self._thread.join()
