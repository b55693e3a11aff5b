"""Details: what answers call a counted song, from today's dimension and, where that does not know it, from the count. Pure."""

from typing import NamedTuple

from tables.songs import Song


class SongDetail(NamedTuple):
    """What a song is called and what it belongs to."""

    matched: bool
    """Whether the dimension knows the song."""
    title: str
    """With its version; its id while the dimension does not know it."""
    album: str
    """Empty: unknown."""
    album_artist: str
    """An album is its name and first artist: names collide."""
    genre: str
    """Empty: unknown."""
    credit: str
    """The artists; the counted ones while the dimension does not know the song."""

    @property
    def artists(self) -> list[str]:
        """Each credited artist once."""
        return credited(self.credit)


def song_detail(external_id: str, song: Song | None, counted_credit: str) -> SongDetail:
    """Return the details of a counted song; *song* is None while the dimension does not know it."""
    if song is None:
        return SongDetail(False, external_id, "", "", "", counted_credit)
    title = f"{song.title} ({song.version})" if song.version else song.title
    return SongDetail(True, title, song.album, song.artists[0], song.genre, song.credit)


def credited(credit: str) -> list[str]:
    """Return each artist of a whole credit once."""
    return list(dict.fromkeys(artist for artist in credit.split("/") if artist))
