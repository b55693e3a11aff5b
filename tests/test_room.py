"""Claims about room: it says what is free and what is needed, once in the log, and a wait for it ends when it is not wanted."""

import asyncio
from pathlib import Path

import pytest

from tables.room import Room

MORE_THAN_ANY_DISK = 1 << 62


async def test_with_room_nothing_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(tmp_path, 0)
    assert room.lacking == ""
    assert await room.wait()
    assert caplog.text == ""


def test_without_room_it_names_folder_free_and_needed_and_logs_that_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(tmp_path, MORE_THAN_ANY_DISK)
    reasons = {room.lacking for _ in range(3)}
    assert len(reasons) == 1
    reason = reasons.pop()
    assert f"the disk of {tmp_path} has " in reason
    assert f"MB free and {MORE_THAN_ANY_DISK >> 20:,} MB are needed (ARTIST360_DISK_FREE_MEGABYTES)" in reason
    assert caplog.messages == [reason]


async def test_a_wait_ends_when_it_is_not_wanted_any_more_and_says_that_there_is_no_room(tmp_path: Path) -> None:
    looked = 0

    def wanted() -> bool:
        nonlocal looked
        looked += 1
        return looked < 3

    assert not await Room(tmp_path, MORE_THAN_ANY_DISK).wait(wanted)


async def test_a_wait_can_be_broken_off(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Room(tmp_path, MORE_THAN_ANY_DISK).wait(), 0.1)
