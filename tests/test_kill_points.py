"""Claims about the kill points: each is a place in the product that still exists, so that no long run finds out first."""

import pytest

from tests.faults.kill_points import POINTS


@pytest.mark.parametrize("name", POINTS)
def test_a_kill_point_names_something_of_the_product(name: str) -> None:
    point = POINTS[name]
    assert callable(getattr(point.owner, point.method, None))
