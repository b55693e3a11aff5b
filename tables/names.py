"""Names: how text is compared when case, accents and spacing should not matter. Pure."""

import re
import unicodedata
from itertools import pairwise

LETTER_BITS, PAIR_BITS = 28, 99
"""Of 127: an array holds them as two halves of 64."""
PAIR_FACTOR = 31
"""It has the two letters of a pair tell in which order they stand."""
BEGINNING_PAIR_BITS = 36
"""Of beginnings and single words, which have few pairs: with the letters they are 64."""
BEGINNINGS = (4, 8, 12, 16)
"""So many letters of names are marked by themselves. Most of what is looked for has between 4 and 12 letters."""
HEAD_LETTERS, CODE_POINT_BITS = 3, 21
"""So many letters of a word are a number of 63 bits, by which all words that begin with them are found at once."""

PLAIN_LETTERS = {
    "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "đ": "d", "ɖ": "d", "ɗ": "d", "ø": "o", "ł": "l", "ƚ": "l", "ħ": "h", "ŧ": "t", "ŋ": "n",
    "ı": "i", "ɨ": "i", "ĸ": "k", "ƙ": "k", "ƀ": "b", "ɓ": "b", "ƈ": "c", "ȼ": "c", "ƒ": "f", "ǥ": "g", "ɠ": "g", "ƥ": "p", "ɍ": "r",  # noqa: RUF001
    "ƭ": "t", "ʉ": "u", "ʋ": "v", "ɏ": "y", "ƴ": "y", "ƶ": "z", "ɇ": "e", "ɉ": "j", "ɲ": "n", "ⱥ": "a",  # noqa: RUF001
}  # fmt: skip
"""How those are usually written who lack the letter: NFKD takes none of them apart. `static/matching.js` has the same."""
_APOSTROPHES, _QUOTES, _DASHES = "`‘’‚‛′ʹʻʼʽ", "“”„‟", "‐‑‒–—―−"  # noqa: RUF001
_SIGNS = {**dict.fromkeys(_APOSTROPHES, "'"), **dict.fromkeys(_QUOTES, '"'), **dict.fromkeys(_DASHES, "-")}
_WRITTEN_PLAINLY = str.maketrans(PLAIN_LETTERS | _SIGNS)
_TAKEN_APART_WRONGLY = str.maketrans({"´": "'", "″": '"'})  # noqa: RUF001
"""NFKD makes a blank with an accent of the one, and two of the other."""


def fold(text: str) -> str:
    """Return *text* as names are compared: "ROSALÍA" and "rosalia" are one, and so are "MØ" and "mo".

    In lower case without accents and typographic signs, with single blanks and none at the ends. Folding that again changes nothing.
    A name of accents alone, of which nothing would be left, stays as it is, so that it is no name's lack.
    """
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    # The case once more: a letter such as № is taken apart into capitals.
    decomposed = unicodedata.normalize("NFKD", text.translate(_TAKEN_APART_WRONGLY).casefold()).casefold()
    bare = "".join([char for char in decomposed if not unicodedata.combining(char)])
    return " ".join(bare.translate(_WRITTEN_PLAINLY).split()) or " ".join(text.split())


def plain(text: str) -> str:
    """Return the words of *text*, folded, with single spaces between them: "C. Tangana" is "c tangana"."""
    return words_of(fold(text))


def words_of(folded: str) -> str:
    """Return the words of what `fold` left, with single spaces between them."""
    return " ".join(re.findall(r"[^\W_]+", folded))


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


def head(word: str) -> int:
    """Return the first HEAD_LETTERS of *word* as a number, the first of them the highest; 0 is where there are fewer."""
    number = 0
    for letter in word[:HEAD_LETTERS].ljust(HEAD_LETTERS, "\0"):
        number = number << CODE_POINT_BITS | ord(letter)
    return number
