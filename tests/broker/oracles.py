"""Oracles: what has to be equal to the truth, wherever the counts are read."""

import shutil

from tests.broker.recount import Recount, assert_ranking
from tests.broker.site import WATERMARK_KEY, Site, read_mark, read_warehouse
from tests.broker.truth import Truth, changelog_facts, read_topic
from tests.broker.worker_process import WorkerProcess


def assert_counted(site: Site, worker: WorkerProcess, truth: Truth) -> None:
    """Changelog, rejected topic and answers are the truth."""
    site.assert_changelog_is(truth)
    site.assert_rejected_once(truth)
    assert_serves(worker, truth)


def assert_serves(server: WorkerProcess, truth: Truth) -> None:
    recount = Recount(truth.catalogue, truth.plays)
    for by in ("artist", "song_title,country"):
        rows = server.get("ranking_by", by=by, limit=10_000)["data"]
        assert_ranking(rows, recount.ranking(*by.split(","))[:10_000])
    rows = server.conservation()
    plays, rejected, consumed = (truth.per_partition(items) for items in (truth.plays, truth.rejected, truth.records))
    assert [row["stored"] for row in rows] == [row["counted"] for row in rows] == plays
    assert [row["rejected"] for row in rows] == rejected
    assert [row["consumed"] for row in rows] == consumed
    assert {row["partition"]: (row["watermark"], row["lag"]) for row in rows} == {p: (end, 0) for p, end in truth.ends.items()}


def assert_prefix(site: Site) -> None:
    """At any moment, whatever has been committed is what the plays below the watermarks count as."""
    changelog = read_topic(site.broker, site.changelog).records
    watermarks = {record.partition: record for record in changelog if record.key == WATERMARK_KEY}
    whole = [record for record in changelog if record.offset <= watermarks[record.partition].offset]  # it was read while it grew
    below = {partition: read_mark(record).next_offset for partition, record in watermarks.items()}
    assert dict(changelog_facts(whole)) == site.truth().daily_below(below), "counts differ in the changelog"


def assert_exact_and_rebuilt(site: Site, server: WorkerProcess) -> None:
    """Every count, wherever it is read, is the truth; and so it is again when all local state is deleted and rebuilt.

    Every worker runs, and no plays arrive any more.
    """
    server.await_ready()
    site.await_counted()
    site.await_served(server)
    truth = site.truth()
    assert_counted(site, server, truth)
    server.stop()
    assert read_warehouse(server.settings.data, site.folder / "copy").daily == truth.daily, "counts differ in DuckDB"
    for worker in site.workers:
        if worker.running:
            worker.stop()
        shutil.rmtree(worker.settings.data)
    for worker in site.workers:
        worker.start()
    server.await_ready()
    site.await_served(server)
    assert_counted(site, server, truth)
    server.stop()
    assert read_warehouse(server.settings.data, site.folder / "copy").daily == truth.daily, "counts differ in a rebuilt DuckDB"
