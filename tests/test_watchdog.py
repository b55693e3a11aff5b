"""Claims about the watchdog: whoever stands still ends and says where, and nobody else does. Each in a process of its own."""

import subprocess
import sys

PROGRAM = """
import asyncio, time
from app import watchdog
watchdog.HUNG_SECONDS, watchdog.FEED_SECONDS = 2.0, 0.1

def stand_still():
    time.sleep({seconds})

async def main():
    feeding = asyncio.create_task(watchdog.feed())
    await asyncio.sleep(0.1)
    {then}

asyncio.run(main())
print("went on")
"""
CANCEL = "feeding.cancel(); await asyncio.gather(feeding, return_exceptions=True); "


def run(then: str, seconds: float = 5.0) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(then=then, seconds=seconds)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_a_loop_that_stands_still_ends_its_process_and_says_where() -> None:
    ended = run("stand_still()", seconds=120)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Timeout" in ended.stderr
    assert "in stand_still" in ended.stderr


def test_a_loop_that_goes_on_is_left_alone_for_longer_than_that() -> None:
    ended = run("await asyncio.sleep(5)")
    assert (ended.returncode, ended.stdout) == (0, "went on\n")


def test_nobody_is_watched_any_more_once_feeding_is_cancelled() -> None:
    ended = run(CANCEL + "stand_still()")
    assert (ended.returncode, ended.stdout) == (0, "went on\n")
