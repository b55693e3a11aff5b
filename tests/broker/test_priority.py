"""Claims about priority: where processors are scarce, whatever else this product runs goes behind what answers."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from app.broker import BrokerStatus
from app.priority import NICENESS
from tests.broker.site import Site, play

HERE = os.getpriority(os.PRIO_PROCESS, 0)


def nicenesses(pid: int) -> set[int]:
    """Of each thread that there is still."""
    found = set[int]()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            found.add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux has a niceness for each thread")
@pytest.mark.skipif(HERE >= NICENESS, reason="the tests themselves are behind others already")
def test_counting_and_the_broker_go_behind_what_answers(site: Site, kafka: BrokerStatus) -> None:
    counting = site.worker("counting", role="count").start()
    serving = site.worker("serving", role="serve").start().await_ready()
    site.produce([play()])
    site.await_served(serving)
    assert kafka.pid is not None
    assert [nicenesses(pid) for pid in (serving.pid, counting.pid, kafka.pid)] == [{HERE}, {NICENESS}, {NICENESS}]
    counting.stop()
    serving.stop()
