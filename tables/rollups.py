"""Rollups: the daily plays and what they earned, summed over what a question does not ask, so that it reads few rows.

The small ones are merged at every fold. The two that hold each count whole, sorted so that a question about some songs or one
country reads only their rows, are written anew now and then (settled), and `recent` holds what came since: rows of both are
added up. All of it changes in the facts' own transactions: in any snapshot every rollup holds the same plays.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import duckdb

FACT_COLUMNS = ("day", "country", "platform", "song")
RECENT = "recent"
FEWEST_TO_SETTLE = 250_000
"""Rows of `recent` that cost a question about a millisecond."""
SHARE_TO_SETTLE = 8
"""Settled when `recent` is this part of what is settled: the work stays in proportion to the plays."""


class Rollup(NamedTuple):
    """A table of sums: the columns of the facts that it keeps, in the order in which its rows lie; then `plays` and `earned`."""

    table: str
    columns: tuple[str, ...]
    settled: bool = False


PLACES = Rollup("place_day", ("day", "country", "platform"))
SONGS = Rollup("song_total", ("song",))
SONG_PLATFORMS = Rollup("song_platform", ("platform", "song"))
SONG_DAYS = Rollup("song_day", ("day", "song"))
SONG_PLATFORM_DAYS = Rollup("song_platform_day", ("day", "platform", "song"))
BY_SONG = Rollup("by_song", ("song", "day", "country", "platform"), settled=True)
BY_COUNTRY = Rollup("by_country", ("country", "day", "platform", "song"), settled=True)

MERGED = (PLACES, SONGS, SONG_PLATFORMS, SONG_DAYS, SONG_PLATFORM_DAYS)
SETTLED = (BY_SONG, BY_COUNTRY)
ROLLUPS = (*MERGED, *SETTLED)

MERGE = """
MERGE INTO {table}
USING (SELECT {columns}, sum(plays)::BIGINT AS plays, sum(earned) AS earned FROM delta GROUP BY {columns}) AS new
ON {same}
WHEN MATCHED THEN UPDATE SET plays = {table}.plays + new.plays, earned = {table}.earned + new.earned
WHEN NOT MATCHED THEN INSERT BY NAME
"""
EARNED = """
SELECT {columns}, sum(plays)::BIGINT AS plays, sum(plays::HUGEINT * units) AS earned
FROM daily JOIN place_rate USING (day, country, platform)
GROUP BY {columns}
ORDER BY {columns}
"""


def best(columns: AbstractSet[str], narrow: AbstractSet[str]) -> Rollup:
    """Return the rollup that answers a question about *columns* of the facts with the fewest rows read.

    *narrow* has those of which the question is about few values: an artist's songs, one country.
    """
    if columns <= set(PLACES.columns):
        return PLACES
    if "song" in narrow:
        return BY_SONG
    if "country" in narrow:
        return BY_COUNTRY
    return next((rollup for rollup in (SONGS, SONG_PLATFORMS, SONG_DAYS, SONG_PLATFORM_DAYS) if columns <= set(rollup.columns)), BY_COUNTRY)


def rows(rollup: Rollup, columns: Iterable[str], where: str = "true") -> str:
    """Return the SQL for *columns* of *rollup*, plays and earnings, of the rows that *where* leaves, not added up."""
    read = f"SELECT {', '.join([*columns, 'plays', 'earned'])} FROM {{}} WHERE {where}"  # noqa: S608  (names from this file)
    return " UNION ALL ".join(read.format(table) for table in tables(rollup))


def summed(rollup: Rollup, columns: Iterable[str], where: str) -> str:
    """Return the SQL that adds up plays and earnings by *columns* of *rollup*, over the rows that *where* leaves."""
    names = list(columns)
    if not rollup.settled and set(names) == set(rollup.columns):
        return rows(rollup, names, where)  # a row each as they lie
    sums = ", ".join([*names, "sum(plays)::BIGINT AS plays", "sum(earned) AS earned"])
    return f"SELECT {sums} FROM ({rows(rollup, names, where)})" + (f" GROUP BY {', '.join(names)}" if names else "")  # noqa: S608


def add(connection: duckdb.DuckDBPyConnection, fold: int) -> None:
    """Add the rows of the relation `delta` (day, country, platform, song, plays, earned) to every rollup, as fold number *fold*."""
    for rollup in MERGED:
        same = " AND ".join(f"{rollup.table}.{column} = new.{column}" for column in rollup.columns)
        connection.execute(MERGE.format(table=rollup.table, columns=", ".join(rollup.columns), same=same))
    connection.execute(f"INSERT INTO {RECENT} BY NAME SELECT {fold} AS fold, * FROM delta")  # noqa: S608  (a number)


def last_fold(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the newest fold that is not settled; 0: there is none."""
    ((fold,),) = connection.execute(f"SELECT coalesce(max(fold), 0) FROM {RECENT}").fetchall()  # noqa: S608
    return int(fold)


def due(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether `recent` has grown so long that settling is worth it."""
    return _count(connection, RECENT) > max(FEWEST_TO_SETTLE, _count(connection, BY_SONG.table) // SHARE_TO_SETTLE)


def settle(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the sorted rollups anew from the facts and empty `recent` of what they hold, in one transaction.

    May run beside the writer's folds, on a connection of its own: it replaces what its snapshot holds and leaves newer folds.
    """
    connection.begin()
    fold = last_fold(connection)
    for rollup in SETTLED:
        _write(connection, rollup)
    connection.execute(f"DELETE FROM {RECENT} WHERE fold <= ?", [fold])  # noqa: S608
    connection.commit()


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    """Write every rollup anew, within the caller's transaction."""
    for rollup in ROLLUPS:
        _write(connection, rollup)
    connection.execute(f"DELETE FROM {RECENT}")  # noqa: S608


def contradictions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what tells that a rollup does not hold the plays of the facts."""
    ((facts,),) = connection.execute("SELECT coalesce(sum(plays), 0)::BIGINT FROM daily").fetchall()
    found = []
    for rollup in ROLLUPS:
        ((plays, _),) = connection.execute(summed(rollup, (), "true")).fetchall()
        if (plays or 0) != facts:
            found.append(f"{rollup.table} holds {plays or 0} plays, and the facts {facts}")
    return found


def tables(rollup: Rollup) -> tuple[str, ...]:
    """Return the tables whose rows make up *rollup*."""
    return (rollup.table, RECENT) if rollup.settled else (rollup.table,)


def _write(connection: duckdb.DuckDBPyConnection, rollup: Rollup) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {rollup.table} AS {EARNED.format(columns=', '.join(rollup.columns))}")


def _count(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    ((count,),) = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608
    return int(count)
