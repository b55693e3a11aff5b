"""Numbered names: those of one kind, such as titles, with what a search looks at, in arrays by the name's number.

Only the thread that folds adds names; a reader looks at those that there were.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tables.columns import Array, Growing, among
from tables.names import BEGINNING_PAIR_BITS, BEGINNINGS, CODE_POINT_BITS, HEAD_LETTERS, beginning_marks, fold, head, marks, words_of

HALF_BITS = 64


class Marked(NamedTuple):
    """The marks of some texts, in two halves; see `tables.names.marks`."""

    high: Array
    low: Array

    def lacking(self, bits: int) -> Array:
        """Return how many of these *bits* each text lacks."""
        high, low = map(np.uint64, divmod(bits, 1 << HALF_BITS))
        lacking: Array = np.bitwise_count(high & ~self.high) + np.bitwise_count(low & ~self.low)
        return lacking

    def having(self, bits: int) -> Array:
        """Return the numbers of the texts that lack none of these *bits*."""
        high, low = map(np.uint64, divmod(bits, 1 << HALF_BITS))
        found = np.flatnonzero((self.low & low) == low)
        having: Array = found[(self.high[found] & high) == high]
        return having


class Names:
    """Names of one kind, numbered in the order of their first appearance."""

    def __init__(self) -> None:
        """Know none."""
        self.names: list[str] = []
        self.plains: list[str] = []
        """As searches compare them."""
        self._numbers: dict[str, int] = {}
        self._folded: dict[str, list[int]] = {}
        self._marks = Growing("u8"), Growing("u8")
        self._beginning_marks = tuple(Growing("u8") for _ in BEGINNINGS)
        self._lengths = Growing("u4")
        self.words: list[str] = []
        """Every word of all plain names once."""
        self._word_numbers: dict[str, int] = {}
        self._word_marks, self._word_heads, self._word_lengths = Growing("u8"), Growing("u8"), Growing("u4")
        self._of_words, self._word_names = Growing("u4"), Growing("u4")

    def number(self, name: str) -> int:
        """Return the number of *name*, which gets the next one when it is new."""
        known = self.known(name)
        if known is not None:
            return known
        number, folded = len(self._numbers), fold(name)
        words = words_of(folded)
        for marked, bits in zip(
            (*self._marks, *self._beginning_marks), (*divmod(marks(words), 1 << HALF_BITS), *beginning_marks(words)), strict=True
        ):
            marked.extend(np.array([bits], "u8"))
        self._lengths.extend([len(words)])
        parts = [self._word(word) for word in dict.fromkeys(words.split())]
        self._of_words.extend(parts)
        self._word_names.extend([number] * len(parts))
        self.names.append(name)
        self.plains.append(words)
        self._numbers[name] = number
        self._folded.setdefault(folded, []).append(number)
        return number

    def _word(self, word: str) -> int:
        number = self._word_numbers.setdefault(word, len(self.words))
        if number == len(self.words):
            self.words.append(word)
            self._word_marks.extend(np.array([marks(word, BEGINNING_PAIR_BITS)], "u8"))
            self._word_heads.extend(np.array([head(word)], "u8"))
            self._word_lengths.extend([len(word)])
        return number

    def alike(self, folded: Iterable[str]) -> Array:
        """Return the numbers of the names that are written so once their case and accents are gone."""
        return np.array([number for name in dict.fromkeys(folded) for number in self._folded.get(name, ())], "i8")

    def known(self, name: str) -> int | None:
        """Return the number of *name*, if it has one."""
        return self._numbers.get(name)

    def searched(self) -> "Searched":
        """Return what a search looks at."""
        names = len(self.plains)  # the thread that adds one may have come as far as its marks
        pairs = min(len(self._of_words.seen), len(self._word_names.seen))
        word_lengths = self._word_lengths.seen
        return Searched(
            self.plains, Marked(*(half.seen[:names] for half in self._marks)), [marked.seen[:names] for marked in self._beginning_marks],
            self._lengths.seen[:names], self.words, self._word_marks.seen[: len(word_lengths)], self._word_heads.seen[: len(word_lengths)],
            word_lengths, self._of_words.seen[:pairs], self._word_names.seen[:pairs],
        )  # fmt: skip


class Searched(NamedTuple):
    """Names as a search looks at them: arrays by the name's number."""

    plains: Sequence[str]
    """Some may be newer than the arrays."""
    marks: Marked
    beginning_marks: Sequence[Array]
    """Those of each of BEGINNINGS; see `tables.names.beginning_marks`."""
    lengths: Array
    words: Sequence[str]
    """Every word of all names once."""
    word_marks: Array
    """Those of each word, with BEGINNING_PAIR_BITS."""
    word_heads: Array
    """The `tables.names.head` of each word."""
    word_lengths: Array
    of_words: Array
    """The number of a word that the name of `word_names`, at the same place, has."""
    word_names: Array

    def beginning(self, letters: str) -> Array:
        """Return the numbers of the words that begin with *letters*, of which there is one at least."""
        cut = np.uint64(CODE_POINT_BITS * max(HEAD_LETTERS - len(letters), 0))
        found: Array = np.flatnonzero(self.word_heads >> cut == np.uint64(head(letters)) >> cut)
        if len(letters) <= HEAD_LETTERS:
            return found
        return np.array([word for word in found.tolist() if self.words[word].startswith(letters)], "i8")

    def having(self, words: Array) -> Array:
        """Return the numbers of the names that have one of *words*, numbers too."""
        if not len(words):
            return words
        names = self.word_names[np.flatnonzero(among(self.of_words, words))]
        return names[names < len(self.lengths)]
