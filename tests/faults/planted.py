"""Planted bugs: the three ways in which programs like this one lose or double plays, and one that moves one: all are seen."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from faust.types import TP

from app import transport
from tables.columns import Columns
from tables.ledger import Ledger
from tables.sorting import DailyCounts


def acknowledge_before_the_commit() -> None:
    """Seek to the group's offset, which is moved before the counts are: a kill in between loses plays."""
    _seek_to_the_group_and_count_whatever_comes()
    commit = Ledger.commit

    async def commit_late(self: Ledger, tally: Any, rejected: Any, *, next_offset: int) -> None:
        await _commit_to_group(self.partition, next_offset)
        await commit(self, tally, rejected, next_offset=next_offset)

    Ledger.commit = commit_late  # type: ignore[method-assign]


def no_watermark_check() -> None:
    """Seek to the group's offset, which is moved after the counts are, and look at no watermark: a kill in between doubles plays."""
    _seek_to_the_group_and_count_whatever_comes()


def rocksdb_before_the_commit() -> None:
    """Write the tables before the transaction is committed: a kill in between leaves counts that no watermark knows of."""
    transact = Ledger._transact  # noqa: SLF001

    async def write_first(self: Ledger, daily: Any, live: Any, rejected: Any) -> Mapping[str, int]:
        for rows, table in zip(self.rows, (daily, live), strict=True):
            rows.write(table, through=rows.changelog_offset - 1)
            rows._db.flush()  # noqa: SLF001 - RocksDB may do so at any moment
        return await transact(self, daily, live, rejected)

    Ledger._transact = write_first  # type: ignore[method-assign]  # noqa: SLF001


def a_play_moved_in_memory() -> None:
    """Give a play of one song to another as a server reads its file: every sum stays, and no watermark tells."""
    begin = DailyCounts.__init__

    def begin_moved(self: DailyCounts, rows: Columns) -> None:
        plays, heard = rows["plays"].copy(), np.bincount(rows["song"]).argmax()  # one with a single play would not be served at all
        plays[np.flatnonzero(rows["song"] == heard)[0]] -= 1
        plays[np.flatnonzero(rows["song"] != heard)[0]] += 1
        begin(self, {**rows, "plays": plays})

    DailyCounts.__init__ = begin_moved  # type: ignore[method-assign]


BUGS: Mapping[str, Callable[[], None]] = {
    bug.__name__: bug for bug in (acknowledge_before_the_commit, no_watermark_check, rocksdb_before_the_commit)
}
"""Those that lose or double plays."""
EVERY_BUG = {**BUGS, a_play_moved_in_memory.__name__: a_play_moved_in_memory}

_consumers: list[transport.Consumer] = []


def _seek_to_the_group_and_count_whatever_comes() -> None:
    perform_seek = transport.Consumer.perform_seek

    async def seek_to_group(self: transport.Consumer) -> None:
        _consumers[:] = [self]
        await perform_seek(self)
        thread = self._thread
        committed = await thread.seek_to_committed()
        starts = {tp: offset for tp, offset in committed.items() if tp in thread.starts and offset}
        await thread.call_thread(thread.seek_slices, {**thread.starts, **starts}, self.epoch)

    async def commit_anything(self: Ledger, tally: Any, rejected: Any, *, next_offset: int) -> None:
        self.watermark = self.watermark._replace(next_offset=min(self.watermark.next_offset, next_offset - 1))
        await commit(self, tally, rejected, next_offset=next_offset)

    commit = Ledger.commit
    transport.Consumer.perform_seek = seek_to_group  # type: ignore[method-assign]
    Ledger.fresh = lambda _self, _start, records: records  # type: ignore[method-assign, assignment]
    Ledger.commit = commit_anything  # type: ignore[method-assign]


async def _commit_to_group(partition: int, offset: int) -> None:
    for consumer in _consumers:  # none yet while a partition's first watermark is written
        app: Any = consumer.app
        await consumer._thread.commit({TP(app.source, partition): offset})  # noqa: SLF001
