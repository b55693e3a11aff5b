"""Leaving: how a worker ends when nothing may be acknowledged any more, or when it must not wait longer."""

import logging
import os
import threading
from typing import NoReturn

log = logging.getLogger(__name__)

EXIT_CODE = 70
"""EX_SOFTWARE: restart me."""
LEAVE_SECONDS = 2.0


def end_process(error: BaseException, what: str = "counting ends") -> NoReturn:
    """Leave at once, acknowledging nothing: Faust would acknowledge the slice and go on. The restart knows what was committed."""
    leave_within(LEAVE_SECONDS, EXIT_CODE)  # should the log block
    log.critical("%s: %s: %s", what, type(error).__name__, error, exc_info=error)
    logging.shutdown()
    os._exit(EXIT_CODE)


def leave_within(seconds: float, code: int) -> threading.Timer:
    """Leave with the exit *code* if the process still runs after *seconds*, whatever it waits for; cancel what is returned to stay."""
    leave = threading.Timer(seconds, os._exit, (code,))
    leave.daemon = True
    leave.start()
    return leave
