"""The suite can fail: each of the three classic bugs, planted in the product's worker, turns it red."""

import pytest

from tests.broker.arrivals import arriving
from tests.broker.conftest import Plays
from tests.broker.site import Site
from tests.faults.chaos import Chaos, assert_everything_exact
from tests.faults.planted import BUGS
from tests.faults.running_truth import following

KILLS = 25
PER_SECOND = 1_500
CONTRADICTED = "and its watermark says"
"""Logged by a server that finds out by itself, and then serves nothing: it is waited for in vain."""

FENCED = "tables.ledger.Fenced: partition"
"""Said by a worker that counts whatever comes, and so what came before another got the partition: Kafka finds it."""


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_turns_the_suite_red(site: Site, plays: Plays, bug: str) -> None:
    with following(site) as truth, arriving(site, plays(50_000, seed=31), PER_SECOND) as arrivals:
        chaos = Chaos(site, truth, seed=31, bug=bug)
        with pytest.raises(AssertionError) as red:  # noqa: PT012 - while it runs or afterwards
            chaos.run(KILLS)
            arrivals.end()
            assert_everything_exact(chaos)
    said = str(red.value)
    assert "counts differ" in said or FENCED in said or CONTRADICTED in chaos.server.log.read_text()
