"""Claims about kept sums: those that are asked for again stay, those not asked for longest go, and all have room enough."""

import numpy as np
import pytest

from tables import kept_sums
from tables.columns import Columns
from tables.kept_sums import KeptSums


def ask(kept: KeptSums, *keys: str) -> list[bool]:
    """Ask for each of *keys*; return which were asked for before."""
    asked = []
    for key in keys:
        asked.append(kept.to_keep(key))
        kept.note(key)
    return asked


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "AGAIN_SECONDS", 0.0)


def sums(rows: int) -> Columns:
    return {"song": np.zeros(rows, "u4"), "plays": np.zeros(rows, "u4")}


def test_only_the_second_question_of_a_kind_was_asked_before() -> None:
    assert ask(KeptSums(), "a", "b", "a", "a", "c") == [False, False, True, True, False]


def test_questions_are_forgotten_after_so_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "REMEMBERED", 2)
    assert ask(KeptSums(), "a", "b", "a", "c", "a", "b") == [False, False, True, False, True, False]


def test_what_comes_again_for_sure_is_kept_at_once_but_for_what_is_not_worth_it() -> None:
    kept = KeptSums()
    assert kept.to_keep("a", at_once=True)
    kept.keep("a", sums(1), worth_it=False)
    assert not kept.to_keep("a", at_once=True)


def test_what_is_not_worth_it_is_forgotten_after_so_many_others_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "REMEMBERED", 2)
    kept = KeptSums()
    for key in ("a", "b", "c"):
        kept.keep(key, sums(1), worth_it=False)
    assert [kept.to_keep(key, at_once=True) for key in ("a", "b", "c")] == [True, False, False]


def test_a_question_that_goes_on_in_a_thread_is_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "AGAIN_SECONDS", 60.0)
    assert ask(KeptSums(), "a", "a") == [False, False]


def test_what_was_not_asked_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "KEPT_BYTES", 8 * 10)
    kept, first = KeptSums(), sums(4)
    kept.keep("a", first, worth_it=True)
    kept.keep("b", sums(4), worth_it=True)
    assert kept.find("a") is first
    kept.keep("c", sums(5), worth_it=True)
    assert [kept.find(key) is None for key in ("a", "b", "c")] == [False, True, False]
    kept.keep("large", sums(11), worth_it=True)
    assert [kept.find(key) is None for key in ("a", "large", "c")] == [False, True, False]


@pytest.mark.parametrize(("rows", "worth_it"), [(11, True), (1, False)])
def test_sums_that_are_not_kept_are_not_made_again_to_be_kept(monkeypatch: pytest.MonkeyPatch, rows: int, *, worth_it: bool) -> None:
    monkeypatch.setattr(kept_sums, "KEPT_BYTES", 8 * 10)
    kept = KeptSums()
    assert ask(kept, "a", "a") == [False, True]
    kept.keep("a", sums(rows), worth_it=worth_it)
    assert kept.find("a") is None
    assert ask(kept, "a", "a") == [False, False]


def test_sums_that_were_never_found_go_before_those_that_were_found_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "KEPT_BYTES", 8 * 10)
    kept = KeptSums()
    for key in ("found", "once", "and once"):
        kept.keep(key, sums(4), worth_it=True)
        kept.find("found")
    assert [kept.find(key) is None for key in ("found", "once", "and once")] == [False, True, False]


def test_sums_without_a_number_are_so_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "REMEMBERED", 2)
    kept = KeptSums()
    for key in ("a", "b", "c"):
        kept.keep(key, sums(0), worth_it=True)
    assert [kept.find(key) is None for key in ("a", "b", "c")] == [False, True, False]


def test_sums_that_two_threads_made_at_once_are_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sums, "KEPT_BYTES", 8 * 10)
    kept, first = KeptSums(), sums(5)
    kept.keep("a", first, worth_it=True)
    kept.keep("a", sums(5), worth_it=True)
    kept.keep("b", sums(5), worth_it=True)
    assert kept.find("a") is first
    assert kept.find("b") is not None
