"""Claims about allowances: nobody looks at more than they were allowed, or for longer."""

import time

import pytest

from tables.allowance import UNBOUNDED, Allowance, BeyondAllowance, BrokenOff


def test_what_is_taken_adds_up() -> None:
    allowance = Allowance(10)
    allowance.take(6)
    allowance.take(4)
    with pytest.raises(BeyondAllowance, match="1 rows to look at, and 0 left"):
        allowance.take(1)


def test_a_step_that_is_refused_takes_nothing() -> None:
    allowance = Allowance(10)
    with pytest.raises(BeyondAllowance):
        allowance.take(11)
    allowance.take(10)


def test_whoever_took_too_long_takes_nothing_more() -> None:
    allowance, until = Allowance(1_000, 0.01), time.thread_time() + 0.02
    allowance.take(1)
    while time.thread_time() < until:
        pass
    with pytest.raises(BeyondAllowance, match="too long"):
        allowance.take(0)


def test_nothing_more_is_taken_of_what_was_broken_off() -> None:
    allowance = Allowance()
    allowance.take(1_000)
    allowance.break_off()
    with pytest.raises(BrokenOff):
        allowance.take(0)


def test_a_negative_allowance_is_for_nothing() -> None:
    with pytest.raises(BeyondAllowance):
        Allowance(-1).take(0)


def test_without_bounds_anything_may_be_taken_again_and_again() -> None:
    for _ in range(3):
        UNBOUNDED.take(1 << 62)
