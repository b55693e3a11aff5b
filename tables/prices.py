"""Prices: which rate the plays of a day, country and service earn, as a number: plays of one rate are added up before they are priced."""

from collections.abc import Callable
from datetime import date

import numpy as np

from tables.columns import Array, groups
from tables.rates import Rates, units

SECONDS_OF_DAY = 86_400
EPOCH_DAY = date(1970, 1, 1).toordinal()
Place = tuple[int, int, int]
"""Days since 1970, a country and a platform."""


class Prices:
    """Numbers the rates that are met."""

    def __init__(self, rates: Rates, country: Callable[[int], str], platform: Callable[[int], str]) -> None:
        """Price by *rates*; *country* and *platform* give the code and the name behind a number."""
        self._rates, self._country, self._platform = rates, country, platform
        self._of_place: dict[Place, int] = {}
        self._numbers: dict[int, int] = {}
        self.units: list[int] = []
        """What one play of each rate earns, in whole numbers of 10^-19 of the currency."""

    def numbers(self, days: Array, countries: Array, platforms: Array) -> Array:
        """Return the number of the rate of each row of a relation."""
        if not len(days):
            return np.zeros(0, "u4")
        columns = {"day": days, "country": countries, "platform": platforms}
        some, places = groups(columns)
        found = [self._number(place) for place in zip(*(column[some].tolist() for column in columns.values()), strict=True)]
        return np.array(found, "u4")[places]

    def _number(self, place: Place) -> int:
        known = self._of_place.get(place)
        if known is None:
            day, country, platform = place
            price = units(self._rates.of(self._platform(platform), self._country(country), date.fromordinal(EPOCH_DAY + day)))
            known = self._of_place[place] = self._numbers.setdefault(price, len(self._numbers))
            if known == len(self.units):
                self.units.append(price)
        return known
