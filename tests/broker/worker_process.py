"""A worker as its users start it: a process of its own, asked over HTTP, stopped by signals."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Container, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import psutil
from prometheus_client.parser import text_string_to_metric_families

import app
from app.settings import PREFIX, Settings
from tests.broker.waiting import GENEROUS_SECONDS, tail, until

ROOT = Path(app.__file__).parent.parent
STOP_SECONDS = 10.0
"""What a user waits for after Ctrl-C."""

Rows = list[dict[str, Any]]


class WorkerProcess:
    """`faust -A app.main worker`, with *settings*; its log goes on over restarts."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings, self.log = settings, log
        self.bends: dict[str, str] = {}
        """Environment for `tests.faults.bent_worker`, which runs instead of the plain worker when there is any."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.web_port}"

    @property
    def token(self) -> str:
        return (self.settings.data / "admin.token").read_text().strip()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def said(self) -> str:
        """Everything in its log."""
        return self.log.read_text("utf-8", "replace")

    def start(self) -> Self:
        assert not self.running
        blank = {PREFIX + item.name.upper(): "" for item in fields(Settings)}  # what a developer's `.env` says stays out
        application = "tests.faults.bent_worker" if self.bends else "app.main"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "faust", "-A", application, "worker", "-l", "info"],
                cwd=ROOT,
                env={**os.environ, **blank, **self.settings.environment(), **self.bends, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def kill(self) -> None:
        """SIGKILL: no handler, no flush, no goodbye."""
        assert self._process is not None
        self._process.kill()
        assert self._process.wait() == -signal.SIGKILL, f"it had ended before\n{tail(self.log)}"

    def pause(self) -> None:
        """SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM."""
        assert self._process is not None
        self._process.terminate()

    def stop(self, *, ends: Container[int] = (0,)) -> float:
        """SIGTERM; return how long its end took, which is in time and by one of the exit codes *ends*."""
        assert self._process is not None
        assert self.running, f"it had ended before\n{tail(self.log)}"
        started = time.monotonic()
        self.terminate()
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it runs {STOP_SECONDS:g} s after SIGTERM\n{tail(self.log)}") from None
        assert code in ends, f"it ended with {code} after SIGTERM\n{tail(self.log)}"
        return time.monotonic() - started

    def ended(self, *, within: float = GENEROUS_SECONDS) -> int:
        """Wait for an end that nobody asked for; return its exit code."""
        assert self._process is not None
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            state = psutil.Process(self.pid).status()
            raise AssertionError(f"it still runs after {within:g} s ({state})\n{tail(self.log)}") from None

    def discard(self) -> None:
        """End it in whatever state a failed test left it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def reason_unready(self) -> str:
        """Return what /readyz says against it; empty when it is ready."""
        status, body = self.ask("/readyz", token=None)
        return "" if status == 200 else str(body.get("detail", status))

    def await_ready(self, *, within: float = GENEROUS_SECONDS) -> Self:
        until(lambda: self._alive() and not self.reason_unready(), "the worker is ready", within=within, why=lambda: tail(self.log))
        return self

    def get(self, endpoint: str, **params: Any) -> dict[str, Any]:
        """Return the whole answer of an endpoint; a list as a value repeats the parameter."""
        status, body = self.ask(f"/v0/pipes/{endpoint}.json?{urllib.parse.urlencode(params, doseq=True)}", token=self.token)
        assert status == 200, f"{endpoint} {params}: {status} {body}\n{tail(self.log)}"
        return body

    def conservation(self) -> Rows:
        """Return the rows of /conservation, none while the worker is not ready."""
        status, body = self.ask("/v0/pipes/conservation.json", token=self.token)
        assert status in (0, 200, 503), f"{status} {body}\n{tail(self.log)}"
        rows: Rows = body["data"] if status == 200 else []
        return rows

    def ask(self, path: str, *, token: str | None) -> tuple[int, dict[str, Any]]:
        """Return status and body; 0 when nobody answers."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310 - http to ourselves
        try:
            with urllib.request.urlopen(request, timeout=GENEROUS_SECONDS) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except (OSError, http.client.IncompleteRead):  # it may be killed within an answer
            return 0, {}

    def download(self, path: str, *, token: str = "") -> tuple[bytes, Mapping[str, str]]:
        """Return the body and the headers of what is at *path*; by default for the admin."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {token or self.token}"})  # noqa: S310 - http to ourselves
        with urllib.request.urlopen(request, timeout=GENEROUS_SECONDS) as response:  # noqa: S310
            return response.read(), dict(response.headers)

    def scrape(self) -> dict[str, dict[str, float]]:
        """Return the samples of /metrics by partition ("": of none) and name."""
        samples: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(self.download("/metrics")[0].decode()):
            for sample in family.samples:
                samples.setdefault(sample.labels.get("partition", ""), {})[sample.name] = sample.value
        return samples

    def _alive(self) -> bool:
        assert self.running, f"the worker ended\n{tail(self.log)}"
        return True
