"""Claims about sorting: it takes its share of a processor, and more only to keep up."""

import pytest

from tables import sorting
from tables.counts import UNCOUNTED
from tables.sorting import Sorting


@pytest.mark.parametrize(("waiting", "share"), [(0, 0.2), (50_000, 0.2), (100_000, 0.4), (250_000, 1.0), (9_000_000, 1.0)])
def test_the_more_rows_wait_the_larger_a_share_of_a_processor_is_taken(waiting: int, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "SHARE_OF_PROCESSOR", 0.2)
    thread = Sorting(UNCOUNTED, UNCOUNTED, UNCOUNTED.rows)
    assert thread.pauses.share == 0.2
    thread.keep_up(waiting)
    assert thread.pauses.share == pytest.approx(share)
