"""Claims about sorting: it takes its share of a processor, and more only to keep up."""

import pytest

from tables import sorting
from tables.sorting import Pauses


@pytest.mark.parametrize(
    ("waiting", "pauses_of"),
    [(0, [1.0, 4.0]), (50_000, [1.0, 4.0]), (100_000, [0.375, 1.5]), (250_000, [0.0, 0.0]), (9_000_000, [0.0, 0.0])],
)
def test_a_piece_of_work_is_followed_by_the_pause_that_its_share_asks_for(
    waiting: int, pauses_of: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked, slept = iter([5.0, 5.25, 5.26, 6.26, 6.3]), list[float]()
    monkeypatch.setattr(sorting, "SHARE_OF_PROCESSOR", 0.2)
    monkeypatch.setattr("tables.sorting.time.thread_time", lambda: next(worked))
    monkeypatch.setattr("tables.sorting.time.sleep", slept.append)
    pauses = Pauses()
    pauses.begin()
    pauses.keep_up(waiting)
    pauses.rest()
    pauses.rest()
    assert slept == pytest.approx(pauses_of)
