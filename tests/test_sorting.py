"""Claims about sorting: it takes a tenth of a processor, and more when more rows come than it sorts."""

import pytest

from tables.levels import UNCOUNTED
from tables.sorting import FEWEST_TO_SORT, Sorting


@pytest.mark.parametrize(("waiting", "pause"), [(0, 9.0), (FEWEST_TO_SORT, 9.0), (2 * FEWEST_TO_SORT, 4.0), (10 * FEWEST_TO_SORT, 0.0)])
def test_sorting_rests_nine_times_as_long_as_it_works_as_long_as_it_keeps_up(
    waiting: int, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = list[float]()
    monkeypatch.setattr("tables.resting.time.thread_time", iter([0.0, 1.0, 1.0]).__next__)
    monkeypatch.setattr("tables.resting.time.sleep", slept.append)
    pauses = Sorting(UNCOUNTED, UNCOUNTED, UNCOUNTED.rows).pauses
    pauses.begin()
    pauses.keep_up(waiting)
    pauses.rest()
    assert slept == pytest.approx([pause])
