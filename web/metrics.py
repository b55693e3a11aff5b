"""Metrics for Prometheus: each is named once, here. What they say per partition is of one snapshot, like any answer."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
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


PER_PARTITION = (
    PerPartition("artist360_consumed_records", "Records read: counted + rejected.", "consumed", CounterMetricFamily),
    PerPartition("artist360_counted_plays", "Plays counted.", "counted", CounterMetricFamily),
    PerPartition("artist360_rejected_records", "Records that could not be counted.", "rejected", CounterMetricFamily),
    PerPartition("artist360_stored_plays", "The sum of the stored counts: the counted plays, always.", "stored", GaugeMetricFamily),
    PerPartition("artist360_watermark_offset", "First offset that is not counted.", "watermark", GaugeMetricFamily),
    PerPartition("artist360_log_end_offset", "The end of the topic of plays.", "log_end", GaugeMetricFamily),
    PerPartition("artist360_lag_records", "Offsets behind the end of the topic.", "lag", GaugeMetricFamily),
)
READY = ("artist360_ready", "1 when the numbers are complete, 0 when /readyz says why not.")
AS_OF = ("artist360_as_of_timestamp_seconds", "Every play recorded until then is counted and served.")
STREAMS = ("artist360_streams", "Streams that are open.")
STREAM_QUESTIONS = ("artist360_stream_questions", "Questions asked for streams: one for all that listen to the same.")


class StreamFigures(NamedTuple):
    """What there is to say about streams."""

    streams: int
    questions: int


class Standing(Collector):
    """How the server stands, at one moment."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], streams: StreamFigures, *, ready: bool, as_of: float) -> None:
        """Take the rows of `conservation` (none while there is nothing to read) and the freshness; *as_of* in seconds since 1970."""
        self._rows, self._streams, self._ready, self._as_of = list(rows), streams, ready, as_of

    def collect(self) -> Iterable[Metric]:
        """Yield every metric."""
        yield GaugeMetricFamily(*READY, value=float(self._ready))
        yield GaugeMetricFamily(*AS_OF, value=self._as_of)
        yield GaugeMetricFamily(*STREAMS, value=self._streams.streams)
        yield CounterMetricFamily(*STREAM_QUESTIONS, value=self._streams.questions)
        for metric in PER_PARTITION:
            family = metric.family(metric.name, metric.about, labels=["partition"])
            for row in self._rows:
                family.add_metric([str(row["partition"])], float(row[metric.column]))
            yield family


def exposition(standing: Standing) -> bytes:
    """Return *standing* in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(standing)
    return generate_latest(registry)
