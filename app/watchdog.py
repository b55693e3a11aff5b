"""Watchdog: ends a process whose event loop stands still, after it has written down where each thread was.

Such a worker would look alive: the group's heartbeats go on in another thread. It works in C and without Python's lock, whoever holds that.
"""

import asyncio
import faulthandler

HUNG_SECONDS = 60.0
"""Longer than anything holds the loop up. Who was stopped by a signal for that long ends too: its partitions are others' by then."""
FEED_SECONDS = 5.0
"""How often the loop shows that it goes on."""
STDERR = 2
"""Faust puts an object without a number in its place."""


async def feed() -> None:
    """Show that the loop goes on; when it does not for HUNG_SECONDS, the process ends with 1. Cancelled, it watches no more."""
    try:
        while True:
            faulthandler.dump_traceback_later(HUNG_SECONDS, exit=True, file=STDERR)
            await asyncio.sleep(FEED_SECONDS)
    finally:
        faulthandler.cancel_dump_traceback_later()
