"""Details: what answers call a counted song, from today's dimension and, where that does not know it, from the count. Pure."""

from typing import NamedTuple

from tables.names import fold, marks, plain
from tables.songs import Song


class SongDetail(NamedTuple):
    """A row of `song_detail`, without the song's number; see schema.sql for each column."""

    matched: bool
    title: str
    title_folded: str
    title_plain: str
    title_marks: int
    album: str
    album_folded: str
    album_plain: str
    album_marks: int
    album_artist: str
    album_artist_folded: str
    genre: str
    genre_folded: str
    artists: str
    artist_count: int


def song_detail(external_id: str, song: Song | None, counted_credit: str) -> SongDetail:
    """Return the details of a counted song; *song* is None while the dimension does not know it."""
    if song is None:
        count = len(credited(counted_credit)) or 1
        words = plain(external_id)
        return SongDetail(
            False, external_id, fold(external_id), words, marks(words), "", "", "", marks(""), "", "", "", "", counted_credit, count
        )
    title = f"{song.title} ({song.version})" if song.version else song.title
    return SongDetail(
        True,
        title,
        fold(title),
        plain(title),
        marks(plain(title)),
        song.album,
        fold(song.album),
        plain(song.album),
        marks(plain(song.album)),
        song.artists[0],
        fold(song.artists[0]),
        song.genre,
        fold(song.genre),
        song.credit,
        len(song.artists),
    )


def credited(credit: str) -> list[str]:
    """Return each artist of a whole credit once."""
    return list(dict.fromkeys(artist for artist in credit.split("/") if artist))
