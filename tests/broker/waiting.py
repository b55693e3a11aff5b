"""Waiting: on conditions, each with a deadline, and with the end of the log that tells why it never came."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

GENEROUS_SECONDS = 90.0
"""For what takes seconds on an idle machine; tests share theirs."""
POLL_SECONDS = 0.02
TAIL_LINES = 40


def until(condition: Callable[[], T], what: str, *, within: float = GENEROUS_SECONDS, why: Callable[[], str] = str) -> T:
    """Return the first true value of *condition*.

    Raises:
        AssertionError: none within *within* seconds; says *what* did not happen, and *why*.
    """
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}\n{why()}")
        time.sleep(POLL_SECONDS)
    return value


def tail(log: Path) -> str:
    """Return the end of *log*."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return f"The end of {log.name}:\n" + "\n".join(lines[-TAIL_LINES:])
