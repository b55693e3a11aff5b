"""Names: how text is compared when case, accents and spacing should not matter. Pure."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

LETTER_BITS, PAIR_BITS = 28, 99
"""Of 127: an array holds them as two halves of 64."""
PAIR_FACTOR = 31
"""It has the two letters of a pair tell in which order they stand."""
BEGINNING_PAIR_BITS = 36
"""Of beginnings and single words, which have few pairs: with the letters they are 64."""
BEGINNINGS = (4, 8, 12, 16)
"""So many letters of names are marked by themselves. Most of what is looked for has between 4 and 12 letters."""


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return *text* in lower case without accents, its ends trimmed: "ROSALÍA" and "rosalia" are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Return the words of *text*, folded, with single spaces between them: "C. Tangana" is "c tangana"."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


def marks(words: str, pair_bits: int = PAIR_BITS) -> int:
    """Return a set of bits for the letters of *words*, the lowest, and for each two that stand side by side.

    A typing error changes at most one letter and two pairs, or swaps two letters and changes three pairs: words that are
    n errors away lack at most 3 * n of the bits, and n of those of letters.
    """
    letters = list(map(ord, words))
    bits = {letter % LETTER_BITS for letter in letters}
    bits |= {LETTER_BITS + (first * PAIR_FACTOR + second) % pair_bits for first, second in pairwise(letters)}
    return sum(1 << bit for bit in bits)


def beginning_marks(words: str) -> list[int]:
    """Return the `marks` of so many letters of the beginning of *words* as each of BEGINNINGS says, with BEGINNING_PAIR_BITS.

    All in one pass: a server makes those of each name before it is ready.
    """
    found, bits, before = [], 0, -1
    for letter in map(ord, words[: BEGINNINGS[-1]]):
        bits |= 1 << letter % LETTER_BITS
        if before >= 0:
            bits |= 1 << LETTER_BITS + (before * PAIR_FACTOR + letter) % BEGINNING_PAIR_BITS
        before = letter
        found.append(bits)
    return [found[min(length, len(found)) - 1] if found else 0 for length in BEGINNINGS]
