"""Claims about resting: whoever rests takes a share of a processor, and a larger one only to keep up."""

import pytest

from tables.resting import Pauses


@pytest.mark.parametrize(
    ("waiting", "pauses_of"), [(0, [1.0, 4.0]), (100, [1.0, 4.0]), (200, [0.375, 1.5]), (500, [0.0, 0.0]), (9_000, [0.0, 0.0])]
)
def test_a_piece_of_work_is_followed_by_the_pause_that_its_share_asks_for(
    waiting: int, pauses_of: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked, slept = iter([5.0, 5.25, 5.26, 6.26, 6.3]), list[float]()
    monkeypatch.setattr("tables.resting.time.thread_time", lambda: next(worked))
    monkeypatch.setattr("tables.resting.time.sleep", slept.append)
    pauses = Pauses(0.2, 100)
    pauses.begin()
    pauses.keep_up(waiting)
    pauses.rest()
    pauses.rest()
    assert slept == pytest.approx(pauses_of)


def test_who_has_kept_up_rests_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = list[float]()
    monkeypatch.setattr("tables.resting.time.thread_time", iter([0.0, 1.0, 1.0]).__next__)
    monkeypatch.setattr("tables.resting.time.sleep", slept.append)
    pauses = Pauses(0.2, 100)
    pauses.begin()
    pauses.keep_up(9_000)
    pauses.keep_up(7)
    pauses.rest()
    assert slept == pytest.approx([4.0])
