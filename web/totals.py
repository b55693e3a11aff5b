"""Totals: one row over all plays of a selection; a play counts once, however many artists share it."""

import numpy as np

from tables.columns import among, length
from tables.countries import UNKNOWN
from web.selection import Selection

Row = tuple[int, ...]


def total(selection: Selection) -> Row:
    """Return plays, what they earn, how many artists, songs and countries they spread over, and plays of songs that nobody knows."""
    songs = selection.snapshot.songs
    rows = selection.daily(["song"], earning=True)
    (earned,) = selection.earned(rows, np.zeros(length(rows), "i8"), 1)
    played = np.zeros(len(songs), "?")
    played[rows["song"]] = True
    artists = songs.artists[np.repeat(played, np.diff(songs.artist_starts))]
    if selection.shares is not None:
        artists = artists[among(artists, selection.shares.artists)]
    countries = {selection.snapshot.countries.names[country] for country in selection.daily(["country"])["country"].tolist()}
    unmatched = rows["plays"][~songs.columns["matched"][rows["song"]]]
    return (
        int(rows["plays"].sum()),
        earned,
        len(np.unique(artists)),
        int(played.sum()),
        len(countries - {UNKNOWN}),
        int(unmatched.sum()),
    )
