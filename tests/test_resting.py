"""Claims about resting: whoever rests takes a share of a processor, and no more."""

import pytest

from tables.resting import Pauses


def test_a_piece_of_work_is_followed_by_the_pause_that_its_share_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    worked, slept = iter([5.0, 5.25, 5.26, 6.26, 6.3, 7.3, 7.3]), list[float]()
    monkeypatch.setattr("tables.resting.time.thread_time", lambda: next(worked))
    monkeypatch.setattr("tables.resting.time.sleep", slept.append)
    pauses = Pauses(0.2)
    pauses.begin()
    pauses.rest()
    pauses.rest()
    pauses.share = 1.0
    pauses.rest()
    assert slept == pytest.approx([1.0, 4.0, 0.0])
