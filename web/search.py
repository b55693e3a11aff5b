"""Search: how near names are to what is looked for. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cdist

from tables.allowance import UNBOUNDED, Allowance
from tables.columns import Array, united
from tables.names import BEGINNING_PAIR_BITS, BEGINNINGS, LETTER_BITS, marks
from tables.numbered_names import Searched

NOT_MEANT = 255
ROWS_PER_NAME, ROWS_PER_NAME_READ = 4, 40
"""Looking at the marks of a name, and at the name itself, take as long as looking at so many counts."""
MARKS_OF_AN_ERROR = 3
"""Each typing error costs a name so many of its marks at most, and one of its letters; see `tables.names.marks`."""
LETTERS = np.uint64((1 << LETTER_BITS) - 1)
"""The marks that are those of letters."""
MOST_WORDS = 32
"""So many are looked for in any order: a set of them has two of 64 bits for each, see `words_had`."""
LONGEST = np.uint64(1 << MOST_WORDS)
"""In such a set, the first of `several_words`, with or without errors."""


class Match(IntEnum):
    """What of a name is looked for; the nearest first."""

    WHOLE = 0
    BEGINNING = 1
    WORD = 2
    ANYWHERE = 3
    WORDS = 4
    """Every word in any order, of which some may be in other names that belong to it."""
    WHOLE_MISSPELT = 5
    BEGINNING_MISSPELT = 6
    WORD_MISSPELT = 7
    WORDS_MISSPELT = 8


def errors_forgiven(words: str) -> int:
    """Return how many typing errors a search for *words* may have: letters wrong, missing, too many or swapped."""
    return 0 if len(words) < 4 else 1 if len(words) < 8 else 2  # noqa: PLR2004


class _Sought(NamedTuple):
    """What is looked for: the `tables.names.marks` of its words, and those of all of it as beginnings and words have them."""

    words: Sequence[str]
    marks: int
    beginning_marks: np.uint64


@lru_cache(maxsize=100)
def _sought(text: str) -> _Sought:
    """Return what *text* asks for; kept since names of several kinds are looked through for the same."""
    words = text.split()
    return _Sought(words, reduce(or_, map(marks, words), 0), np.uint64(marks(text, BEGINNING_PAIR_BITS)))


def matches(names: Searched, text: str, allowance: Allowance = UNBOUNDED) -> Array:
    """Return of each of *names* what of it the *text* may mean, NOT_MEANT if nothing; all of them as `tables.names.plain` writes them.

    Raises:
        BeyondAllowance: more names than the *allowance* is for would have to be looked at.
    """
    allowance.take(ROWS_PER_NAME * len(names.lengths))
    found = np.full(len(names.lengths), NOT_MEANT, "u1")
    if errors := errors_forgiven(text):
        _find_misspelt(names, text, errors, found, allowance)
    possible = names.marks.having(_sought(text).marks)
    allowance.take(ROWS_PER_NAME_READ * len(possible))
    for match, numbers in _exact(possible.tolist(), names.plains, text).items():
        if numbers:
            found[numbers] = match
    return found


def several_words(text: str) -> Sequence[str]:
    """Return the words of *text* to look for in any order, the longest first: none if there is but one, or more than MOST_WORDS."""
    words = sorted(set(_sought(text).words), key=lambda word: (-len(word), word))
    return words if 1 < len(words) <= MOST_WORDS else ()


def words_had(names: Searched, words: Sequence[str], allowance: Allowance = UNBOUNDED) -> Array:
    """Return for each of *names* which of at most MOST_WORDS *words* it has: a set of bits, from bit MOST_WORDS on one with errors.

    It has a word that one of its own begins with, since what is being typed may end within a word; errors are forgiven in whole ones.

    Raises:
        BeyondAllowance: more than the *allowance* is for would have to be looked at.
    """
    allowance.take(len(words) * len(names.word_marks) + len(names.of_words))
    had = np.zeros(len(names.word_marks), "u8")
    for place, word in enumerate(words):
        bit = 1 << place
        had[names.beginning(word)] |= np.uint64(bit | bit << MOST_WORDS)
        if errors := errors_forgiven(word):
            had[_words_near(names, word, errors, allowance)] |= np.uint64(bit << MOST_WORDS)
    return united(had, names.of_words, names.word_names, len(names.lengths))


def matches_of_words(own: Array, others: Array, count: int) -> Array:
    """Return what is meant of things by the sets of *count* words that they have in their *own* names and in *others*; see `words_had`.

    One word at least must be in a thing's own name: as with a single word, whoever types an artist does not mean all songs of theirs.
    """
    every, had = np.uint64((1 << count) - 1), own | others
    found = np.full(len(own), NOT_MEANT, "u1")
    found[(own != 0) & (had >> np.uint64(MOST_WORDS) == every)] = Match.WORDS_MISSPELT
    found[(own & every != 0) & (had & every == every)] = Match.WORDS
    return found


def _exact(possible: Iterable[int], names: Sequence[str], text: str) -> dict[Match, list[int]]:
    """Return by what is meant of them which *possible* ones have the words of *text* in their order, whatever stands between these."""
    whole, beginning, word, anywhere = list[int](), list[int](), list[int](), list[int]()
    first, *others = _sought(text).words or [""]
    begun = f" {first}"
    for number in possible:
        name = names[number]
        place = name.find(first)
        if place < 0 or (others and not _has(name, others, place + len(first))):
            continue
        if place == 0:
            (whole if name == text else beginning).append(number)
        elif (place := name.find(begun)) >= 0 and (not others or _has(name, others, place + len(begun))):
            word.append(number)
        else:
            anywhere.append(number)
    return {Match.WHOLE: whole, Match.BEGINNING: beginning, Match.WORD: word, Match.ANYWHERE: anywhere}


def _has(name: str, words: Iterable[str], place: int) -> bool:
    """Say whether *name* has the *words* one after the other from a *place* on: each is looked for where the one before is found first.

    An expression would try every place of each word, and take minutes for many words of one letter.
    """
    for word in words:
        found = name.find(word, place)
        if found < 0:
            return False
        place = found + len(word)
    return True


def _find_misspelt(names: Searched, words: str, errors: int, found: Array, allowance: Allowance) -> None:
    """Write into *found* which names are so many *errors* away, the nearest last."""
    length = len(words)
    found[names.having(_words_near(names, words, errors, allowance))] = Match.WORD_MISSPELT
    begins = _beginning(names, words, _sought(words).beginning_marks, errors)
    allowance.take(ROWS_PER_NAME_READ * len(begins))
    found[_within(begins, names.plains, words, errors, length)] = Match.BEGINNING_MISSPELT
    whole = begins[names.lengths[begins] <= length + errors]
    found[_within(whole, names.plains, words, errors)] = Match.WHOLE_MISSPELT


def _words_near(names: Searched, word: str, errors: int, allowance: Allowance) -> Array:
    """Return the numbers of the words of *names* that are at most so many *errors* away from *word*."""
    bits = _sought(word).beginning_marks
    near = _near_enough(names.word_marks, bits, errors)
    near = near[_forgiven(names.word_marks[near] & ~bits, errors) & (np.abs(names.word_lengths[near].astype("i8") - len(word)) <= errors)]
    allowance.take(ROWS_PER_NAME_READ * len(near))
    return _within(near, names.words, word, errors)


def _beginning(names: Searched, words: str, bits: np.uint64, errors: int) -> Array:
    """Return the names that as a whole, or of which as many letters as *words* have, may be so many *errors* away.

    Either has in it the longest marked beginning of at most as many letters as *words*, whose marks *words* must have; and either lies in
    the shortest one of at least as many, which must have the marks of *words*: both but for the errors. Where a whole name is k letters
    longer than that one, k errors at least are letters too many. Each of these costs a pair, and its other two marks are for the letter and
    the pair that are cut off.
    """
    length, holding = len(words), bisect_left(BEGINNINGS, len(words))
    if holding < len(BEGINNINGS):
        begins = _near_enough(names.beginning_marks[holding], bits, errors)
    else:
        begins = np.flatnonzero(names.marks.lacking(marks(words)) <= MARKS_OF_AN_ERROR * errors)
    within = bisect_right(BEGINNINGS, length) - 1  # there is one: of fewer letters than the first no error is forgiven
    begins = begins[_forgiven(names.beginning_marks[within][begins] & ~bits, errors)]
    return begins[names.lengths[begins] + errors >= length]


def _near_enough(marked: Array, bits: np.uint64, errors: int) -> Array:
    """Return the numbers of the texts that lack no more of *bits* than so many *errors* may have cost them."""
    # Most are told by how many they have in common, which is the least work for all of them.
    numbers: Array = np.flatnonzero(np.bitwise_count(bits & marked) >= int(bits).bit_count() - MARKS_OF_AN_ERROR * errors)
    near: Array = numbers[_forgiven(bits & ~marked[numbers], errors)]
    return near


def _forgiven(lacking: Array, errors: int) -> Array:
    """Say which sets of marks that are *lacking* so many *errors* may have cost."""
    forgiven: Array = (np.bitwise_count(lacking) <= MARKS_OF_AN_ERROR * errors) & (np.bitwise_count(lacking & LETTERS) <= errors)
    return forgiven


def _within(numbers: Array, texts: Sequence[str], words: str, errors: int, length: int | None = None) -> Array:
    """Return those of *numbers* whose text, or so much of its beginning, is at most so many *errors* away."""
    if not len(numbers):
        return numbers
    begun = [texts[number][:length] for number in numbers.tolist()]
    nearest: Array = numbers[cdist([words], begun, scorer=DamerauLevenshtein.distance, score_cutoff=errors, dtype=np.uint8)[0] <= errors]
    return nearest
