"""Ranking: what is played most, by one or several dimensions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.columns import Array, Columns, added_up, length, not_zero
from tables.memory import Snapshot
from web.dimensions import BY, Shown
from web.grouping import Groups, grouped
from web.selection import Selection

ROWS_PER_CANDIDATE = 200
"""Putting a group in order by its names takes as long as looking at so many rows."""
BLOCK = 512
"""The greatest of so many numbers is found much faster than they are put in order."""

Row = tuple[object, ...]


class Ranking(NamedTuple):
    """A part of a ranking."""

    rows: list[Row]
    """What is shown of each group, its plays, what it earned and the id of its most played song."""
    keys: Mapping[str, Array]
    """What makes each row a group."""
    found: int
    """Groups in all."""


class Page(NamedTuple):
    """Which part is asked for."""

    limit: int
    offset: int


def columns_of(by: Sequence[str]) -> Sequence[Shown]:
    """Return what names the groups of a ranking *by* some dimensions. An album has `artists` too; beside a song they are the song's."""
    shown = {item.column: item for name in by for item in BY[name].shown}
    if "song_title" in by:
        shown |= {item.column: item for item in BY["song_title"].shown}
    return list(shown.values())


def rank(selection: Selection, by: Sequence[str], page: Page) -> Ranking:
    """Return a *page* of the ranking *by* some dimensions, most played first.

    A play counts once for each group that it belongs to; for artists that is each credited one.
    """
    groups = grouped(selection, by)
    top = _top(groups, selection, columns_of(by), page)
    rows, places = groups.rows(top)
    earned = selection.earned(rows, places, len(top), each="artist" in by)
    ids = _ids(selection, by, rows, places, len(top))
    keys, plays = groups.keys(top), groups.plays[top].tolist()
    texts = _Texts(selection.snapshot, columns_of(by), keys)
    answered = [(*texts.of(place), plays[place], earned[place], ids[place]) for place in range(len(top))]
    return Ranking(answered, keys, int(np.count_nonzero(groups.plays)))


class _Texts:
    """What is shown of groups."""

    def __init__(self, snapshot: Snapshot, shown: Sequence[Shown], keys: Mapping[str, Array]) -> None:
        self._snapshot, self._shown, self._keys = snapshot, shown, keys

    def of(self, group: int) -> list[str]:
        return [item.name(self._snapshot, int(self._keys[item.key][group])) for item in self._shown]

    def order(self, group: int) -> tuple[object, ...]:
        """Return what tells the order of groups that are played as often."""
        song = self._keys.get("song")
        return (*self.of(group), self._snapshot.songs.ids.of[song[group]] if song is not None else "")


def _top(groups: Groups, selection: Selection, shown: Sequence[Shown], page: Page) -> Array:
    """Return the groups of *page*, the most played first, and of those that are played as often by name."""
    candidates = np.flatnonzero(groups.plays >= max(1, _least(groups.plays, page.offset + page.limit)))
    if page.offset >= len(candidates):
        return np.zeros(0, "i8")
    selection.snapshot.allowance.take(ROWS_PER_CANDIDATE * len(candidates))
    plays, texts = groups.plays[candidates].tolist(), _Texts(selection.snapshot, shown, groups.keys(candidates))
    ordered = sorted(range(len(candidates)), key=lambda place: (-plays[place], *texts.order(place)))
    return candidates[ordered[page.offset : page.offset + page.limit]]


def _least(plays: Array, most: int) -> int:
    """Return the plays of the last of the *most* groups that are played most; 0 where there are no more than these."""
    if most >= len(plays):
        return 0
    blocks = len(plays) // BLOCK
    if blocks > most:  # so many have a group that is played as often as the last of them or more
        peaks = plays[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1)
        plays = plays[plays >= np.partition(peaks, blocks - most)[blocks - most]]
    return int(np.partition(plays, len(plays) - most)[len(plays) - most])


def _ids(selection: Selection, by: Sequence[str], rows: Columns, places: Array, count: int) -> list[str]:
    """Return the external_id of the song that each of *count* groups is, or that is played most in it; empty where songs make none."""
    ids = [""] * count
    if all(BY[name].counted != "song" for name in by):
        return ids
    parts = [{"place": places, "song": rows["song"], "plays": rows["plays"]}]
    played = added_up(parts, ["place", "song"], selection.snapshot.allowance)
    starts = not_zero(np.diff(played["place"], prepend=-1))
    most = np.repeat(np.maximum.reduceat(played["plays"], starts), np.diff(starts, append=length(played)))
    best = np.flatnonzero(played["plays"] == most)
    firsts = best[np.diff(played["place"][best], prepend=-1) != 0]
    for place, song in zip(played["place"][firsts].tolist(), played["song"][firsts].tolist(), strict=True):
        ids[place] = selection.snapshot.songs.ids.of[song]
    return ids
