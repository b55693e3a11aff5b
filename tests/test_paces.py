"""Claims about paces: no token asks more often than it may, and none that keeps to it is held up."""

from hypothesis import given
from hypothesis import strategies as st

from web.grants import Grant
from web.paces import Paces

rates = st.floats(0.01, 1_000)


def grant(rps: float | None, name: str = "a") -> Grant:
    return Grant(name, frozenset(), rps=rps)


@given(rates, st.lists(st.floats(0, 3), max_size=60))
def test_in_any_span_there_are_no_more_than_its_rate_and_one_second_more(rps: float, pauses: list[float]) -> None:
    paces, now, asked = Paces(), 0.0, []
    for pause in pauses:
        now += pause
        if not paces.wait(grant(rps), now):
            asked.append(now)
    for first, start in enumerate(asked):
        for last in range(first, len(asked)):
            assert last - first + 1 <= (asked[last] - start) * rps + max(rps, 1) + 1e-6


@given(rates, st.integers(1, 200))
def test_who_waits_as_long_as_told_is_let_in(rps: float, requests: int) -> None:
    paces, now = Paces(), 1_000.0
    for _ in range(requests):
        if wait := paces.wait(grant(rps), now):
            assert wait <= 1 / rps + 1e-9
            now += wait * (1 + 1e-9) + 1e-9
            assert paces.wait(grant(rps), now) == 0


@given(rates, st.integers(1, 200))
def test_who_keeps_to_its_rate_is_never_held_up(rps: float, requests: int) -> None:
    paces = Paces()
    assert [paces.wait(grant(rps), number / rps * (1 + 1e-9)) for number in range(requests)] == [0.0] * requests


def test_a_second_of_requests_may_come_at_once() -> None:
    paces = Paces()
    assert [paces.wait(grant(5), 7.0) for _ in range(6)] == [0, 0, 0, 0, 0, 0.2]


def test_tokens_are_counted_each_for_itself_and_one_without_a_rate_not_at_all() -> None:
    paces = Paces()
    assert paces.wait(grant(1, "a"), 0) == 0
    assert paces.wait(grant(1, "a"), 0) == 1
    assert paces.wait(grant(1, "b"), 0) == 0
    assert [paces.wait(grant(None, "c"), 0) for _ in range(1_000)] == [0] * 1_000
