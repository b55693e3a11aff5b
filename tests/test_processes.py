"""Claims about the processes that `artist360 up` looks after. Real processes, short ones."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app import log_files, processes
from app.logs import JsonLines
from app.processes import FAILURES_MOST, ROOT, Backoff, Child, GivenUp, exit_text, last_words, stop

SLEEP = "print('here', flush=True); import time; time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
AWAITS_CUT = "import os, sys, time; [time.sleep(0.01) for _ in iter(lambda: os.fstat(1).st_size, 0)]"

Started = Callable[[str], Child]


class Said(list[str]):
    """What was said about processes."""

    def __call__(self, name: str, line: str) -> None:
        self.append(f"{name}: {line}")


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def start(tmp_path: Path, said: Said) -> Iterator[Started]:
    children: list[Child] = []

    def started(program: str) -> Child:
        child = Child("child", ("-c", program), {}, tmp_path, said)
        children.append(child)
        child.start()
        return child

    yield started
    for child in children:
        child.end(time.monotonic())


def until(true: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def test_a_child_that_stops_when_asked_is_not_killed(start: Started, said: Said) -> None:
    child = start("import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); " + SLEEP)
    until(lambda: "here" in child.log.read_text())
    stop([child], said)
    assert said == ["child: stopped"]
    assert not child.running


def test_a_child_that_does_not_stop_is_killed_and_that_is_said(start: Started, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    child = start(STUBBORN)
    until(lambda: "here" in child.log.read_text())
    stop([child], said)
    assert said == ["child: did not stop within 0 s: killed. Its last words: here"]


def test_a_child_that_died_starts_again_and_its_last_words_are_said(start: Started, said: Said) -> None:
    child = start("raise RuntimeError('no luck')")
    until(lambda: not child.running)
    child.tend()
    assert said == ["child: ended with exit code 1, its last words: RuntimeError: no luck. Starting again in 1 s"]
    child.tend()
    assert not child.running
    while child.log.read_text().count("no luck") < 2:
        child.tend()
        time.sleep(0.01)


def test_a_child_that_dies_again_and_again_is_given_up(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "after", lambda self, lived, now: None)
    child = start("import sys; sys.exit(3)")
    until(lambda: not child.running)
    with pytest.raises(GivenUp, match="exit code 3"):
        child.tend()


def test_pauses_double_until_the_fifth_death_within_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.after(0, now) for now in (0, 2, 5, 10, 19)] == [1, 2, 4, 8, None]


def test_deaths_with_a_minute_between_go_on_for_ever_at_thirty_seconds() -> None:
    backoff = Backoff()
    assert [backoff.after(0, now * 61) for now in range(2 * FAILURES_MOST)][-3:] == [30, 30, 30]


def test_a_healthy_life_makes_the_next_pause_short() -> None:
    backoff = Backoff()
    assert [backoff.after(lived, now) for lived, now in ((0, 0), (0, 20), (100, 120), (0, 140))] == [1, 2, 1, 2]


def test_the_log_of_the_run_before_is_kept(tmp_path: Path, said: Said) -> None:
    for run in ("first", "second", "third"):
        (tmp_path / "child.log").write_text(run)
        Child("child", (), {}, tmp_path, said)
    assert (tmp_path / "child.log.1").read_text() == "third"


def test_a_log_that_grew_too_large_is_moved_aside_while_its_child_writes_on(
    start: Started, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "LOG_BYTES_MOST", 1000)
    child = start(f"print('x' * 1001, flush=True); {AWAITS_CUT}; sys.exit('OSError: after the cut')")
    until(lambda: child.log.stat().st_size > 1000)
    child.tend()
    assert log_files.previous(child.log).read_text() == "x" * 1001 + "\n"
    until(lambda: not child.running)
    assert child.log.read_text() == "OSError: after the cut\n"
    child.tend()
    assert said == ["child: ended with exit code 1, its last words: OSError: after the cut. Starting again in 1 s"]


def test_a_log_of_which_no_copy_can_be_kept_is_cut_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "LOG_BYTES_MOST", 1000)
    log = tmp_path / "child.log"
    log.write_bytes(b"x" * 1001)
    log_files.previous(log).mkdir()  # as good as a full disk
    assert log_files.bound(log)
    assert log.stat().st_size == 0


def test_a_log_within_its_bound_or_removed_is_let_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "LOG_BYTES_MOST", 1000)
    log = tmp_path / "child.log"
    assert not log_files.bound(log)
    log.write_bytes(b"x" * 1000)
    assert not log_files.bound(log)
    assert log.stat().st_size == 1000


def test_a_ctrl_c_in_the_terminal_does_not_reach_a_child(start: Started) -> None:
    child = start("import os; print(os.getsid(0) == os.getpid(), flush=True); " + SLEEP)
    until(lambda: "True" in child.log.read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    parent = f"""
import time, pathlib
from app.processes import Child
Child("child", ("-c", "import os; print(os.getpid(), flush=True); {SLEEP}"), {{}}, pathlib.Path({str(tmp_path)!r}), print).start()
time.sleep(60)
"""
    log = tmp_path / "child.log"
    with subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT) as killed:
        until(lambda: log.exists() and "here" in log.read_text())
        child = psutil.Process(int(log.read_text().split()[0]))
        os.kill(killed.pid, signal.SIGKILL)
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_the_line_with_the_error_is_worth_more_than_the_last_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("[1] [INFO] begin\nTraceback:\n  File x\nOSError: port taken\n[2] [INFO] Closing event loop\n\n")
    assert last_words(log, 0) == "OSError: port taken"
    assert last_words(log, log.read_text().index("[2]")) == "[2] [INFO] Closing event loop"
    assert last_words(log, log.stat().st_size) == "(none)"


def test_an_error_in_a_log_of_json_is_found_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [JsonLines().format(logging.makeLogRecord({"levelname": level, "msg": level})) for level in ("INFO", "ERROR", "INFO")]
    log.write_text("\n".join(lines))
    assert last_words(log, 0) == lines[1]


def test_a_signal_is_named() -> None:
    assert exit_text(-signal.SIGKILL) == "killed by SIGKILL"
    assert exit_text(70) == "ended with exit code 70"
