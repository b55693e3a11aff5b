"""Room: whether the disk of the data folder has enough; counting and flush wait while it has not, and lose nothing."""

import asyncio
import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0


class Room:
    """Looks at the disk below *folder* once a second at most; *least_bytes* is what must be free. For any thread."""

    def __init__(self, folder: Path, least_bytes: int) -> None:
        """Look at nothing yet."""
        self._folder, self._least_bytes = folder, least_bytes
        self._reason = ""
        self._looked = 0.0
        self._turn = threading.Lock()

    @property
    def lacking(self) -> str:
        """Why nothing may be written; empty when there is room."""
        with self._turn:
            if (now := time.monotonic()) - self._looked >= LOOK_SECONDS or not self._looked:
                self._looked = now
                self._look()
            return self._reason

    async def wait(self, wanted: Callable[[], bool] = lambda: True) -> bool:
        """Return True when there is room, False when it is not *wanted* any more. Nobody tells of room: it looks again."""
        while wanted():
            if not self.lacking:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    def _look(self) -> None:
        free = shutil.disk_usage(self._folder).free
        reason = (
            f"the disk of {self._folder} has {free >> 20:,} MB free and {self._least_bytes >> 20:,} MB are needed "
            "(ARTIST360_DISK_FREE_MEGABYTES): what is written waits for room"
            if free < self._least_bytes
            else ""
        )
        if reason and not self._reason:
            log.error("%s", reason)
        elif self._reason and not reason:
            log.warning("the disk of %s has %s MB free again: going on", self._folder, f"{free >> 20:,}")
        self._reason = reason
