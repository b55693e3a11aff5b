"""Settling: writes the sorted rollups anew in a thread of its own, while folds and answers go on."""

import logging
import threading
import time
from collections.abc import Callable

import duckdb

from tables import rollups

log = logging.getLogger(__name__)

RETRY_SECONDS = 60.0


class Settling:
    """At most one thread at a time, for one open file."""

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection], suspect: Callable[[Exception], bool]) -> None:
        """Settle on connections that *connect* gives; *suspect* is told of errors, since blocks may be damaged."""
        self._connect, self._suspect = connect, suspect
        self._running: threading.Thread | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._not_before = 0.0

    def begin(self) -> None:
        """Start if enough has gathered, and nothing runs."""
        if (self._running and self._running.is_alive()) or time.monotonic() < self._not_before:
            return
        connection = self._connect()
        if not rollups.due(connection):
            connection.close()
            return
        self._connection = connection
        self._running = threading.Thread(target=self._settle, args=(connection,), name="settling", daemon=True)
        self._running.start()

    def end(self) -> None:
        """Give up what runs: the file is about to be closed."""
        if self._running and self._connection:
            while self._running.is_alive():
                self._connection.interrupt()  # again and again: one that comes between two statements is lost
                self._running.join(0.05)
        self._running = self._connection = None

    def _settle(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            rollups.settle(connection)
        except duckdb.InterruptException:
            log.debug("settling was given up, since the file closes")
        except duckdb.Error as error:
            self._not_before = time.monotonic() + RETRY_SECONDS
            if not self._suspect(error):
                log.warning("the rollups could not be settled, answers are slower until they are (tried again in a minute): %s", error)
        finally:
            connection.close()
