"""Facts: the SQL for the plays that an answer is about, from the rollup that holds them in the fewest rows.

`asked` names the songs of a question once, with what the asked artists get of their income: joined to the facts, it is their filter too.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from tables import rollups
from tables.rollups import Rollup
from web.filters import DAYS_OF_TREND, Filter, where, without_dates

ROLLUPS = "rollups"


class Share(NamedTuple):
    """Whose income is asked for: the columns of `asked` and how it is added up."""

    columns: tuple[str, ...]
    asked: str
    earned: str


PART = "sum(CASE WHEN credited = sharing THEN earned ELSE earned * credited // sharing END)"
"""`credited` of the artists that are `sharing` a song's income are asked for. Most songs have one, and 128 bits are slow to divide."""
WHOLE = Share((), "SELECT song FROM {table} WHERE {where}", "sum(earned)")
OF_ARTISTS = Share(
    ("credited", "sharing"),
    "SELECT song, count(*) AS credited, any_value(artist_count) AS sharing FROM {table} WHERE {where} GROUP BY song",
    PART,
)
PER_ARTIST = Share(
    ("artist", "external_id", "credited", "sharing"),
    "SELECT song, artist, external_id, 1 AS credited, artist_count AS sharing FROM {table} WHERE {where}",
    PART,
)
ARTISTS = "song_artist"


class Facts:
    """What the filters leave of a table of facts, or of the rollups."""

    def __init__(self, table: str, filters: Sequence[Filter], share: Share) -> None:
        """Be about the plays that *filters* leave, and the income that *share* says."""
        self._table, self._filters, self._share = table, filters, share
        self.narrow = any(item.narrow and item.column == "song" for item in filters)
        """Whether it is about some songs of thousands."""
        self.read: list[Rollup] = []

    @property
    def earned(self) -> str:
        """What adds up the income of `of`."""
        return self._share.earned

    @property
    def asked(self) -> str:
        """The common table expression that `of` needs before it, or nothing."""
        if not (self.narrow or self._share is PER_ARTIST):
            return ""
        of_songs = [item for item in self._filters if item.column == "song"]
        table = of_songs[0].table if self._share is WHOLE else ARTISTS
        conditions = [item.condition if item.table == table else item.predicate for item in of_songs]
        return f"asked AS MATERIALIZED ({self._share.asked.format(table=table, where=' AND '.join(conditions) or 'true')}),"

    def of(self, columns: Iterable[str], *, per_song: bool = False) -> str:
        """Return the SQL for their plays and earnings with *columns* and those of the share; *per_song*: added up by all these and song."""
        return self._of(list(columns), self._filters, per_song=per_song)

    def of_trend(self, columns: Iterable[str], songs: str = "") -> str:
        """Return the same in the days of the trend, whatever days are asked for, of *songs* only if that is given (a condition)."""
        return self._of(list(columns), [*without_dates(self._filters), DAYS_OF_TREND], songs)

    def keys(self, columns: Iterable[str]) -> str:
        """Return the table that has one row or more for each of their groups by *columns*, and none for others."""
        return self._best(columns, self._filters).table

    def _of(self, columns: Sequence[str], filters: Sequence[Filter], songs: str = "", *, per_song: bool = False) -> str:
        shown = _once(columns, ["song"] if per_song else [])
        named = ", ".join([*shown, *self._share.columns])
        if not self.narrow:
            joined = self._share is PER_ARTIST
            summed = self._summed(_once(shown, ["song"] if joined else []), filters, songs)
            return f"SELECT {named}, plays, earned FROM ({summed}) JOIN asked USING (song)" if joined else summed  # noqa: S608  (names from our files, here and below)
        asked = f"FROM ({self._rows(_once(shown, ['song']), filters)}) JOIN asked USING (song)"
        asked += f" WHERE {where([item for item in filters if item.column != 'song'], songs)}"
        if not per_song:
            return f"SELECT {', '.join(filter(None, [named, 'plays', 'earned']))} {asked}"
        return f"SELECT {named}, sum(plays)::BIGINT AS plays, sum(earned) AS earned {asked} GROUP BY {named}"

    def _rows(self, columns: Sequence[str], filters: Sequence[Filter]) -> str:
        """Return the SQL for everything that a join with `asked` and the *filters* on other columns have to look at."""
        if self._table != ROLLUPS:
            return f"FROM {self._table}"
        looked_at = _once(columns, [item.column for item in filters])
        return rollups.rows(self._best(columns, filters), looked_at)

    def _summed(self, columns: Sequence[str], filters: Sequence[Filter], songs: str) -> str:
        if self._table == ROLLUPS:
            return rollups.summed(self._best(columns, filters, narrow=bool(songs)), columns, where(filters, songs))
        names = ", ".join(columns)
        sums = "sum(plays)::BIGINT AS plays, sum(earned) AS earned"
        return f"SELECT {names}, {sums} FROM {self._table} WHERE {where(filters)} GROUP BY {names}"  # noqa: S608

    def _best(self, columns: Iterable[str], filters: Sequence[Filter], *, narrow: bool = False) -> Rollup:
        of_few = {item.column for item in filters if item.narrow} | ({"song"} if narrow else set())
        rollup = rollups.best({*columns, *(item.column for item in filters)}, of_few)
        self.read.append(rollup)
        return rollup


def _once(*names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(chain(*names)))
