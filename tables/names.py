"""Names: how text is compared when case, accents and spacing should not matter. Pure."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

LETTER_BITS, PAIR_BITS = 28, 99
"""Of 127: an array holds them as two halves of 64."""


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return *text* in lower case without accents, its ends trimmed: "ROSALÍA" and "rosalia" are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Return the words of *text*, folded, with single spaces between them: "C. Tangana" is "c tangana"."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))


def marks(words: str) -> int:
    """Return a set of bits for the letters of *words* and for each two that stand side by side.

    A typing error changes at most one letter and two pairs, or swaps two letters and changes three pairs: words that are
    n errors away lack at most 3 * n of the bits.
    """
    letters = list(map(ord, words))
    bits = {letter % LETTER_BITS for letter in letters}
    bits |= {LETTER_BITS + (first * 31 + second) % PAIR_BITS for first, second in pairwise(letters)}
    return sum(1 << bit for bit in bits)
