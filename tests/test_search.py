"""Claims about search: what a name is found by, and which of two comes first."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.allowance import Allowance, BeyondAllowance
from tables.counted_songs import Names
from tables.names import plain
from web.search import NOT_MEANT, ROWS_PER_NAME, ROWS_PER_NAME_READ, Match, errors_forgiven, matches

WORDS = st.text("abcé김", min_size=1, max_size=12)


def near(names: list[str], words: str) -> dict[str, Match]:
    """What each of *names* is found by."""
    known = Names()
    for name in names:
        known.number(name)
    found = matches(known.searched(), plain(words)).tolist()
    return {name: Match(match) for name, match in zip(known.names, found, strict=True) if match != NOT_MEANT}


@pytest.mark.parametrize(
    ("words", "name", "match"),
    [
        ("rosalia", "rosalia", Match.WHOLE),
        ("rosa", "rosalia", Match.BEGINNING),
        ("c tangana", "ctangana y amigos", Match.BEGINNING),
        ("bunny", "bad bunny", Match.WORD),
        ("unny", "bad bunny", Match.ANYWHERE),
        ("bd bunny", "bad bunny", Match.WHOLE_MISSPELT),
        ("rosla", "rosalia vila", Match.BEGINNING_MISSPELT),
        ("bunyn", "mister bunny", Match.WORD_MISSPELT),
        ("bun", "bon", None),
        ("rosalia", "beyonce", None),
    ],
)
def test_a_name_is_found_by_the_nearest_way(words: str, name: str, match: Match | None) -> None:
    assert near([name], words) == ({} if match is None else {name: match})


def test_an_error_in_a_letter_of_several_bytes_is_one_error() -> None:
    assert near(["김광석아"], "김광식아") == {"김광석아": Match.WHOLE_MISSPELT}


@given(WORDS, WORDS)
def test_whatever_is_part_of_a_name_finds_it(part: str, rest: str) -> None:
    for name in (part + rest, rest + part, f"{rest} {part}"):
        assert near([name], part)[name] <= Match.ANYWHERE


@given(WORDS)
def test_longer_words_may_have_more_errors_and_short_ones_none(words: str) -> None:
    assert errors_forgiven(words) == (len(words) >= 4) + (len(words) >= 8)


@given(st.text("ab ", max_size=10), st.text("ab ", max_size=5))
def test_words_are_found_in_their_order_with_anything_between_them(name: str, words: str) -> None:
    pattern = ".*".join(map(re.escape, plain(words).split()))
    exact = {Match.WHOLE, Match.BEGINNING, Match.WORD, Match.ANYWHERE}
    for known, match in near([name], words).items():
        if match in exact:
            assert re.search(pattern, plain(known))
            assert (match == Match.BEGINNING) == (plain(known) != plain(words) and re.match(pattern, plain(known)) is not None)
            if match in (Match.WORD, Match.ANYWHERE):
                assert (match == Match.WORD) == (re.search(f" {pattern}", plain(known)) is not None)
    assert bool(re.search(pattern, plain(name))) <= (name in near([name], words))


def test_many_words_of_one_letter_take_no_longer_than_others() -> None:
    """An expression with as many gaps would go on for years."""
    assert near(["c c c c b" + " a" * 100], " ".join("a" * 60) + " c c c c") == {}


def test_no_more_names_are_looked_at_than_a_question_may() -> None:
    known = Names()
    for number in range(100):
        known.number(f"name {number}")
    names = known.searched()
    assert np.count_nonzero(matches(names, "name", Allowance(100 * (ROWS_PER_NAME + 2 * ROWS_PER_NAME_READ) + 100)) != NOT_MEANT) == 100
    for most in (100 * ROWS_PER_NAME - 1, 100 * (ROWS_PER_NAME + ROWS_PER_NAME_READ) - 1):
        with pytest.raises(BeyondAllowance):
            matches(names, "na", Allowance(most))
