"""Metrics for Prometheus: each is named once, here. What they say per partition is as of one fold."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class PerPartition(NamedTuple):
    """A metric with a value for each partition: a column of the conservation."""

    name: str
    about: str
    column: str
    family: type[CounterMetricFamily | GaugeMetricFamily]


class Figure(NamedTuple):
    """A metric of the server itself."""

    name: str
    about: str
    labels: tuple[str, ...] = ()


PER_PARTITION = (
    PerPartition("artist360_consumed_records", "Records read: counted + rejected.", "consumed", CounterMetricFamily),
    PerPartition("artist360_counted_plays", "Plays counted.", "counted", CounterMetricFamily),
    PerPartition("artist360_rejected_records", "Records that could not be counted.", "rejected", CounterMetricFamily),
    PerPartition("artist360_stored_plays", "The sum of the stored counts: the counted plays, always.", "stored", GaugeMetricFamily),
    PerPartition("artist360_watermark_offset", "First offset that is not counted.", "watermark", GaugeMetricFamily),
    PerPartition("artist360_log_end_offset", "The end of the topic of plays.", "log_end", GaugeMetricFamily),
    PerPartition("artist360_lag_records", "Offsets behind the end of the topic.", "lag", GaugeMetricFamily),
)
READY = Figure("artist360_ready", "1 when the numbers are complete, 0 when /readyz says why not.")
AS_OF = Figure("artist360_as_of_timestamp_seconds", "Every play recorded until then is counted and served.")
AGE = Figure("artist360_watermark_age_seconds", "Seconds since artist360_as_of_timestamp_seconds; no value before anything is served.")
COUNTS = Figure("artist360_stored_counts", "How many stored counts there are, a row each: memory and disk go by it.")
WAREHOUSE = Figure("artist360_warehouse_bytes", "The DuckDB file and its write-ahead log.")
MEMORY = Figure("process_resident_memory_bytes", "Memory of this process that is in use.")
CPU = Figure("process_cpu_seconds", "Processor time of this process, in user and system mode.")
STARTED = Figure("process_start_time_seconds", "When this process started, in seconds since 1970.")
STREAMS = Figure("artist360_streams", "Streams that are open.")
STREAM_QUESTIONS = Figure("artist360_stream_questions", "Questions asked for streams: one for all that listen to the same.")

FLUSH = Figure("artist360_flush_seconds", "How long a fold into DuckDB and memory took, its rests included.")
REQUESTS = Figure(
    "artist360_http_request_seconds", "How long requests took, to the beginning of the answer.", ("route", "method", "status")
)
CONNECTIONS = Figure("artist360_http_connections", "Open connections.")
CUT_LIMITS = ("many", "head", "stall", "held")
CUT = Figure("artist360_http_connections_cut", "Connections ended by a limit: many, head, stall or held.", ("limit",))
QUERY_ENDS = ("answered", "moved", "refused", "timed_out", "left", "failed")
QUERIES = Figure(
    "artist360_queries",
    "Queries that ended: answered, moved to a thread as long ones, refused, timed_out, left by their client, or failed.",
    ("end",),
)
RUNNING = Figure("artist360_queries_running", "Queries that run now.", ("threads",))
WAITING = Figure("artist360_queries_waiting", "Queries that wait for a thread, short ones for the event loop.", ("threads",))
QUERY = Figure("artist360_query_seconds", "How long answers took, waiting included.", ("endpoint",))

METRICS = (
    *PER_PARTITION,
    *(READY, AS_OF, AGE, COUNTS, WAREHOUSE, MEMORY, CPU, STARTED, STREAMS, STREAM_QUESTIONS),
    *(FLUSH, REQUESTS, CONNECTIONS, CUT, QUERIES, RUNNING, WAITING, QUERY),
)
"""Everything that /metrics tells, and nothing else."""

BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class WarehouseFigures(NamedTuple):
    """What there is to say about the warehouse."""

    size_bytes: int
    conservation: Sequence[Mapping[str, Any]] = ()
    """The rows of the endpoint; none while there is nothing to read."""
    counts: int | None = None
    """None likewise."""


class StreamFigures(NamedTuple):
    """What there is to say about streams."""

    streams: int
    questions: int


class Instruments:
    """What the parts of the server count and time as it happens."""

    def __init__(self) -> None:
        """Begin with nothing."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they would tell the start of the process, for each counter
        self.registry = CollectorRegistry()
        self.flush = self._histogram(FLUSH)
        self.requests = self._histogram(REQUESTS)
        self.query = self._histogram(QUERY)
        self.connections = Gauge(*CONNECTIONS, registry=self.registry)
        self.running = Gauge(*RUNNING, registry=self.registry)
        self.waiting = Gauge(*WAITING, registry=self.registry)
        self.cut = Counter(*CUT, registry=self.registry)
        self.queries = Counter(*QUERIES, registry=self.registry)
        for counter, values in ((self.cut, CUT_LIMITS), (self.queries, QUERY_ENDS)):
            for value in values:
                counter.labels(value)  # 0 from the start: a rate would miss the first of one that comes from nowhere

    def _histogram(self, figure: Figure) -> Histogram:
        return Histogram(*figure, registry=self.registry, buckets=BUCKETS_SECONDS)


class Standing(Collector):
    """How the server stands, at one moment."""

    def __init__(self, warehouse: WarehouseFigures, streams: StreamFigures, *, ready: bool, as_of: float) -> None:
        """Take what there is to say, *as_of* in seconds since 1970."""
        self._warehouse, self._streams, self._ready, self._as_of = warehouse, streams, ready, as_of

    def collect(self) -> Iterable[Metric]:
        """Yield every metric."""
        process = psutil.Process()
        yield GaugeMetricFamily(AGE.name, AGE.about, value=time.time() - self._as_of if self._as_of else None)
        yield GaugeMetricFamily(READY.name, READY.about, value=float(self._ready))
        yield GaugeMetricFamily(AS_OF.name, AS_OF.about, value=self._as_of)
        yield GaugeMetricFamily(STREAMS.name, STREAMS.about, value=self._streams.streams)
        yield CounterMetricFamily(STREAM_QUESTIONS.name, STREAM_QUESTIONS.about, value=self._streams.questions)
        yield GaugeMetricFamily(COUNTS.name, COUNTS.about, value=self._warehouse.counts)
        yield GaugeMetricFamily(WAREHOUSE.name, WAREHOUSE.about, value=self._warehouse.size_bytes)
        yield GaugeMetricFamily(MEMORY.name, MEMORY.about, value=process.memory_info().rss)
        yield GaugeMetricFamily(STARTED.name, STARTED.about, value=process.create_time())
        yield CounterMetricFamily(CPU.name, CPU.about, value=sum(process.cpu_times()[:2]))
        for metric in PER_PARTITION:
            family = metric.family(metric.name, metric.about, labels=["partition"])
            for row in self._warehouse.conservation:
                family.add_metric([str(row["partition"])], float(row[metric.column]))
            yield family


def exposition(standing: Standing, instruments: Instruments) -> bytes:
    """Return *standing* and what *instruments* saw in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(standing)
    return generate_latest(registry) + generate_latest(instruments.registry)
