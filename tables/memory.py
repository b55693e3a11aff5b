"""Memory: what answers are made of, beside the file: sums in arrays, names and prices. Derived from the file when a server gets ready.

From then on each fold adds what it changed: `Warehouse.fold` → `Memory.add_daily` → `DailyCounts.add`, then `Memory.now` → `Snapshot`.
Only the thread that folds changes it; a reader takes a snapshot, which stays what it is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tables.allowance import UNBOUNDED, Allowance
from tables.balance import Balance
from tables.columns import Array, Columns, sums, taken
from tables.counted_songs import CountedSong, CountedSongs, SongColumns
from tables.counts import Counts
from tables.dictionary import Dictionary
from tables.prices import SECONDS_OF_DAY, Prices
from tables.rates import Rates
from tables.seconds import GrowingSeconds, Seconds
from tables.sorting import DailyCounts
from tables.warehouse_file import Contradiction


class Snapshot(NamedTuple):
    """Everything as of one moment."""

    watermarks: Mapping[int, int]
    """Next source offset by partition: exactly which plays `daily` holds; `seconds` may hold newer ones."""
    daily: Counts
    seconds: Seconds
    songs: SongColumns
    countries: Dictionary
    platforms: Dictionary
    credits: Dictionary
    """All three may have names that are newer."""
    units: Sequence[int]
    """What one play of each rate earns, in whole numbers of 10^-19 of the currency; there may be newer rates."""
    allowance: Allowance = UNBOUNDED
    """What the question that it was given to may still look at; all else stays what it is."""


def plays_of_partitions(rows: Columns) -> Counter[int]:
    """Return how many plays *rows* have of each partition."""
    partitions: Array = rows["kafka_partition"]
    counted = sums(partitions, rows["plays"], int(partitions.max()) + 1 if len(partitions) else 0)
    return Counter({partition: plays for partition, plays in enumerate(counted.tolist()) if plays})


class Dictionaries(NamedTuple):
    """Those of the facts, but for the songs."""

    countries: Dictionary
    platforms: Dictionary
    credits: Dictionary


class Memory:
    """What the facts hold, up to the newest fold."""

    def __init__(self, daily: Columns, songs: Sequence[CountedSong], dictionaries: Dictionaries, rates: Rates) -> None:
        """Take every row of `daily`, and every counted song in the order of their numbers."""
        self._plays = plays_of_partitions(daily)
        self._dictionaries = dictionaries
        self._prices = Prices(rates, dictionaries.countries.names.__getitem__, dictionaries.platforms.names.__getitem__)
        self._daily = DailyCounts(self._priced(daily))
        self._seconds = GrowingSeconds()
        self.rename(songs)

    def add_songs(self, songs: Sequence[CountedSong]) -> None:
        """Know *songs* too, which have the next numbers."""
        self._songs.add(songs)

    def add_daily(self, rows: Columns) -> None:
        """Add plays of days, with the columns of `tables.facts.merge`."""
        self._plays.update(plays_of_partitions(rows))
        self._daily.add(self._priced(rows))

    def add_live(self, rows: Columns, oldest: int) -> None:
        """Add plays of seconds, likewise; forget those before the *oldest* second.

        Of those the facts are forgotten too: what a fold says that it added to them is all that there ever were.
        """
        self._seconds.add(self._priced(taken(rows, rows, rows["second"] >= oldest)))
        self._seconds.forget_before(oldest)

    def rename(self, songs: Iterable[CountedSong]) -> None:
        """Call all songs as *songs* says, in the order of their numbers."""
        self._songs = CountedSongs()
        self._songs.add(list(songs))

    def now(self, balance: Balance) -> Snapshot:
        """Return everything as it is now, which is at the watermarks of *balance*.

        Raises:
            Contradiction: it is not: there are other plays than they say.
        """
        for partition, watermark in balance.watermarks.items():
            if self._plays[partition] != watermark.counted:
                raise Contradiction(
                    f"{self._plays[partition]} plays of partition {partition} are in memory, and its watermark says {watermark.counted}"
                )
        return Snapshot(balance.offsets, self._daily.now(), self._seconds.now(), self._songs.now(), *self._dictionaries, self._prices.units)

    def _priced(self, rows: Columns) -> Columns:
        days = rows["day"] if "day" in rows else rows["second"] // SECONDS_OF_DAY
        return {**rows, "rate": self._prices.numbers(days, rows["country"], rows["platform"])}
