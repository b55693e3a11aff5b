"""Claims about priority: what gives way does so by itself, with its own session and nobody else's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.priority import GIVES_WAY, give_way

AUTOGROUP = Path("/proc/self/autogroup")
GIVEN_WAY = """
import os, sys
from pathlib import Path
from app.priority import give_way
os.nice(int(sys.argv[1]))
give_way()
group = Path("/proc/self/autogroup")
print(os.getpriority(os.PRIO_PROCESS, 0), group.read_text().split()[-1] if group.exists() else "")
"""


def given_way(niceness: int, *, leader: bool) -> list[str]:
    """Return the niceness of a process that gave way and of its session's group, which *leader* says whether it leads."""
    command = [sys.executable, "-c", GIVEN_WAY, str(niceness)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, start_new_session=leader).stdout.split()


@pytest.mark.parametrize(("niceness", "then"), [(0, GIVES_WAY), (10, 10)])
def test_who_gives_way_is_behind_others_and_never_comes_before_where_it_was(niceness: int, then: int) -> None:
    least = os.getpriority(os.PRIO_PROCESS, 0)
    assert given_way(niceness, leader=True)[0] == str(max(least + niceness, then))


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel does not group processes by their sessions")
@pytest.mark.parametrize("leader", [True, False])
def test_the_session_gives_way_only_with_the_process_that_leads_it(*, leader: bool) -> None:
    here = AUTOGROUP.read_text("ascii").split()[-1]
    assert given_way(0, leader=leader)[1] == (str(GIVES_WAY) if leader else here)


def test_a_process_that_is_gone_needs_not_give_way() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    give_way(process.pid)
