"""Finding: artists, songs and albums whose names are like what is looked for, the nearest first and then the most played."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tables.columns import Array, among
from tables.counted_songs import Songs
from tables.names import plain
from web.search import NOT_MEANT, matches
from web.selection import Selection


class Found(NamedTuple):
    """Something whose name is meant."""

    kind: str
    name: str
    artists: str
    """Those of a song, or the first one of an album."""
    song_id: str
    """Its most played song, or itself."""
    plays: int


class _Candidates(NamedTuple):
    """What may be found of a kind: arrays of one length, of a thing each."""

    kind: str
    match: Array
    plays: Array
    song: Array
    names: Callable[[int], tuple[str, str]]
    """The name and the artists of one of them, by its index."""


def find(selection: Selection, words: str, kinds: Sequence[str], limit: int) -> tuple[list[Found], int]:
    """Return what of *kinds* the *words* may mean among the plays of *selection*, at most *limit*, and how many there are."""
    asked = plain(words)
    rows = selection.daily(["song"])
    played = np.zeros(len(selection.snapshot.songs), "i8")
    played[rows["song"]] = rows["plays"]
    every = [candidates for kind in kinds for candidates in KINDS[kind](selection, played, asked)]
    match, plays = (np.concatenate([np.zeros(0, "i8"), *(getattr(each, name) for each in every)]) for name in ("match", "plays"))
    chosen = np.lexsort((-plays, match))
    if len(chosen) > limit:  # those that are as good as the last one are put in order by their names below
        last = chosen[limit - 1]
        chosen = np.flatnonzero((match < match[last]) | ((match == match[last]) & (plays >= plays[last])))
    starts = np.cumsum([0, *(len(each.match) for each in every)])
    found = []
    for number in chosen.tolist():
        which = int(np.searchsorted(starts, number, "right")) - 1
        candidates, place = every[which], number - int(starts[which])
        song_id = selection.snapshot.songs.ids.of[candidates.song[place]]
        found.append((int(match[number]), Found(candidates.kind, *candidates.names(place), song_id, int(plays[number]))))
    found.sort(key=lambda each: (each[0], -each[1].plays, *each[1][:4]))
    return [each for _, each in found[:limit]], len(match)


def _artists(selection: Selection, played: Array, asked: str) -> Iterator[_Candidates]:
    songs = selection.snapshot.songs
    match = _matches(selection, "artist", asked)
    numbers = songs.artists
    of_song = np.repeat(np.arange(len(songs)), np.diff(songs.artist_starts))
    holds = (match[numbers] != NOT_MEANT) & (played[of_song] > 0)
    if selection.shares is not None:  # a token that is fixed to an artist finds no other
        holds &= among(numbers, selection.shares.artists)
    yield from _grouped("artist", {"artist": numbers[holds]}, of_song[holds], played, match[numbers[holds]], songs)


def _titles(selection: Selection, played: Array, asked: str) -> Iterator[_Candidates]:
    songs = selection.snapshot.songs
    titles, names = songs.columns["title"], songs.names["title"]
    match = _matches(selection, "title", asked)
    found = np.flatnonzero((match[titles] != NOT_MEANT) & (played > 0))
    yield _Candidates(
        "song", match[titles[found]], played[found], found, lambda place: (names.names[titles[found[place]]], songs.credits[found[place]])
    )


def _albums(selection: Selection, played: Array, asked: str) -> Iterator[_Candidates]:
    songs = selection.snapshot.songs
    albums, names = songs.columns["album"], songs.names["album"]
    match = _matches(selection, "album", asked)
    found = np.flatnonzero((match[albums] != NOT_MEANT) & (played > 0))
    found = found[[names.names[album] != "" for album in albums[found].tolist()]] if len(found) else found
    keys = {name: songs.columns[name][found] for name in ("album", "album_artist")}
    yield from _grouped("album", keys, found, played, match[albums[found]], songs)


def _matches(selection: Selection, column: str, asked: str) -> Array:
    """Return what is meant of each name of *column*."""
    return matches(selection.snapshot.songs.names[column].searched(), asked, selection.snapshot.allowance)


def _grouped(kind: str, keys: Mapping[str, Array], of_song: Array, played: Array, match: Array, songs: Songs) -> Iterator[_Candidates]:
    """Yield the groups of songs that have the same *keys*, with their most played song."""
    if not len(of_song):
        return
    plays = played[of_song]
    order = np.lexsort((of_song, -plays, *reversed(list(keys.values()))))
    sorted_keys = {name: key[order] for name, key in keys.items()}
    begins = np.concatenate([[True], np.any([key[1:] != key[:-1] for key in sorted_keys.values()], axis=0)])
    first = order[begins]
    summed = np.add.reduceat(plays[order], np.flatnonzero(begins))

    def names(place: int) -> tuple[str, str]:
        name, *artists = (songs.names[column].names[key[first[place]]] for column, key in keys.items())
        return name, artists[0] if artists else ""

    yield _Candidates(kind, match[first], summed, of_song[first], names)


KINDS: Mapping[str, Callable[[Selection, Array, str], Iterator[_Candidates]]] = {"artist": _artists, "song": _titles, "album": _albums}
