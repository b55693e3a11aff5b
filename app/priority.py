"""Priority: where processors are scarce, what counts gives way to what answers. Of either there is enough time but for an instant."""

import os
from contextlib import suppress
from pathlib import Path

GIVES_WAY = 5
"""A niceness: a third of the share of a processor that others have, and behind them whenever they wake."""


def give_way(pid: int | None = None) -> None:
    """Put the process *pid*, or this one, behind others that want its processor, with the threads that it has and will have.

    Linux shares processors among sessions before it does among their processes, where no control group does: a session that the process
    leads is put behind others too.
    """
    process = os.getpid() if pid is None else pid
    with suppress(ProcessLookupError):  # it ended meanwhile, which others notice
        for thread in _threads(process):
            os.setpriority(os.PRIO_PROCESS, thread, max(GIVES_WAY, os.getpriority(os.PRIO_PROCESS, thread)))
        if os.getsid(process) == process:
            with suppress(OSError):  # a kernel without such groups, or one that is asked too often
                Path(f"/proc/{process}/autogroup").write_text(f"{GIVES_WAY}\n", "ascii")


def _threads(process: int) -> list[int]:
    """Return those of *process*, each of which has a niceness of its own on Linux; elsewhere the process stands for all."""
    try:
        return [int(thread.name) for thread in Path(f"/proc/{process}/task").iterdir()]
    except FileNotFoundError:
        return [process]
