"""Claims about what stands in for Faust's pauses, and that Faust still does what it stands in for."""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mode
from faust.tables.manager import TableManager

from app.pauses import CLEANUP_SECONDS, PromptTables, PromptWorker
from app.settings import Settings
from app.worker import new_worker

FAUST_STARTS_TABLES = [
    "await self.sleep(1.0)",
    "if not self.should_stop:",
    "await self._update_channels()",
    "await self.recovery.start()",
]

kept: list["asyncio.Future[None]"] = []
"""asyncio keeps no task that nobody else keeps."""


def test_a_worker_has_them(tmp_path: Path) -> None:
    conf: Any = new_worker(Settings(data=tmp_path)).conf
    assert conf.Worker is PromptWorker
    assert conf.TableManager is PromptTables


def test_faust_does_nothing_else_when_its_tables_start() -> None:
    lines = [line.strip() for line in inspect.getsource(TableManager.on_start).splitlines()]
    assert lines[2:] == FAUST_STARTS_TABLES


def test_a_worker_s_end_still_waits_for_what_is_replaced() -> None:
    assert "self._sentinel_task()" in inspect.getsource(mode.Worker._shutdown_loop)  # noqa: SLF001
    assert inspect.getsource(mode.Worker._sentinel_task).splitlines()[1:] == ["        await asyncio.sleep(1.0)"]  # noqa: SLF001


def after_the_end(begin: Callable[[list[str]], None]) -> list[str]:
    """What was done once the end had waited, in a loop in which *begin* begins something."""
    done: list[str] = []

    async def end() -> None:
        begin(done)
        await PromptWorker._sentinel_task(None)  # type: ignore[arg-type]  # noqa: SLF001  (it asks nothing of a worker)
        done.append("over")

    asyncio.run(end())
    return done


def test_the_end_waits_for_tasks_that_clean_up_and_for_what_these_begin() -> None:
    async def clean(done: list[str]) -> None:
        await asyncio.sleep(0.01)
        done.append("cleaned")

    async def leave(done: list[str]) -> None:
        await asyncio.sleep(0.01)
        done.append("left")
        kept.append(asyncio.create_task(clean(done)))

    assert after_the_end(lambda done: None) == ["over"]
    assert after_the_end(lambda done: kept.append(asyncio.ensure_future(leave(done)))) == ["left", "cleaned", "over"]


def test_the_end_waits_for_nothing_that_never_ends() -> None:
    assert CLEANUP_SECONDS <= 1
    assert after_the_end(lambda done: kept.append(asyncio.ensure_future(asyncio.sleep(3_600)))) == ["over"]
