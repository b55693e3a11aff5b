"""Clocks and zones: what a worker's clock says, and where it stands, changes no count and no rejection."""

import pytest

from tests.broker.conftest import Plays
from tests.broker.oracles import assert_counted
from tests.broker.site import Site
from tests.broker.test_rejected import POISON
from tests.faults.bent_worker import CLOCK_SECONDS

WEEK_SECONDS = 7 * 86_400
BENT = {
    "a zone with summer time": {"TZ": "America/New_York"},
    "a zone at half an hour": {"TZ": "Asia/Kolkata"},
    "a clock a week ahead": {CLOCK_SECONDS: str(WEEK_SECONDS)},
    "a clock a week behind": {CLOCK_SECONDS: str(-WEEK_SECONDS)},
}
LONG = ("a zone at half an hour", "a clock a week behind")


@pytest.mark.parametrize("bends", [pytest.param(bends, id=name, marks=[pytest.mark.long] * (name in LONG)) for name, bends in BENT.items()])
def test_counts_and_rejections_are_the_same_by(site: Site, plays: Plays, bends: dict[str, str]) -> None:
    site.produce([*plays(20_000, seed=61), *POISON])
    worker = site.worker()
    worker.bends = bends
    worker.start().await_ready()
    site.await_served(worker)
    assert_counted(site, worker, site.truth())
