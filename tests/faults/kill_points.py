"""Kill points: the places in the product where a kill could hurt most, by name, and the SIGKILL that falls there.

They are set from outside, around the product's own methods: a product that is sold carries no way to kill it.
"""

import functools
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from types import ModuleType
from typing import Any

from aiokafka import AIOKafkaProducer

from app.transport import ConsumerThread
from tables import warehouse
from tables.ledger import Ledger
from tables.ledgers import Ledgers
from tables.sorting import DailyCounts
from tables.store import Rows
from tables.warehouse import Warehouse

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class KillPoint:
    """*when* a call of *method* of *owner* begins or has returned; only calls on which *counts* says so."""

    owner: type | ModuleType
    method: str
    when: str
    counts: Callable[..., bool] = lambda *_: True


def _of_table(table: str) -> Callable[..., bool]:
    return lambda rows, *_: f"-{table}-" in rows.tp.topic


COUNTING = {
    "ledger fenced, nothing recovered": KillPoint(Ledger, "fence", AFTER),
    "a batch recovered": KillPoint(Ledgers, "_report", AFTER),
    "everything recovered, nothing sought": KillPoint(Ledgers, "seeked", BEFORE),
    "sought, nothing fetched": KillPoint(ConsumerThread, "seek_slices", AFTER),
    "slice counted, no transaction": KillPoint(Ledger, "_transact", BEFORE),
    "transaction open, nothing sent": KillPoint(AIOKafkaProducer, "begin_transaction", AFTER),
    "records sent, no commit": KillPoint(AIOKafkaProducer, "commit_transaction", BEFORE),
    "committed, RocksDB behind": KillPoint(AIOKafkaProducer, "commit_transaction", AFTER),
    "daily rows written, live rows behind": KillPoint(Rows, "write", AFTER, _of_table("daily")),
    "live rows written": KillPoint(Rows, "write", AFTER, _of_table("live")),
    "written, not acknowledged": KillPoint(Ledger, "commit", AFTER),
}
SERVING = {
    "warehouse opened": KillPoint(Warehouse, "_begin", BEFORE),
    "batch cut, nothing folded": KillPoint(Warehouse, "fold", BEFORE),
    "names inserted, rows not merged": KillPoint(Warehouse, "_insert_new_names", AFTER),
    "rows merged, no commit": KillPoint(warehouse, "merge", AFTER),
    "folded, memory behind": KillPoint(Warehouse, "_remember", BEFORE),
    "folded": KillPoint(Warehouse, "fold", AFTER),
    "everything in memory, not ready": KillPoint(Warehouse, "load", AFTER),
    "counts sorted in memory": KillPoint(DailyCounts, "_take", AFTER),
}
POINTS = COUNTING | SERVING


def arm(name: str, passes: int) -> None:
    """Let this process be killed at the point *name*, when it has come there *passes* times."""
    point = POINTS[name]
    original = getattr(point.owner, point.method)
    left = passes

    def passed(arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if point.counts(*arguments):
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(original)
    def bent(*arguments: Any, **options: Any) -> Any:
        if point.when == BEFORE:
            passed(arguments)
        result = original(*arguments, **options)
        if point.when == AFTER:
            passed(arguments)
        return result

    @functools.wraps(original)
    async def bent_coroutine(*arguments: Any, **options: Any) -> Any:
        if point.when == BEFORE:
            passed(arguments)
        work: Awaitable[Any] = original(*arguments, **options)
        result = await work
        if point.when == AFTER:
            passed(arguments)
        return result

    setattr(point.owner, point.method, bent_coroutine if iscoroutinefunction(original) else bent)
