"""Lost changelogs: local rows that are ahead of their changelog, or behind its beginning, are a refusal with a way out that works."""

import shutil

from tests.broker.site import ANSWER_SECONDS, Site
from tests.broker.waiting import until

REFUSED = 70


def test_local_rows_ahead_of_a_recreated_changelog_are_refused_and_the_way_out_counts_all_again(site: Site) -> None:
    worker = site.counting_worker(1_000)
    for table in ("daily", "live"):
        name = f"{site.name}-{table}-changelog"
        site.admin.delete_topics([name])[name].result(ANSWER_SECONDS)
        until(lambda name=name: not site.partitions(name), "the changelog is gone")  # type: ignore[misc]  # bound now
    worker.start()
    assert worker.ended() == REFUSED
    folder = worker.settings.data / site.name / "v1" / "tables"
    assert "-daily-changelog partition" in worker.said
    assert "the topic was recreated, its log was cut, or the broker is another one. Point the worker at the right broker" in worker.said
    assert f"delete the folder {folder}: counting goes on from what the changelog holds" in worker.said
    shutil.rmtree(folder)
    worker.start()
    now = Site(site.broker, site.folder, site.songs, site.name, workers=site.workers)  # the first one's readers know the old changelog
    now.await_counted()
    now.assert_changelog_is(now.truth())
    worker.stop()
    now.close()


def test_local_rows_behind_the_beginning_of_their_changelog_are_refused(site: Site) -> None:
    worker = site.counting_worker(1_000)
    shutil.rmtree(worker.settings.data / site.name)
    ends = site.ends(site.changelog)
    site.configure(site.changelog, {"cleanup.policy": "delete"})
    site.delete_records(ends, site.changelog)
    site.configure(site.changelog, {"cleanup.policy": "compact"})
    worker.start()
    assert worker.ended() == REFUSED
    assert f"{site.changelog} partition 0 begins at offset {ends[0]}, the local rows reach 0: counts in between are gone." in worker.said
    assert "restore the topic from a copy, or count afresh with a new ARTIST360_ID" in worker.said
