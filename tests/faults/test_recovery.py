"""Recovery: killed in the middle and begun again, it ends with the truth; and it says how far it is."""

import re
import shutil
import signal

from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess
from tests.faults.bent_worker import KILL_AT

PLAYS = 150_000
KILLS = 6
PROGRESS = r"the counting worker recovers its tables: [\d,]+ records, \d+%, \d+ s left"


def test_a_recovery_that_is_killed_again_and_again_ends_with_the_truth(site: Site, plays: Plays) -> None:
    worker = counted(site, plays)
    reached = []
    for number in range(KILLS):
        if number % 3 == 0:
            forget(site, worker)
        worker.bends = {KILL_AT: f"{1 + number % 3}:a batch recovered"}
        worker.start()
        assert worker.ended() == -signal.SIGKILL, tail(worker.log)
        reached.append(re.findall(r"recovering: ([\d,]+) records, (\d+)%", worker.said)[-1])
    assert any(share != "100" for _, share in reached), f"no kill fell before the end: {reached}"
    worker.bends = {}
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())


def test_a_worker_is_not_ready_before_it_has_recovered_and_says_how_far_it_is(site: Site, plays: Plays) -> None:
    worker = counted(site, plays)
    forget(site, worker)
    reasons: list[str] = []
    worker.start()

    def ready() -> bool:
        status, body = worker.ask("/readyz", token=None)
        reasons.append(str(body.get("detail", "")) if status == 503 else "")
        return status == 200

    until(ready, "the worker is ready", why=lambda: f"{reasons}\n{tail(worker.log)}")
    assert any(re.fullmatch(PROGRESS, reason) for reason in reasons), reasons
    assert re.search(r"counting partitions [\d, ]+: recovered [1-9]", worker.said)
    assert {row["lag"] for row in worker.conservation()} == {0}


def counted(site: Site, plays: Plays) -> WorkerProcess:
    """Return a worker that has counted and was stopped."""
    site.produce(plays(PLAYS, seed=91))
    worker = site.worker().start().await_ready()
    site.await_served(worker)
    worker.stop()
    return worker


def forget(site: Site, worker: WorkerProcess) -> None:
    """Delete the worker's RocksDB."""
    shutil.rmtree(worker.settings.data / site.name)
