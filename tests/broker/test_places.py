"""Places: one process holds a data folder, and one data folder a worker's name in the group."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer

from app.data_folder import IDENTITY, LOCK, identity
from app.place import SESSION_SECONDS
from app.settings import ROLES
from tests.broker.site import Site, play
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess

REFUSED = 70
QUICK_SECONDS = 5.0
"""Less than a session: whoever starts within that has not waited for one to end."""


@pytest.mark.parametrize("role", ROLES)
def test_a_second_process_with_the_same_data_folder_is_refused_whatever_its_role(site: Site, role: str) -> None:
    first = site.worker(role=role).start()
    until(lambda: holder(first) == str(first.pid), "it holds its data folder", why=lambda: tail(first.log))
    before = {name for name in folder(first) if not name.startswith("warehouse.duckdb.")}  # its log becomes part of it
    for other in ROLES:
        second = site.worker(f"second-{other}", role=other, data=first.settings.data).start()
        assert second.ended() == REFUSED
        assert f"the data folder {first.settings.data} belongs to a worker that runs, process {first.pid}: stop that one" in second.said
        assert "ARTIST360_DATA of its own" in second.said
        assert "created the topic" not in second.said
    assert folder(first) >= before
    assert holder(first) == str(first.pid)
    first.stop()
    assert holder(first) == ""


def test_a_killed_worker_starts_again_at_once_and_counts(site: Site) -> None:
    worker = site.worker(role="count").start()
    site.produce([play()] * 400)
    site.await_counted()
    worker.kill()
    site.produce([play()] * 400)
    worker.start()
    until(lambda: site.lag() == 0, "it counts again", within=QUICK_SECONDS, why=lambda: tail(worker.log))
    assert "waiting up to" not in worker.said
    worker.stop()


def test_a_killed_worker_starts_again_with_another_port(site: Site) -> None:
    worker = site.worker().start().await_ready()
    worker.kill()
    site.produce([play()] * 400)
    moved = site.worker("moved", worker="worker-1", data=worker.settings.data).start()
    until(lambda: site.lag() == 0, "it counts", within=QUICK_SECONDS + 5, why=lambda: tail(moved.log))
    moved.stop()


def test_a_name_that_a_living_worker_has_is_refused_and_that_worker_counts_on(site: Site) -> None:
    first = site.worker(role="count").start()
    site.produce([play()] * 400)
    site.await_counted()
    second = site.worker("elsewhere", worker="worker-1", role="count").start()
    until(lambda: "another data folder's worker has the name worker-1" in second.said, "it waits", why=lambda: tail(second.log))
    site.produce([play()] * 400)
    assert second.ended() == REFUSED
    assert f"the name worker-1 in the group {site.name} is another process's" in second.said
    assert "ARTIST360_WORKER and an ARTIST360_DATA of its own" in second.said
    site.produce([play()] * 400)
    site.await_counted()
    assert set(site.owners().values()) == {"worker-1"}
    assert first.said.count("Joined group") == 1
    first.stop()


def test_the_name_of_a_killed_worker_is_free_for_another_folder_after_its_session(site: Site) -> None:
    first = site.worker(role="count").start()
    site.produce([play()] * 400)
    site.await_counted()
    first.kill()
    site.produce([play()] * 400)
    second = site.worker("elsewhere", worker="worker-1", role="count").start()
    site.await_counted()
    assert "waiting up to 15 s for it to be forgotten" in second.said
    second.stop()
    assert identity(first.settings.data) != identity(second.settings.data)


def test_a_worker_whose_place_another_takes_ends_and_the_other_counts_on(site: Site) -> None:
    first = site.worker(role="count").start()
    site.produce([play()] * 400)
    site.await_counted()
    second = site.worker("elsewhere", worker="worker-1", role="count")
    second.settings.data.mkdir()
    # A copied folder is the same to the group: nothing but the place itself tells the two apart.
    (second.settings.data / IDENTITY).write_text(identity(first.settings.data))
    second.start()
    site.produce([play()] * 400)
    assert first.ended(within=SESSION_SECONDS) == REFUSED
    assert f"the name worker-1 in the group {site.name} is another process's, which took it from this one just now" in first.said
    site.produce([play()] * 400)
    site.await_counted()
    truth = site.truth()
    site.assert_changelog_is(truth)
    second.stop()


def test_a_worker_whose_session_ended_while_it_was_paused_joins_again(site: Site) -> None:
    worker = site.worker(role="count").start()
    site.produce([play()] * 400)
    site.await_counted()
    worker.pause()
    until(lambda: not site.owners(), "the group has forgotten it")
    worker.resume()
    site.produce([play()] * 400)
    site.await_counted()
    assert worker.said.count("Joined group") == 2
    site.assert_changelog_is(site.truth())
    worker.stop()


def test_a_group_that_another_application_uses_is_refused(site: Site) -> None:
    foreign = Consumer({"bootstrap.servers": site.broker, "group.id": site.name, "log_level": 2})
    foreign.subscribe([site.topic])
    until(lambda: foreign.poll(0.1) is not None or foreign.assignment(), "the other consumer is in the group")
    worker = site.worker(role="count").start()
    assert worker.ended() == REFUSED
    foreign.close()
    assert f"counting ends: GroupLost: the group {site.name} does not have this worker: InconsistentGroupProtocolError" in worker.said
    assert "that are no workers of this application" in worker.said


def test_an_identity_is_made_once_and_anew_when_it_is_damaged(tmp_path: Path) -> None:
    made = identity(tmp_path)
    assert identity(tmp_path) == made
    (tmp_path / IDENTITY).write_bytes(b"\xff\x00")
    assert identity(tmp_path) not in (made, "")


def holder(worker: WorkerProcess) -> str:
    lock = worker.settings.data / LOCK
    return lock.read_text().strip() if lock.exists() else ""


def folder(worker: WorkerProcess) -> set[str]:
    return {path.name for path in worker.settings.data.iterdir()}
