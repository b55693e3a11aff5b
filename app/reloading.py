"""Reloading: gives a worker the service that looks at the catalogue's file, so that the song dimension follows it."""

import asyncio

from mode import Service

from app.worker import Worker
from tables.dimension import Dimension

LOOK_SECONDS = 1.0


def add_reloading(worker: Worker, songs: Dimension) -> None:
    """Let *songs* follow their file for as long as *worker* runs."""

    @worker.service
    class ReloadingService(Service):
        """Looks each second, in a thread: reading a big catalogue must hold up neither counting nor answers."""

        @Service.task
        async def _look(self) -> None:
            while not self.should_stop:
                await asyncio.to_thread(songs.look)
                await self.sleep(LOOK_SECONDS)
