"""Priority: where processors are scarce, counting, the broker and the producer of plays go behind what answers, for moments at a time."""

import os
import time
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""A third of the share of a processor that others have, and behind them whenever they wake."""
TRIES, AGAIN_SECONDS = 10, 0.11
"""Linux lets sessions change theirs once in a tenth of a second, all of them together."""


def lower_priority(pid: int | None = None) -> None:
    """Put the process *pid*, or this one, behind others that want its processor, with its threads and those that they begin from now on.

    Linux shares processors among sessions before it does among their processes, where no control group does: a session that the process
    leads is put behind others too.
    """
    process = os.getpid() if pid is None else pid
    seen = set[int]()
    while more := _threads(process) - seen:  # again and again: one that began meanwhile may have the niceness of before
        for thread in more:
            with suppress(OSError):  # it ended meanwhile; or this may not do it, and nothing is wrong but slower
                os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))
        seen |= more
    with suppress(OSError, ValueError, IndexError):  # the kernel has no such groups, or this process is in none
        if os.getsid(process) == process:
            _lower_session(Path(f"/proc/{process}/autogroup"))


def _threads(process: int) -> set[int]:
    """Return those of *process*, each of which has a niceness of its own on Linux; elsewhere the process stands for all."""
    try:
        return {int(thread.name) for thread in Path(f"/proc/{process}/task").iterdir()}
    except OSError:
        return {process}


def _lower_session(group: Path) -> None:
    """Lower the session whose *group* this file is, which reads like `/autogroup-25 nice 0`."""
    before = int(group.read_text("ascii").split()[-1])
    for _ in range(TRIES):
        try:
            group.write_text(f"{max(NICENESS, before)}\n", "ascii")
        except BlockingIOError:
            time.sleep(AGAIN_SECONDS)
        else:
            return
