"""Search: how near names are to what is looked for. Pure."""

import re
from collections.abc import Iterable
from enum import IntEnum

from rapidfuzz.distance import DamerauLevenshtein


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


def near(names: Iterable[str], words: str) -> dict[str, Match]:
    """Return those of *names* that *words* may mean, and how; all of them as `tables.names.plain` writes them."""
    pattern = re.compile(".*".join(map(re.escape, words.split())))  # what stands between words matches anything or nothing
    errors = errors_forgiven(words)
    found = ((name, _exact(name, words, pattern) if pattern.search(name) else _misspelt(name, words, errors)) for name in names)
    return {name: match for name, match in found if match is not None}


def _exact(name: str, words: str, pattern: re.Pattern[str]) -> Match:
    if name == words:
        return Match.WHOLE
    if pattern.match(name):
        return Match.BEGINNING
    return Match.WORD if re.search(f" {pattern.pattern}", name) else Match.ANYWHERE


def _misspelt(name: str, words: str, errors: int) -> Match | None:
    if not errors:
        return None
    if _is_near(name, words, errors):
        return Match.WHOLE_MISSPELT
    if _is_near(name[: len(words)], words, errors):
        return Match.BEGINNING_MISSPELT
    return Match.WORD_MISSPELT if any(_is_near(word, words, errors) for word in name.split()) else None


def _is_near(name: str, words: str, errors: int) -> bool:
    return DamerauLevenshtein.distance(name, words, score_cutoff=errors) <= errors
