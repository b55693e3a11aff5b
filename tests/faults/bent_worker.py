"""The product's worker, bent by the environment: killed at a point, with a planted bug, or with a clock that is wrong.

`faust -A tests.faults.bent_worker worker` in the place of `faust -A app.main worker`.
"""

import os
import time
from typing import Any

from app import source_watch, watchdog
from tables import sorting
from tables.ledger import Ledger
from tests.faults import kill_points, planted

KILL_AT = "BENT_KILL_AT"
"""`<passes>:<kill point>`"""
BUG = "BENT_BUG"
CLOCK_SECONDS = "BENT_CLOCK_SECONDS"
"""How far this process's clock is ahead."""
BROKER_AGREES = "BENT_BROKER_AGREES"
"""Set: whatever offset is out of range, the broker includes it in the range that it says."""
SORT_ROWS = "BENT_SORT_ROWS"
"""How many rows the counts in memory are sorted after: in the product so many that a test would not come to it."""

HANGS = "BENT_HANGS"
"""Set: the loop stands still at the first commit, and the watchdog waits for less than a minute."""


def _stand_still(*_: Any, **__: Any) -> None:
    time.sleep(3600)


def _bend() -> None:
    if at := os.environ.get(KILL_AT):
        passes, _, point = at.partition(":")
        kill_points.arm(point, int(passes))
    if bug := os.environ.get(BUG):
        planted.EVERY_BUG[bug]()
    if rows := os.environ.get(SORT_ROWS):
        sorting.FEWEST_TO_SORT = int(rows)
    if os.environ.get(HANGS):
        watchdog.HUNG_SECONDS, Ledger.commit = 8.0, _stand_still  # type: ignore[assignment, method-assign]
    if os.environ.get(BROKER_AGREES):
        source_watch.check_range = lambda *_: None  # type: ignore[attr-defined]
    if ahead := float(os.environ.get(CLOCK_SECONDS, "0")):
        right = time.time
        time.time = lambda: right() + ahead


_bend()

from app.main import app  # noqa: E402  (built when it is imported, as bent as it is then)

__all__ = ["app"]
