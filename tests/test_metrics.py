"""Claims about the metrics: a scraper reads from them what the conservation says."""

from prometheus_client.parser import text_string_to_metric_families

from web.metrics import PER_PARTITION, READY, Standing, StreamFigures, exposition

ROWS = [
    {"partition": 0, "consumed": 12, "counted": 10, "rejected": 2, "stored": 10, "watermark": 15, "log_end": 20, "lag": 5},
    {"partition": 1, "consumed": 2**53, "counted": 2**53, "rejected": 0, "stored": 2**53, "watermark": 2**53, "log_end": 2**53, "lag": 0},
]


def test_every_figure_of_every_partition_is_there() -> None:
    scraped = read(exposition(Standing(ROWS, StreamFigures(3, 360), ready=True, as_of=1_795_521_336.25)))
    for metric in PER_PARTITION:
        for row in ROWS:
            values = [
                value for (name, partition), value in scraped.items() if name.startswith(metric.name) and partition == str(row["partition"])
            ]
            assert values == [row[metric.column]], metric
    assert scraped["artist360_ready", ""] == 1
    assert scraped["artist360_as_of_timestamp_seconds", ""] == 1_795_521_336.25
    assert scraped["artist360_streams", ""] == 3
    assert scraped["artist360_stream_questions_total", ""] == 360


def test_a_server_that_is_not_ready_says_so_and_claims_no_figure() -> None:
    scraped = read(exposition(Standing([], StreamFigures(0, 0), ready=False, as_of=0.0)))
    assert scraped[READY[0], ""] == 0
    assert {partition for _, partition in scraped} == {""}


def test_no_name_stands_twice() -> None:
    names = [metric.name for metric in PER_PARTITION]
    assert len(set(names)) == len(names)


def read(body: bytes) -> dict[tuple[str, str], float]:
    """Return each sample by name and partition, as Prometheus' own parser reads it."""
    families = text_string_to_metric_families(body.decode())
    return {(sample.name, sample.labels.get("partition", "")): sample.value for family in families for sample in family.samples}
