"""Ranking: what is played most, by one or several dimensions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.allowance import Allowance
from tables.columns import Array, Columns, added_up, among, groups, length, ranges, repeated, sums, taken
from web.dimensions import BY, Shown
from web.selection import Selection

ROWS_PER_CANDIDATE, ROWS_PER_ARTIST = 200, 3
"""Putting a group in order by its names, and giving a row to each of its artists, take as long as looking at so many rows."""

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
    counted = dict.fromkeys(BY[name].counted for name in by)
    rows, keys = with_keys(selection, selection.daily(list(counted), earning=True), by)
    if not length(rows):
        return Ranking([], keys, 0)
    if len(rows) == len(keys) + 1 and keys.keys() < rows.keys():  # they were added up by these keys already
        some = group = np.arange(length(rows))
    else:
        some, group = groups(keys, selection.snapshot.allowance)
    plays = sums(group, rows["plays"], len(some))
    texts = _Texts(selection, columns_of(by), {name: key[some] for name, key in keys.items()})
    top = _top(plays, texts, page, selection.snapshot.allowance)
    place = np.full(len(some), -1, "i8")
    place[top] = np.arange(len(top))
    shown = place[group] >= 0
    rows, places = taken(rows, rows, shown), place[group][shown]
    earned = selection.earned(rows, places, len(top), each="artist" in by)
    ids = _ids(selection, by, rows, places, len(top))
    answered = [(*texts.of(number), int(plays[number]), *more) for number, *more in zip(top, earned, ids, strict=True)]
    return Ranking(answered, {name: key[some[top]] for name, key in keys.items()}, len(some))


def with_keys(selection: Selection, rows: Columns, by: Sequence[str]) -> tuple[Columns, dict[str, Array]]:
    """Return *rows* with what makes groups of them; *by* artist, each row once for each artist that is asked for."""
    songs, found = selection.snapshot.songs, {}
    if "artist" in by:
        starts, ends = songs.artist_starts[:-1][rows["song"]], songs.artist_starts[1:][rows["song"]]
        selection.snapshot.allowance.take(ROWS_PER_ARTIST * int((ends - starts).sum()))
        which, artists = repeated(np.arange(len(starts)), ends - starts), songs.artists[ranges(starts, ends)]
        if selection.shares is not None:
            asked = among(artists, selection.shares.artists)
            which, artists = which[asked], artists[asked]
        rows, found["artist"] = taken(rows, rows, which), artists
    for name in dict.fromkeys(key for dimension in by for key in BY[dimension].keys):
        if name in rows:
            found[name] = rows[name]
        elif name not in found:
            found[name] = songs.columns[name][rows["song"]]
    return rows, found


class _Texts:
    """What is shown of groups."""

    def __init__(self, selection: Selection, shown: Sequence[Shown], keys: Mapping[str, Array]) -> None:
        self._snapshot, self._shown, self._keys = selection.snapshot, shown, keys

    def of(self, group: int) -> list[str]:
        return [item.name(self._snapshot, int(self._keys[item.key][group])) for item in self._shown]

    def order(self, group: int) -> tuple[object, ...]:
        """Return what tells the order of groups that are played as often."""
        song = self._keys.get("song")
        return (*self.of(group), self._snapshot.songs.ids.of[song[group]] if song is not None else "")


def _top(plays: Array, texts: _Texts, page: Page, allowance: Allowance) -> list[int]:
    """Return the groups of *page*, the most played first, and of those that are played as often by name."""
    most = page.offset + page.limit
    if page.offset >= len(plays):
        return []
    if most < len(plays):
        least = np.partition(plays, len(plays) - most)[len(plays) - most]
        candidates = np.flatnonzero(plays >= least)
    else:
        candidates = np.arange(len(plays))
    allowance.take(ROWS_PER_CANDIDATE * len(candidates))
    ordered = sorted(candidates.tolist(), key=lambda group: (-int(plays[group]), *texts.order(group)))
    return ordered[page.offset : most]


def _ids(selection: Selection, by: Sequence[str], rows: Columns, places: Array, count: int) -> list[str]:
    """Return the external_id of the song that each of *count* groups is, or that is played most in it; empty where songs make none."""
    ids = [""] * count
    if all(BY[name].counted != "song" for name in by):
        return ids
    played = added_up([{"place": places, "song": rows["song"], "plays": rows["plays"]}], ["place", "song"])
    starts = np.flatnonzero(np.diff(played["place"], prepend=-1))
    most = np.repeat(np.maximum.reduceat(played["plays"], starts), np.diff(starts, append=length(played)))
    best = np.flatnonzero(played["plays"] == most)
    firsts = best[np.diff(played["place"][best], prepend=-1) != 0]
    for place, song in zip(played["place"][firsts].tolist(), played["song"][firsts].tolist(), strict=True):
        ids[place] = selection.snapshot.songs.ids.of[song]
    return ids
