"""Claims about priority: who goes behind others does so with its own session, and nobody else's."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.priority import NICENESS, lower_priority

AUTOGROUP = Path("/proc/self/autogroup")
LOWERED = """
import os, sys
from pathlib import Path
from app.priority import lower_priority
group = Path("/proc/self/autogroup")
os.nice(int(sys.argv[1]))
if sys.argv[1] != "0" and os.getsid(0) == os.getpid() and group.exists():
    while True:
        try:
            group.write_text(sys.argv[1])
            break
        except BlockingIOError:
            pass
lower_priority()
print(os.getpriority(os.PRIO_PROCESS, 0), group.read_text().split()[-1] if group.exists() else "")
"""


def lowered(niceness: int, *, leader: bool) -> list[str]:
    """Return the niceness of a process that had another and of its session's group, which *leader* says whether it leads."""
    command = [sys.executable, "-c", LOWERED, str(niceness)]
    if not leader:  # the shell does: the session that the tests run in may have no group, as a container's first has none
        command = ["sh", "-c", '"$@"; exit "$?"', "sh", *command]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, start_new_session=True).stdout.split()


@pytest.mark.parametrize(("niceness", "then"), [(0, NICENESS), (10, 10)])
def test_who_goes_behind_others_never_comes_before_where_it_was(niceness: int, then: int) -> None:
    least = os.getpriority(os.PRIO_PROCESS, 0)
    process, *session = lowered(niceness, leader=True)
    assert process == str(min(max(least + niceness, then), 19))
    assert session == ([str(then)] if AUTOGROUP.exists() else [])


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel does not group processes by their sessions")
def test_a_session_that_the_process_does_not_lead_stays_as_it_is() -> None:
    assert lowered(0, leader=False)[1:] == ["0"]


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel does not group processes by their sessions")
def test_many_that_start_at_once_all_go_behind() -> None:
    """Linux takes one change of a session in a tenth of a second."""
    with ThreadPoolExecutor(4) as threads:
        assert {tuple(found) for found in threads.map(lambda _: lowered(0, leader=True)[1:], range(4))} == {(str(NICENESS),)}


def test_a_process_that_is_gone_needs_no_priority() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    lower_priority(process.pid)
