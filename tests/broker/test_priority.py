"""Claims about who gives way: all that counts, with every thread, and nothing that answers."""

import os
from pathlib import Path

import pytest

from app.broker import BrokerStatus
from app.priority import GIVES_WAY
from tests.broker.site import Site, play


def nicenesses(pid: int) -> set[int]:
    """Of each thread."""
    return {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in Path(f"/proc/{pid}/task").iterdir()}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux has a niceness for each thread")
def test_what_counts_gives_way_to_what_answers(site: Site, kafka: BrokerStatus) -> None:
    here = os.getpriority(os.PRIO_PROCESS, 0)
    counting = site.worker("counting", role="count").start()
    serving = site.worker("serving", role="serve").start().await_ready()
    site.produce([play()])
    site.await_served(serving)
    assert nicenesses(counting.pid) == {max(here, GIVES_WAY)}
    assert here in nicenesses(serving.pid)
    assert kafka.pid is not None
    assert GIVES_WAY in nicenesses(kafka.pid)
    counting.stop()
    serving.stop()
