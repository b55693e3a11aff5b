"""The sampler: asks a server at any moment what it holds, and holds that against the truth below the answer's own watermarks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.broker.worker_process import WorkerProcess
from tests.faults.running_truth import RunningTruth

SAMPLE_SECONDS = 0.05


class Sampler(threading.Thread):
    """Samples *server* until its end; what it finds is raised by `check` and `end`."""

    def __init__(self, server: WorkerProcess, truth: RunningTruth) -> None:
        super().__init__(name="sampler", daemon=True)
        self.samples = 0
        self._server, self._truth = server, truth
        self._over = threading.Event()
        self._failed: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._over.wait(SAMPLE_SECONDS):
                self._sample()
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            self._failed = error

    def check(self) -> None:
        """Raise what a sample has found."""
        if self._failed is not None:
            raise AssertionError(f"a sample of the server's answers failed: {self._failed}") from self._failed

    def end(self) -> None:
        self._over.set()
        self.join()
        self.check()

    def _sample(self) -> None:
        if not (self._server.settings.data / "admin.token").exists():
            return  # it starts for the first time
        rows = self._server.conservation()
        for row in rows:
            assert row["stored"] == row["counted"] == row["consumed"] - row["rejected"], f"counts differ: {row}"
            below = self._truth.below(row["partition"], row["watermark"])
            assert (row["consumed"], row["counted"]) == below, f"counts differ: the server says {row}, the topic {below}"
        self.samples += bool(rows)


@contextmanager
def sampling(server: WorkerProcess, truth: RunningTruth) -> Iterator[Sampler]:
    """Sample meanwhile."""
    sampler = Sampler(server, truth)
    sampler.start()
    try:
        yield sampler
    finally:
        sampler.end()
