"""Search: how near names are to what is looked for. Pure."""

import re
from collections.abc import Sequence
from enum import IntEnum
from functools import reduce
from operator import or_

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cdist

from tables.columns import Array
from tables.counted_songs import Searched
from tables.names import marks

NOT_MEANT = 255
MARKS_OF_AN_ERROR = 3
"""Each typing error costs a name so many of its marks at most; see `tables.names.marks`."""


class Match(IntEnum):
    """What of a name is looked for; the nearest first."""

    WHOLE = 0
    BEGINNING = 1
    WORD = 2
    ANYWHERE = 3
    WHOLE_MISSPELT = 4
    BEGINNING_MISSPELT = 5
    WORD_MISSPELT = 6


def errors_forgiven(words: str) -> int:
    """Return how many typing errors a search for *words* may have: letters wrong, missing, too many or swapped."""
    return 0 if len(words) < 4 else 1 if len(words) < 8 else 2  # noqa: PLR2004


def matches(names: Searched, words: str) -> Array:
    """Return of each of *names* what of it the *words* may mean, NOT_MEANT if nothing; all of them as `tables.names.plain` writes them."""
    found = np.full(len(names.lengths), NOT_MEANT, "u1")
    if errors := errors_forgiven(words):
        _find_misspelt(names, words, errors, found)
    pattern = re.compile(".*".join(map(re.escape, words.split())))  # what stands between words matches anything or nothing
    of_words = reduce(or_, map(marks, words.split()), 0)
    for number in np.flatnonzero(names.marks.lacking(of_words) == 0).tolist():
        if pattern.search(names.plains[number]):
            found[number] = _exact(names.plains[number], words, pattern)
    return found


def _exact(name: str, words: str, pattern: re.Pattern[str]) -> Match:
    if name == words:
        return Match.WHOLE
    if pattern.match(name):
        return Match.BEGINNING
    return Match.WORD if re.search(f" {pattern.pattern}", name) else Match.ANYWHERE


def _find_misspelt(names: Searched, words: str, errors: int, found: Array) -> None:
    """Write into *found* which names are so many *errors* away, the nearest last."""
    length, bits, lack = len(words), marks(words), MARKS_OF_AN_ERROR * errors
    alike = (names.word_marks.lacking(bits) <= lack) & (np.abs(names.word_lengths.astype("i4") - length) <= errors)
    found[names.having(_within(np.flatnonzero(alike), names.words, words, errors))] = Match.WORD_MISSPELT
    possible = (names.marks.lacking(bits) <= lack) & (names.lengths + errors >= length)
    begins = np.flatnonzero(possible)
    found[_within(begins, names.plains, words, errors, length)] = Match.BEGINNING_MISSPELT
    whole = np.flatnonzero(possible & (names.lengths <= length + errors))
    found[_within(whole, names.plains, words, errors)] = Match.WHOLE_MISSPELT


def _within(numbers: Array, texts: Sequence[str], words: str, errors: int, length: int | None = None) -> Array:
    """Return those of *numbers* whose text, or so much of its beginning, is at most so many *errors* away."""
    if not len(numbers):
        return numbers
    begun = [texts[number][:length] for number in numbers.tolist()]
    nearest: Array = numbers[cdist([words], begun, scorer=DamerauLevenshtein.distance, score_cutoff=errors, dtype=np.uint8)[0] <= errors]
    return nearest
