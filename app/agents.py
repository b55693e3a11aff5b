"""The agent: takes a slice of songplays, hands it to the core, hands the tally to the ledger, and lets go."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import faust
from aiokafka import ConsumerRecord

from app.counting import RejectedRecord, Tally, count
from app.events import RULE_VERSION
from app.leaving import end_process
from app.transport import Slice
from tables.ledger import Message
from tables.ledgers import Ledgers
from tables.room import Room
from tables.songs import Songs

CHUNK_RECORDS = 2_000
"""Records counted between two looks at the event loop: some ten milliseconds."""


def add_counting_agent(app: faust.App, source: str, ledgers: Ledgers, songs: Callable[[], Songs], room: Room) -> None:
    """Count each slice of *source* once, in offset order per partition; wait while the disk has no *room*."""

    @app.agent(app.topic(source, key_serializer="raw", value_serializer="raw"), name="count_plays", concurrency=1)
    async def count_plays(slices: faust.StreamT[Slice]) -> None:
        async for plays in slices:
            try:
                ledger = ledgers.holding(plays.partition, plays.epoch)
                if ledger is None:
                    continue  # the partition moved on: its records come again after the next seek, to whoever owns it
                tally = await tally_of(ledger.fresh(plays.start, plays.records), songs())
                rejected = (rejected_message(source, plays.partition, record) for record in tally.rejected)
                # A rebalance waits for this: when one begins, the records are let go and come again.
                if await room.wait(partial(ledgers.holds, ledger, plays.epoch)):
                    await ledger.commit(tally, rejected, next_offset=plays.next)
            except Exception as error:  # noqa: BLE001  (whatever it is, nothing may be acknowledged)
                end_process(error)


async def tally_of(records: Sequence[ConsumerRecord[bytes, bytes]], songs: Songs) -> Tally:
    """Count *records*, with the event loop released between chunks."""
    tally = Tally()
    for start in range(0, len(records), CHUNK_RECORDS):
        count(records[start : start + CHUNK_RECORDS], songs, tally)
        await asyncio.sleep(0)
    return tally


def rejected_message(source: str, partition: int, record: RejectedRecord) -> Message:
    """Return the record for the topic of rejected ones: its bytes as they came, the reason in the headers."""
    return (
        None,
        record.value,
        [
            ("topic", source.encode()),
            ("partition", b"%d" % partition),
            ("offset", b"%d" % record.offset),
            ("timestamp", b"%d" % record.timestamp),
            ("kind", record.why.kind.encode()),
            ("reason", record.why.reason.encode()),
            ("rules", b"%d" % RULE_VERSION),
        ],
    )
