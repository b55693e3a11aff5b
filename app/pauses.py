"""Pauses: the parts of Faust that wait for a second at every start and stop, made to wait for what they wait for instead.

A restart, in which nothing is counted, is two seconds shorter so. Both override private parts; `tests/test_pauses.py` fails when
these change.
"""

import asyncio
import logging

import faust
from faust.tables.manager import TableManager

log = logging.getLogger(__name__)

CLEANUP_SECONDS = 1.0


class PromptTables(TableManager):
    """Starts with the tables that there are: Faust waits for those that modules still declare, ours are there before the start."""

    async def on_start(self) -> None:
        """Follow the changelogs and recover, unless an order to stop came while the tables waited for room."""
        try:
            await self._update_channels()
        except Exception as error:
            if not self.should_stop:
                raise
            log.info("the tables did not start any more, since the worker stops: %s", error)  # what they need is gone
        if not self.should_stop:
            await self.recovery.start()


class PromptWorker(faust.Worker):
    """Ends as soon as all that it cancelled has ended."""

    async def _sentinel_task(self) -> None:
        """Return when no other task is left; as late as Faust always does, at most."""
        clock = asyncio.get_running_loop().time
        end = clock() + CLEANUP_SECONDS
        while (others := asyncio.all_tasks() - {asyncio.current_task()}) and (left := end - clock()) > 0:  # what ends may begin others
            await asyncio.wait(others, timeout=left)
