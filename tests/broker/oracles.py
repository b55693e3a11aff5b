"""Oracles: what has to be equal to the truth, wherever the counts are read."""

from tests.broker.recount import Recount, assert_ranking
from tests.broker.site import Site
from tests.broker.truth import Truth
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
