"""Chaos: some tens of kills in every run, hundreds with `make faults`; afterwards, and at any moment between, every count is the truth."""

from collections.abc import Iterator

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.site import Site
from tests.broker.test_rejected import POISON
from tests.faults.chaos import Chaos, assert_everything_exact
from tests.faults.conftest import Wanted
from tests.faults.own_kafka import OwnKafka
from tests.faults.running_truth import following

PER_SECOND = 1_500
SAMPLES_A_KILL = 4


def test_every_play_counts_once_through_kills_of_everything(own_site: Site, own_kafka: OwnKafka, plays: Plays, wanted: Wanted) -> None:
    with following(own_site) as truth, arriving(own_site, poisoned(plays, wanted.seed), PER_SECOND) as arrivals:
        chaos = Chaos(own_site, truth, seed=wanted.seed, kafka=own_kafka)
        report = chaos.run(wanted.kills)
        arrivals.end()
        truth.assert_holds(arrivals)
        report.plays = truth.plays
        assert_everything_exact(chaos)
    wanted.tell(str(report))
    assert report.samples >= wanted.kills * SAMPLES_A_KILL


def poisoned(plays: Plays, seed: int) -> Iterator[bytes | None]:
    """Yield plays without end, with whatever cannot be counted among them."""
    while True:
        seed += 1
        yield from plays(5_000, seed=seed)
        yield from POISON
