"""Pricing: which rate the plays of a place and day earn, kept beside the facts, so that adding up income needs no lookup of its own."""

import duckdb
import numpy as np

from tables.rates import Rates, units

PLACES_OF_FACTS = "SELECT day, country, platform FROM daily"
UNPRICED = """
SELECT DISTINCT day, country, platform, code, name
FROM ({places}) ANTI JOIN place_rate USING (day, country, platform) JOIN country USING (country) JOIN platform USING (platform)
"""


def price(connection: duckdb.DuckDBPyConnection, rates: Rates, places: str) -> None:
    """Give each place of the query *places* (day, country, platform) that has no rate the one that *rates* says."""
    unpriced = connection.execute(UNPRICED.format(places=places)).fetchall()
    if not unpriced:
        return
    days, countries, platforms, codes, names = zip(*unpriced, strict=True)
    priced = [str(units(rates.of(name, code, day))) for name, code, day in zip(names, codes, days, strict=True)]
    relation = {
        "day": np.array(days, "datetime64[s]"),
        "country": np.array(countries, "u2"),
        "platform": np.array(platforms, "u4"),
        "units": np.array(priced, object),
    }
    connection.register("priced", relation)
    connection.execute("INSERT INTO place_rate SELECT day::DATE, country, platform, units::HUGEINT FROM priced")
    connection.unregister("priced")


def outdated(connection: duckdb.DuckDBPyConnection, rates: Rates) -> bool:
    """Say whether the stored earnings were made by other rates than *rates*."""
    return connection.execute("FROM rates").fetchall() != [(rates.fingerprint,)]


def reprice(connection: duckdb.DuckDBPyConnection, rates: Rates) -> None:
    """Price every place of the facts anew, within the caller's transaction."""
    connection.execute("DELETE FROM place_rate")
    connection.execute("DELETE FROM rates")
    connection.execute("INSERT INTO rates VALUES (?)", [rates.fingerprint])
    price(connection, rates, PLACES_OF_FACTS)
