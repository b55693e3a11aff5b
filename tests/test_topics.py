"""Claims about topics that are there and cannot be used: they are waited for, and then named."""

from collections.abc import Mapping

import pytest
from confluent_kafka.admin import ClusterMetadata, PartitionMetadata, TopicMetadata  # type: ignore[attr-defined]  # not in its __all__

from app import topics
from app.settings import Settings
from app.topics import Topic, TopicUnusable, declare_topics

NOBODY = -1
WANTED = [Topic("plays", {}), Topic("tokens", {}, partitions=1)]


def described(leaders: Mapping[str, list[int]]) -> ClusterMetadata:
    """Return what a broker says of topics, each with the leaders of its partitions."""
    cluster = ClusterMetadata()
    cluster.topics = {}
    for name, ids in leaders.items():
        topic = cluster.topics[name] = TopicMetadata()
        topic.partitions = {}
        for number, leader in enumerate(ids):
            partition = topic.partitions[number] = PartitionMetadata()
            partition.leader = leader
    return cluster


class Cluster:
    """A stand-in for an AdminClient: the one Kafka of the tests has one broker, which leads everything that it knows."""

    def __init__(self, *looks: Mapping[str, list[int]]) -> None:
        """Answer with one of *looks* after the other, and go on with the last."""
        self._looks, self.looked = looks, 0

    def list_topics(self, timeout: float) -> ClusterMetadata:
        self.looked += 1
        return described(self._looks[min(self.looked, len(self._looks)) - 1])


def declared(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.setattr(topics, "meet", lambda kafka: cluster)
    monkeypatch.setattr(topics, "ANSWER_SECONDS", 0.2)
    return declare_topics(Settings(partitions=4), WANTED)


def test_topics_without_a_leader_are_named_with_what_to_do_once_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster({"plays": [1, NOBODY, 1, NOBODY], "tokens": [NOBODY], "another's": [NOBODY]})
    with pytest.raises(TopicUnusable) as refused:
        declared(cluster, monkeypatch)
    assert "the topic plays has no leader for partition 1, 3; the topic tokens has no leader for partition 0: see" in str(refused.value)
    assert "another's" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_leader_that_comes_back_is_waited_for_with_one_look_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    leaderless = {"plays": [1, 1, 1, NOBODY], "tokens": [1]}
    cluster = Cluster(leaderless, leaderless, leaderless, {"plays": [1] * 4, "tokens": [1]})
    assert declared(cluster, monkeypatch) == set()
    assert cluster.looked == 4
