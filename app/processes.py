"""Processes: what `artist360 up` runs beside itself; each with a log, started again when it dies, stopped in order."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import app
from app import log_files

Say = Callable[[str, str], None]
"""Takes a process's name and a line about it."""

ROOT = Path(app.__file__).parent.parent
BACKOFF_SECONDS_MOST = 30.0
HEALTHY_SECONDS = 30.0
"""A process that lived so long starts at once again when it dies."""
FAILURES_MOST = 5
FAILURES_SECONDS = 60.0
STOP_SECONDS = 10.0
LAST_WORDS_MOST = 200
TAIL_BYTES = 64 << 10
TELLING = (re.compile(r"^[A-Za-z_][\w.]*: "), re.compile(r'\[(ERROR|CRITICAL)\]|"level": "(ERROR|CRITICAL)"'), re.compile(""))
"""What a line says of an end, the best first: the last line of a traceback, a message of that weight, anything."""
PR_SET_PDEATHSIG = 1

# Runs in the child before its program: set there and not by a preexec_fn, which is unsafe beside the threads of Kafka's client.
# SIGKILL, since the parent cannot look after a stop any more; counts are exact through any kill.
DIE_WITH_PARENT = f"""
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGKILL)})
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Tended(Protocol):
    """What is looked after several times a second."""

    def tend(self) -> None:
        """Start it again when it has died, an exception when there is no use; keep its log bounded."""


class GivenUp(Exception):
    """A process dies again and again; says how, and where its log is."""


class Backoff:
    """When to start again what has died: after a second, doubling, up to BACKOFF_SECONDS_MOST."""

    def __init__(self) -> None:
        """Begin with no failure."""
        self._failures: deque[float] = deque(maxlen=FAILURES_MOST)
        self._seconds = 1.0

    def after(self, lived_seconds: float, now: float) -> float | None:
        """Return the seconds to wait after a death at *now*; None after FAILURES_MOST deaths within FAILURES_SECONDS."""
        if lived_seconds >= HEALTHY_SECONDS:
            self._seconds = 1.0
        self._failures.append(now)
        if len(self._failures) == FAILURES_MOST and now - self._failures[0] < FAILURES_SECONDS:
            return None
        seconds, self._seconds = self._seconds, min(self._seconds * 2, BACKOFF_SECONDS_MOST)
        return seconds


class Child:
    """A process that is meant to run for as long as this one. Start it from the main thread, whose end is its own."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], logs: Path, say: Say) -> None:
        """Prepare `python` *arguments* with *environment* added to this process's own, and a new log in *logs*."""
        self.name = name
        self.log = logs / f"{name}.log"
        self._arguments = arguments
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._started = 0.0
        self._next_start = 0.0
        self._backoff = Backoff()
        logs.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(log_files.previous(self.log))

    @property
    def running(self) -> bool:
        """Whether it lives now."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, in a session of its own, where a Ctrl-C in the terminal does not reach it."""
        command = [sys.executable, "-c", DIE_WITH_PARENT, str(os.getpid()), sys.executable, *self._arguments]
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                command,
                cwd=ROOT,  # `python -m` and Faust look for modules here first
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def terminate(self) -> None:
        """Ask it to stop, if it runs."""
        if self._process is not None:
            self._process.terminate()

    def end(self, deadline: float) -> str:
        """Wait for its end until *deadline* of the monotonic clock, then kill it; how it ended, or "" when it did not run."""
        process, self._process = self._process, None
        if process is None:
            return ""
        try:
            code = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"did not stop within {STOP_SECONDS:.0f} s: killed. Its last words: {last_words(self.log, self._log_start)}"
        return "stopped" if code == 0 else f"{exit_text(code)}, its last words: {last_words(self.log, self._log_start)}"

    def tend(self) -> None:
        """Look after it: start it again when it has died, after a pause that doubles, and keep its log bounded.

        Raises:
            GivenUp: it died FAILURES_MOST times within FAILURES_SECONDS.
        """
        now = time.monotonic()
        if self._process is None:
            if now >= self._next_start:
                self.start()
            return
        code = self._process.poll()
        if code is None:
            if log_files.bound(self.log):  # not once it has ended: its last words are looked for there
                self._log_start = 0
            return
        self._process = None
        how = f"{exit_text(code)}, its last words: {last_words(self.log, self._log_start)}"
        seconds = self._backoff.after(now - self._started, now)
        if seconds is None:
            raise GivenUp(f"{self.name} ended {FAILURES_MOST} times within {FAILURES_SECONDS:.0f} s ({how}). All of it: {self.log}")
        self._say(self.name, f"{how}. Starting again in {seconds:.0f} s")
        self._next_start = now + seconds


def stop(children: Sequence[Child], say: Say) -> None:
    """Stop *children*, all at once: SIGTERM, and SIGKILL to those that still run after STOP_SECONDS."""
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.terminate()
    for child in children:
        if how := child.end(deadline):
            say(child.name, how)


def exit_text(code: int) -> str:
    """Return in words what a process's return code means."""
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"


def last_words(log: Path, start: int) -> str:
    """Return the line of *log*, from *start* on, that tells most of why a process ended; shortened."""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - TAIL_BYTES))
        lines = [line.rstrip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    # Faust says why it ends, then a page about how.
    told = next((found[-1].strip() for telling in TELLING if (found := [line for line in lines if telling.search(line)])), "(none)")
    return told if len(told) <= LAST_WORDS_MOST else told[: LAST_WORDS_MOST - 1] + "…"
