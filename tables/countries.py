"""Countries: ISO 3166 alpha-2 codes and the English names that stand for them. Pure."""

from collections.abc import Mapping
from functools import cache

import pycountry

UNKNOWN = "ZZ"
"""The code that plays without a known country count under (reserved for users by ISO 3166)."""

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
