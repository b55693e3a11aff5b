"""Search: how near names are to what is looked for. Pure."""

from collections.abc import Sequence
from enum import IntEnum
from functools import reduce
from operator import or_

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import cdist

from tables.allowance import UNBOUNDED, Allowance
from tables.columns import Array
from tables.counted_songs import Searched
from tables.names import marks

NOT_MEANT = 255
ROWS_PER_NAME, ROWS_PER_NAME_READ = 4, 40
"""Looking at the marks of a name, and at the name itself, take as long as looking at so many counts."""
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


def matches(names: Searched, text: str, allowance: Allowance = UNBOUNDED) -> Array:
    """Return of each of *names* what of it the *text* may mean, NOT_MEANT if nothing; all of them as `tables.names.plain` writes them.

    Raises:
        BeyondAllowance: more names than the *allowance* is for would have to be looked at.
    """
    allowance.take(ROWS_PER_NAME * len(names.lengths))
    found = np.full(len(names.lengths), NOT_MEANT, "u1")
    if errors := errors_forgiven(text):
        _find_misspelt(names, text, errors, found, allowance)
    words = text.split()
    possible = np.flatnonzero(names.marks.lacking(reduce(or_, map(marks, words), 0)) == 0)
    allowance.take(ROWS_PER_NAME_READ * len(possible))
    for number in possible.tolist():
        match = _exact(names.plains[number], text, words)
        if match is not None:
            found[number] = match
    return found


def _exact(name: str, text: str, words: Sequence[str]) -> Match | None:
    """Return what of *name* has the *words* in their order, whatever stands between them."""
    if name == text:
        return Match.WHOLE
    if not _has(name, words):
        return None
    if not words or name.startswith(words[0]):
        return Match.BEGINNING
    return Match.WORD if _has(name, (f" {words[0]}", *words[1:])) else Match.ANYWHERE


def _has(name: str, words: Sequence[str]) -> bool:
    """Say whether *name* has the *words* one after the other: each is looked for where the one before is found first.

    An expression would try every place of each word, and take minutes for many words of one letter.
    """
    place = 0
    for word in words:
        found = name.find(word, place)
        if found < 0:
            return False
        place = found + len(word)
    return True


def _find_misspelt(names: Searched, words: str, errors: int, found: Array, allowance: Allowance) -> None:
    """Write into *found* which names are so many *errors* away, the nearest last."""
    length, bits, lack = len(words), marks(words), MARKS_OF_AN_ERROR * errors
    alike = (names.word_marks.lacking(bits) <= lack) & (np.abs(names.word_lengths.astype("i4") - length) <= errors)
    near = np.flatnonzero(alike)
    begins = np.flatnonzero((names.marks.lacking(bits) <= lack) & (names.lengths + errors >= length))
    allowance.take(ROWS_PER_NAME_READ * (len(near) + len(begins)))
    found[names.having(_within(near, names.words, words, errors))] = Match.WORD_MISSPELT
    found[_within(begins, names.plains, words, errors, length)] = Match.BEGINNING_MISSPELT
    whole = begins[names.lengths[begins] <= length + errors]
    found[_within(whole, names.plains, words, errors)] = Match.WHOLE_MISSPELT


def _within(numbers: Array, texts: Sequence[str], words: str, errors: int, length: int | None = None) -> Array:
    """Return those of *numbers* whose text, or so much of its beginning, is at most so many *errors* away."""
    if not len(numbers):
        return numbers
    begun = [texts[number][:length] for number in numbers.tolist()]
    nearest: Array = numbers[cdist([words], begun, scorer=DamerauLevenshtein.distance, score_cutoff=errors, dtype=np.uint8)[0] <= errors]
    return nearest
