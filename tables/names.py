"""Names: how text is compared when case, accents and spacing should not matter. Pure."""

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return *text* in lower case without accents, its ends trimmed: "ROSALÍA" and "rosalia" are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Return the words of *text*, folded, with single spaces between them: "C. Tangana" is "c tangana"."""
    return " ".join(re.findall(r"[^\W_]+", fold(text)))
