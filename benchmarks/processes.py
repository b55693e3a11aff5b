"""The processes that are measured: with the command that `artist360 up` starts them with, watched through psutil."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

import psutil

from app.settings import Settings
from app.up import WORKER

WAIT_SECONDS = 600.0


class Measured:
    """A worker in a process of its own, with its log."""

    running: ClassVar[set["Measured"]] = set()

    def __init__(self, settings: Settings) -> None:
        """Start it."""
        settings.data.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.log = settings.data / "worker.log"
        with self.log.open("wb") as log:
            command = [sys.executable, *WORKER]
            self._process = subprocess.Popen(command, env={**os.environ, **settings.environment()}, stdout=log, stderr=subprocess.STDOUT)
        self._usage = psutil.Process(self._process.pid)
        self.running.add(self)

    def stop(self) -> None:
        """End it as a person would, and wait."""
        self.running.discard(self)
        self._process.terminate()
        self._process.wait(30)

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far."""
        times = self._usage.cpu_times()
        return times.user + times.system

    def peak_megabytes(self) -> float:
        """Return the most memory that it ever held (VmHWM)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else float("nan")

    def megabytes(self) -> float:
        """Return the memory that it holds now."""
        return self._usage.memory_info().rss / (1 << 20)

    def logged(self, pattern: str) -> re.Match[str]:
        """Wait until the log has *pattern*."""
        started = time.monotonic()
        while not (found := re.search(pattern, self.log.read_text(errors="replace"))):
            if self._process.poll() is not None or time.monotonic() - started > WAIT_SECONDS:
                raise RuntimeError(f"the worker did not say {pattern!r}; its log ends: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)
        return found

    def get(self, endpoint: str, query: str = "") -> list[dict[str, Any]]:
        """Return the rows of an endpoint."""
        rows: list[dict[str, Any]] = json.loads(self._ask(f"/v0/pipes/{endpoint}.json?{query}"))["data"]
        return rows

    def metric(self, name: str) -> float:
        """Return a metric that has no labels."""
        found = re.search(rf"^{name} (\S+)$", self._ask("/metrics").decode(), re.MULTILINE)
        assert found is not None
        return float(found[1])

    def token(self) -> str:
        """Return the admin token."""
        return (self.settings.data / "admin.token").read_text().strip()

    def _ask(self, path: str) -> bytes:
        url = f"http://127.0.0.1:{self.settings.web_port}{path}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token()}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            body: bytes = answer.read()
            return body

    def ready(self) -> None:
        """Wait until it serves complete numbers."""
        started = time.monotonic()
        while time.monotonic() - started < WAIT_SECONDS:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.settings.web_port}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not get ready; its log ends: {self.log.read_text(errors='replace')[-2000:]}")
