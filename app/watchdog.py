"""Watchdog: ends a process whose event loop stands still, after it has written down where each thread was.

Such a worker would look alive: the group's heartbeats go on in another thread. It works in C and without Python's lock, whoever holds that.
"""

import asyncio
import faulthandler

HUNG_SECONDS = 60.0
"""Longer than anything holds the loop up. Who was stopped by a signal for that long ends too: its partitions are others' by then."""
STDERR = 2
"""Faust puts an object without a number in its place."""
FEED_SECONDS = 5.0
"""How often the loop shows that it goes on."""


async def feed() -> None:
    """Show that the loop goes on, until cancelled; when it does not for HUNG_SECONDS, the process ends with 1."""
    while True:
        faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True, file=STDERR)
        await asyncio.sleep(FEED_SECONDS)


def rest() -> None:
    """Watch no more."""
    faulthandler.cancel_dump_traceback_later()
