"""Beside: a plain aiokafka + orjson + dict loop. No transaction, no state on disk, nothing survives a kill.

Run as `python -m benchmarks.bare_loop BROKER TOPIC COUNT`; prints seconds from the first record to the last.
"""

import asyncio
import sys
import time

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.plays import PARTITIONS, benchmark_songs


async def main(broker: str, topic: str, count: int) -> None:
    """Count *count* plays of *topic* in a dict."""
    credit_of = benchmark_songs().credit_of
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False, max_partition_fetch_bytes=4 << 20)
    await consumer.start()
    partitions = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    counts: dict[tuple[str, str, str, str, str], int] = {}
    read, started = 0, 0.0
    while read < count:
        for records in (await consumer.getmany(timeout_ms=1000, max_records=20_000)).values():
            started = started or time.perf_counter()
            for record in records:
                play = orjson.loads(record.value)
                song = play["external_id"]
                key = (play["play_time"][:10], play["country"], play["source"], credit_of.get(song, ""), song)
                counts[key] = counts.get(key, 0) + 1
            read += len(records)
    print(time.perf_counter() - started)
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
