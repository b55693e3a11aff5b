"""Beside: a plain Faust application, `table[key] += 1` on a tumbling RocksDB table. It loses or doubles plays under a kill.

Run as `python -m benchmarks.plain_faust worker` with BROKER, TOPIC, COUNT and DATA in the environment; prints seconds
from the first record to the last and ends.
"""

import os
import time
from datetime import timedelta

import faust
import orjson

from benchmarks.plays import PARTITIONS, benchmark_songs


def build(broker: str, topic: str, count: int, data: str) -> faust.App:
    """Return the application."""
    app = faust.App(
        f"plain-{topic}", broker=f"kafka://{broker}", store="rocksdb://", datadir=data, topic_partitions=PARTITIONS,
        topic_replication_factor=1, topic_disable_leader=True, web_enabled=False, consumer_auto_offset_reset="earliest",
        table_standby_replicas=0,
    )  # fmt: skip
    counts = app.Table("counts", default=int, partitions=PARTITIONS).tumbling(timedelta(days=1), key_index=False)
    credit_of = benchmark_songs().credit_of
    read, started = 0, 0.0

    @app.agent(app.topic(topic, value_serializer="raw"))
    async def count_plays(plays: faust.StreamT[bytes]) -> None:
        nonlocal read, started
        async for value in plays:
            started = started or time.perf_counter()
            play = orjson.loads(value)
            song = play["external_id"]
            counts[f"{play['country']}|{play['source']}|{credit_of.get(song, '')}|{song}"] += 1
            read += 1
            if read == count:
                os.write(1, f"{time.perf_counter() - started}\n".encode())  # past Faust, which sends prints to its log
                os._exit(0)

    return app


if __name__ == "__main__":
    build(os.environ["BROKER"], os.environ["TOPIC"], int(os.environ["COUNT"]), os.environ["DATA"]).main()
