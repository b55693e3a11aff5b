"""Topics: what counting rests on is looked at before it starts, and refused with the command that mends it."""

import re
import shlex
import time
from collections.abc import Mapping

import pytest
from confluent_kafka.cimpl import NewTopic

from app.topics import TopicMismatch, declare_topics, wanted_topics
from tables.count_table import DAILY_CONFIG, LIVE_CONFIG
from tests.broker.site import ANSWER_SECONDS, PARTITIONS, Site, play
from tests.broker.waiting import until

REFUSED = 70
QUICK_SECONDS = 0.3
BIG = DAILY_CONFIG["max.message.bytes"]
WRONG = [
    ("-daily-changelog", {"cleanup.policy": "compact,delete"}, "cleanup.policy=compact,delete, it must be compact"),
    ("-daily-changelog", {"cleanup.policy": "delete"}, "cleanup.policy=delete, it must be compact"),
    ("-daily-changelog", {"min.compaction.lag.ms": "599999"}, "min.compaction.lag.ms=599999, it must be at least 600000"),
    ("-daily-changelog", {"max.message.bytes": "1048588"}, f"max.message.bytes=1048588, it must be at least {BIG}"),
    ("-live-changelog", {"cleanup.policy": "compact"}, "cleanup.policy=compact, it must be delete"),
    ("-live-changelog", {"retention.ms": "3599999"}, "retention.ms=3599999, it must be -1 or at least 3600000"),
    ("-live-changelog", {"retention.bytes": "1000000"}, "retention.bytes=1000000, it must be -1"),
    ("-live-changelog", {"max.message.bytes": "1048588"}, f"max.message.bytes=1048588, it must be at least {BIG}"),
    ("-tokens", {"cleanup.policy": "delete"}, "cleanup.policy=delete, it must be compact"),
    ("-plays-rejected", {"cleanup.policy": "compact"}, "cleanup.policy=compact, it must be delete"),
    ("-plays-rejected", {"max.message.bytes": "1048588"}, "max.message.bytes=1048588, it must be at least 16777216"),
]


@pytest.mark.parametrize(("topic", "change", "said"), WRONG, ids=[f"{topic[1:]}-{change}" for topic, change, _ in WRONG])
def test_a_setting_that_makes_counts_wrong_is_refused_with_the_command_that_mends_it(
    site: Site, topic: str, change: Mapping[str, str], said: str
) -> None:
    settings = site.worker().settings
    declare_topics(settings, wanted_topics(settings))
    site.configure(site.name + topic, change)
    with pytest.raises(TopicMismatch) as refused:
        declare_topics(settings, wanted_topics(settings))
    assert f"{site.name}{topic} has {said}" in str(refused.value)
    assert "\n" not in str(refused.value)
    site.configure(*mended(str(refused.value)))
    declare_topics(settings, wanted_topics(settings))


def test_a_source_that_compaction_thins_out_is_refused(site: Site) -> None:
    site.configure(site.topic, {"cleanup.policy": "compact"})
    settings = site.worker().settings
    with pytest.raises(TopicMismatch, match=f"{site.topic} has cleanup.policy=compact, it must be delete"):
        declare_topics(settings, wanted_topics(settings))


def test_a_worker_of_any_role_ends_with_every_setting_that_is_wrong(site: Site) -> None:
    create(site, f"{site.name}-daily-changelog", DAILY_CONFIG | {"cleanup.policy": "compact,delete", "min.compaction.lag.ms": "0"})
    create(site, f"{site.name}-live-changelog", LIVE_CONFIG | {"retention.ms": "60000"})
    for role in ("count", "serve", "all"):
        worker = site.worker(role, role=role).start()
        assert worker.ended() == REFUSED
        assert (
            f"this worker cannot start: TopicMismatch: {site.name}-daily-changelog has cleanup.policy=compact,delete, it must be compact: "
            "another one deletes records that counts or tokens rest on; min.compaction.lag.ms=0, it must be at least 600000: "
        ) in worker.said
        assert "--add-config cleanup.policy=compact,min.compaction.lag.ms=600000`; " in worker.said
        assert f"{site.name}-live-changelog has retention.ms=60000, it must be -1 or at least 3600000" in worker.said


def test_settings_that_are_an_operators_are_let_be(site: Site) -> None:
    chosen = {"segment.bytes": "1048576", "min.cleanable.dirty.ratio": "0.1", "retention.ms": "60000", "retention.bytes": "1000000"}
    create(site, f"{site.name}-daily-changelog", DAILY_CONFIG | chosen | {"min.compaction.lag.ms": "900000"})
    create(site, f"{site.name}-live-changelog", LIVE_CONFIG | {"retention.ms": "-1", "segment.ms": "100000"})
    site.configure(site.topic, {"retention.ms": "86400000"})
    settings = site.worker().settings
    assert declare_topics(settings, wanted_topics(settings)) == {f"{site.topic}-rejected", f"{site.name}-tokens"}


def test_a_changelog_that_goes_by_workers_clocks_is_warned_of(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    create(site, f"{site.name}-daily-changelog", DAILY_CONFIG | {"message.timestamp.type": "CreateTime"})
    settings = site.worker().settings
    declare_topics(settings, wanted_topics(settings))
    assert f"{site.name}-daily-changelog has message.timestamp.type=CreateTime, it must be LogAppendTime" in caplog.text


def test_rejected_records_that_are_kept_for_less_are_warned_of(site: Site) -> None:
    site.produce([play()] * 40)
    worker = site.worker(role="count").start()
    site.await_counted()
    worker.stop()
    site.configure(f"{site.topic}-rejected", {"retention.ms": "60000"})
    site.produce([play()] * 40)
    worker.start()
    site.await_counted()
    assert f"{site.topic}-rejected has retention.ms=60000, it must be -1: records would be deleted too early. " in worker.said
    worker.stop()


def test_looking_at_topics_that_are_right_is_quick(site: Site) -> None:
    settings = site.worker().settings
    declare_topics(settings, wanted_topics(settings))

    def seconds() -> float:
        started = time.monotonic()
        declare_topics(settings, wanted_topics(settings))
        return time.monotonic() - started

    until(lambda: seconds() < QUICK_SECONDS, f"it takes less than {QUICK_SECONDS} s")


def create(site: Site, name: str, config: Mapping[str, str]) -> None:
    site.admin.create_topics([NewTopic(name, PARTITIONS, 1, config=dict(config))])[name].result(ANSWER_SECONDS)
    until(lambda: len(site.partitions(name)) == PARTITIONS, "the new topic can be used")


def mended(message: str) -> tuple[str, dict[str, str]]:
    """Return the topic and the settings that the command in *message* names."""
    found = re.search("`kafka-configs.sh (.*)`", message)
    assert found
    words = shlex.split(found[1])
    settings = words[words.index("--add-config") + 1].split(",")
    return words[words.index("--entity-name") + 1], dict(setting.split("=") for setting in settings)
