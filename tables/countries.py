"""Countries: ISO 3166 alpha-2 codes and the English names that stand for them. Pure."""

import difflib
from collections.abc import Mapping
from functools import cache

import pycountry

from tables.names import fold

UNKNOWN = "ZZ"
"""The code that plays without a known country count under (reserved for users by ISO 3166)."""

NAMES_NEAR, NEAR_LOOKED_AT, LIKENESS = 3, 10, 0.7
"""How many names are suggested, of how many, since a country has several; and how much of one has to be as it was sent, of 1."""
LONGEST_NEAR = 60
"""Letters: comparing takes as long as there are, and the longest names have some 50."""

COMMON_NAMES = {
    "america": "US", "bolivia": "BO", "brunei": "BN", "burma": "MM", "cape verde": "CV", "congo": "CG",
    "democratic republic of the congo": "CD", "czech republic": "CZ", "england": "GB", "great britain": "GB",
    "iran": "IR", "ivory coast": "CI", "kosovo": "XK", "laos": "LA", "macau": "MO", "macedonia": "MK",
    "micronesia": "FM", "moldova": "MD", "north korea": "KP", "palestine": "PS", "russia": "RU", "scotland": "GB",
    "south korea": "KR", "korea": "KR", "swaziland": "SZ", "syria": "SY", "taiwan": "TW", "tanzania": "TZ",
    "the netherlands": "NL", "holland": "NL", "turkey": "TR", "uae": "AE", "uk": "GB", "usa": "US", "united states of america": "US",
    "vatican": "VA", "venezuela": "VE", "vietnam": "VN", "wales": "GB",
}  # fmt: skip
"""Everyday English names that the ISO list spells otherwise or lacks (XK is the code in use for Kosovo)."""


@cache
def codes() -> Mapping[str, str]:
    """Return alpha-2 code by name: upper-case codes and casefolded English names, both as keys."""
    known: dict[str, str] = {}
    for country in pycountry.countries:
        names = (country.name, getattr(country, "common_name", None), getattr(country, "official_name", None))
        known.update({name.casefold(): country.alpha_2 for name in names if name})
    known.update(COMMON_NAMES)
    known.update({code.casefold(): code for code in set(known.values())})
    known.update({code: code for code in set(known.values())})
    return known


def country_code(name: str) -> str | None:
    """Return the alpha-2 code for a code or English *name* in any case; None when it is neither."""
    known = codes()
    return known.get(name) or known.get(name.strip().casefold())


# How plays are counted must not become more forgiving: counts are stored already, and `verify` recounts them by the strict rules.
def country_asked_for(name: str) -> str | None:
    """Return the alpha-2 code that somebody means who asks for *name*: as `country_code`, and accents and punctuation do not matter."""
    return country_code(name) or _written_plainly().get(_plainly(name))


def names_near(name: str) -> list[str]:
    """Return at most three names of countries that are written almost so, the nearest first."""
    if len(name) > LONGEST_NEAR:
        return []
    near = difflib.get_close_matches(_plainly(name), _written_plainly(), n=NEAR_LOOKED_AT, cutoff=LIKENESS)
    return list({_written_plainly()[each]: each for each in reversed(near)}.values())[: -NAMES_NEAR - 1 : -1]


@cache
def _written_plainly() -> Mapping[str, str]:
    return {_plainly(name): code for name, code in codes().items()}


def _plainly(name: str) -> str:
    return " ".join(fold(name).replace("&", " and ").split())
