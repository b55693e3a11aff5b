"""Claims about the metrics: a scraper reads from them what the conservation says, and finds every name that is listed."""

import time
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.served import TOTALS, served
from web.metrics import METRICS, PER_PARTITION, READY, Instruments, Standing, StreamFigures, WarehouseFigures, exposition

ROWS = [
    {"partition": 0, "consumed": 12, "counted": 10, "rejected": 2, "stored": 10, "watermark": 15, "log_end": 20, "lag": 5},
    {"partition": 1, "consumed": 2**53, "counted": 2**53, "rejected": 0, "stored": 2**53, "watermark": 2**53, "log_end": 2**53, "lag": 0},
]
NOTHING = WarehouseFigures(0)
AS_OF = 1_795_521_336.25


def test_every_figure_of_every_partition_is_there() -> None:
    scraped = read(families(Standing(WarehouseFigures(1 << 20, ROWS, 7), StreamFigures(3, 360), ready=True, as_of=AS_OF)))
    for metric in PER_PARTITION:
        for row in ROWS:
            values = [
                value for (name, partition), value in scraped.items() if name.startswith(metric.name) and partition == str(row["partition"])
            ]
            assert values == [row[metric.column]], metric
    assert scraped["artist360_ready", ""] == 1
    assert scraped["artist360_as_of_timestamp_seconds", ""] == AS_OF
    assert scraped["artist360_warehouse_bytes", ""] == 1 << 20
    assert scraped["artist360_stored_counts", ""] == 7
    assert scraped["artist360_streams", ""] == 3
    assert scraped["artist360_stream_questions_total", ""] == 360


def test_the_age_of_the_watermark_is_the_time_since_it() -> None:
    scraped = read(families(Standing(NOTHING, StreamFigures(0, 0), ready=True, as_of=time.time() - 500)))
    assert 500 <= scraped["artist360_watermark_age_seconds", ""] < 600


def test_a_server_that_is_not_ready_says_so_and_claims_no_figure() -> None:
    scraped = read(families(Standing(NOTHING, StreamFigures(0, 0), ready=False, as_of=0.0)))
    assert scraped[READY.name, ""] == 0
    assert {partition for _, partition in scraped} == {""}
    assert ("artist360_watermark_age_seconds", "") not in scraped
    assert ("artist360_stored_counts", "") not in scraped


def test_no_name_stands_twice() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)


async def test_every_name_in_metrics_is_listed_and_every_listed_name_is_there(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        await site.ask(TOTALS)
        found = {family.name: family for family in text_string_to_metric_families((await site.ask("/metrics")).body.decode())}
    assert set(found) == {metric.name for metric in METRICS}
    assert {name for name, family in found.items() if family.documentation != about(name)} == set()


async def test_a_server_that_catches_up_says_what_its_file_holds_already(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        site.serving.warehouse.forget()
        assert b'artist360_counted_plays_total{partition="0"} 360' in (await site.ask("/metrics")).body


async def test_while_no_file_is_open_conservation_says_so_and_metrics_have_all_else(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        site.serving.warehouse.close()
        refused, scraped = await site.ask(TOTALS.replace("totals", "conservation")), await site.ask("/metrics")
    assert (refused.status, scraped.status) == (503, 200)
    assert "the warehouse is being opened" in refused.document["detail"]
    assert b"partition=" not in scraped.body
    assert b"artist360_ready" in scraped.body


async def test_requests_are_timed_by_route_method_and_class_of_status(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        await site.ask(TOTALS)
        await site.ask("/v0/pipes/facts.csv", "HEAD")
        await site.ask("/v0/pipes/nothing.json")
        await site.ask("/nothing", "BREW")
        count, pipes = "artist360_http_request_seconds_count", "/v0/pipes/{name}.{kind}"
        assert site.metric(count, route=pipes, method="GET", status="2xx") == 1
        assert site.metric(count, route=pipes, method="HEAD", status="2xx") == 1
        assert site.metric(count, route=pipes, method="GET", status="4xx") == 1
        assert site.metric(count, route="none", method="other", status="4xx") == 1
        assert site.metric("artist360_query_seconds_count", endpoint="totals") == 1


def about(name: str) -> str:
    return next(metric.about for metric in METRICS if metric.name == name)


def families(standing: Standing) -> list[Metric]:
    return list(text_string_to_metric_families(exposition(standing, Instruments()).decode()))


def read(found: list[Metric]) -> dict[tuple[str, str], float]:
    """Return each sample by name and partition, as Prometheus' own parser reads it."""
    return {(sample.name, sample.labels.get("partition", "")): sample.value for family in found for sample in family.samples}
