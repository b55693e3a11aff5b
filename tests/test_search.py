"""Claims about search: what a name is found by, and which of two comes first."""

import re
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from tables.allowance import Allowance, BeyondAllowance
from tables.columns import Array
from tables.names import plain
from tables.numbered_names import Names
from web.search import (
    MOST_WORDS,
    NOT_MEANT,
    ROWS_PER_NAME,
    ROWS_PER_NAME_READ,
    Match,
    errors_forgiven,
    matches,
    matches_of_words,
    several_words,
    words_had,
)

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


LETTERS = "abcdeé김 "


@st.composite
def typed(draw: st.DrawFn) -> tuple[list[str], str]:
    """Some names, and what somebody types who looks for a part of one: with errors, letters between swapped ones among them."""
    names = draw(st.lists(st.text(LETTERS, max_size=30), min_size=1, max_size=8))
    name = draw(st.sampled_from(names))
    start = draw(st.integers(0, len(name)))
    words = list(name[start : start + draw(st.integers(0, 24))])
    for _ in range(draw(st.integers(0, 3))):
        place, letters = draw(st.integers(0, len(words))), draw(st.text(LETTERS, max_size=2))
        swapped = words[place : place + 2][::-1]
        words[place : place + 2] = [*swapped[:1], *letters, *swapped[1:]] if draw(st.booleans()) else letters
    return names, "".join(words)


def misspelt(name: str, words: str) -> Match | None:
    """What of *name* is at most as many errors away as *words* may have, found without any marks."""
    errors = errors_forgiven(words)
    if not errors:
        return None
    if DamerauLevenshtein.distance(words, name) <= errors:
        return Match.WHOLE_MISSPELT
    if DamerauLevenshtein.distance(words, name[: len(words)]) <= errors:
        return Match.BEGINNING_MISSPELT
    return Match.WORD_MISSPELT if any(DamerauLevenshtein.distance(words, word) <= errors for word in name.split()) else None


@given(typed())
@settings(max_examples=300)
def test_the_marks_leave_out_no_name_that_is_near_enough(typed: tuple[list[str], str]) -> None:
    names, words = typed
    found = near(names, words)
    for name in names:
        if name in found and found[name] <= Match.ANYWHERE:
            continue
        assert found.get(name) == misspelt(plain(name), plain(words))


@pytest.mark.parametrize("length", [8, 12, 16])
@pytest.mark.parametrize("first", range(1, 7))
def test_a_name_that_ends_behind_a_marked_beginning_is_near_as_a_whole(length: int, first: int) -> None:
    """Two letters too many cut two letters and their pairs off, and split two pairs: all that is forgiven."""
    words = string.ascii_lowercase[:length]
    name = f"{words[:first]}y{words[first : first + 1]}z{words[first + 1 :]}"
    assert near([name], words)[name] == Match.WHOLE_MISSPELT


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


# Several words in any order -------------------------------------------------------------------------------------------


def has(name: str, word: str, *, errors: bool) -> bool:
    """Whether a word of *name* begins with *word* or, with *errors*, is near to it."""
    words = plain(name).split()
    near = [each for each in words if DamerauLevenshtein.distance(word, each) <= errors_forgiven(word)]
    return any(each.startswith(word) for each in words) or (errors and near != [])


@given(st.lists(st.text(LETTERS, max_size=20)), st.lists(st.text(LETTERS.strip(), min_size=1, max_size=9), max_size=6))
@settings(max_examples=300)
def test_a_name_has_the_words_that_begin_one_of_its_own_and_with_errors_those_that_are_near(names: list[str], words: list[str]) -> None:
    known, words = Names(), [each for word in words for each in plain(word).split()][:MOST_WORDS]
    words += [word[:3] for name in names for word in plain(name).split()[:2]][: MOST_WORDS - len(words)]
    for name in names:
        known.number(name)
    had = words_had(known.searched(), words).tolist()
    for name, found in zip(known.names, had, strict=True):
        for place, word in enumerate(words):
            exactly, nearly = found >> place & 1, found >> MOST_WORDS + place & 1
            assert (exactly, nearly) == (has(name, word, errors=False), has(name, word, errors=True))


@pytest.mark.parametrize(
    ("own", "others", "match"),
    [
        ([1, 1], [0, 0], Match.WORDS),
        ([1, 0], [0, 1], Match.WORDS),
        ([1, 1], [1, 1], Match.WORDS),
        ([2, 0], [0, 1], Match.WORDS_MISSPELT),
        ([0, 2], [1, 0], Match.WORDS_MISSPELT),
        ([2, 0], [1, 1], Match.WORDS_MISSPELT),
        ([1, 0], [0, 0], NOT_MEANT),
        ([0, 0], [1, 1], NOT_MEANT),
        ([0, 0], [2, 1], NOT_MEANT),
    ],
)
def test_a_thing_has_every_word_in_its_names_and_one_of_them_in_its_own(own: list[int], others: list[int], match: int) -> None:
    """1: the word is there, 2: with an error."""

    def set_of(words: list[int]) -> Array:
        return np.array([sum((how == 1) << place | (how > 0) << place + MOST_WORDS for place, how in enumerate(words))], "u8")

    assert matches_of_words(set_of(own), set_of(others), 2).tolist() == [match]


def test_as_many_different_words_as_a_set_holds_are_looked_for_the_longest_first() -> None:
    words = [f"{number}" for number in range(95, 95 + MOST_WORDS)]
    assert several_words(" ".join(words)) == sorted(words, key=lambda word: (-len(word), word))
    assert several_words(" ".join([*words, *words, "1"])) == ()
    assert (several_words("a a"), several_words("a"), several_words("")) == ((), (), ())
    known = Names()
    known.number(" ".join(words))
    assert words_had(known.searched(), words).tolist() == [(1 << 2 * MOST_WORDS) - 1]


def test_a_name_that_is_added_while_a_search_looks_has_no_words_yet() -> None:
    known = Names()
    for name in ("bad", "bad bunny"):
        known.number(name)
    names = known.searched()
    first = names._replace(lengths=names.lengths[:1])  # those of the second are written last
    assert words_had(first, ["bad", "bunny"]).tolist() == [1 | 1 << MOST_WORDS]


def test_no_more_words_are_looked_at_than_a_question_may() -> None:
    known = Names()
    for number in range(100):
        known.number(f"name {number}")
    names, words = known.searched(), ["name", "12"]
    rows = 2 * 101 + 200 + ROWS_PER_NAME_READ  # two words beside 101, which names have 200 times; one of them is near
    assert np.count_nonzero(words_had(names, words, Allowance(rows))) == 100
    with pytest.raises(BeyondAllowance):
        words_had(names, words, Allowance(rows - 1))
