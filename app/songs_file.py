"""Songs file: which catalogue is in use, the one that is set or one that is made up once."""

from pathlib import Path

from app.catalogue import generate_songs
from app.settings import Settings
from tables.songs import Songs, read_songs, write_songs

NAME = "songs.csv"


def songs_in_use(settings: Settings) -> tuple[Path, Songs]:
    """Return the file that is set, or else `songs.csv` of the data folder, made up when missing; and the songs in it.

    Raises:
        BadCatalogue: anything in it is wrong.
        OSError: it cannot be read or written.
    """
    path = settings.songs or settings.data / NAME
    if settings.songs is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_songs(path, generate_songs())
    return path, read_songs(path)
