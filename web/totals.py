"""Totals: one row over all plays of a selection; a play counts once, however many artists share it."""

import numpy as np

from tables.columns import Array, among, length, not_zero, ranges
from tables.countries import UNKNOWN
from web.selection import Selection

Row = tuple[int, ...]


def total(selection: Selection) -> Row:
    """Return plays, what they earn, how many artists, songs and countries they spread over, and plays of songs that nobody knows."""
    songs = selection.snapshot.songs
    rows, by_country = selection.apart(["song"], ["country"])
    (earned,) = selection.earned(rows, np.zeros(length(rows), "i8"), 1)
    played = _distinct(rows["song"])
    artists = songs.artists[ranges(songs.artist_starts[played], songs.artist_starts[played + 1])]
    if selection.shares is not None:
        artists = artists[among(artists, selection.shares.artists)]
    unmatched = rows["plays"][~songs.columns["matched"][rows["song"]]]
    return (
        int(rows["plays"].sum()),
        earned,
        len(_distinct(artists)),
        len(played),
        len({selection.snapshot.countries.names[country] for country in by_country["country"].tolist()} - {UNKNOWN}),
        int(unmatched.sum()),
    )


def _distinct(numbers: Array) -> Array:
    """Return each of *numbers* once, ascending; none is below 0. np.unique takes longer, unless one is far greater than they are many."""
    return not_zero(np.bincount(numbers))
