"""Claims about details: what answers call a counted song."""

import pytest

from tables.details import SongDetail, credited, song_detail
from tables.names import marks
from tables.songs import Song

TKN = Song("x1", "ESA012600001", ("ROSALÍA", "Travis Scott"), "TKN", "", "Motomami", "Latin Pop", 98)


def test_a_known_song_is_called_as_todays_dimension_has_it() -> None:
    assert song_detail("x1", TKN, "Somebody Else") == SongDetail(
        matched=True,
        title="TKN",
        title_folded="tkn",
        title_plain="tkn",
        title_marks=marks("tkn"),
        album="Motomami",
        album_folded="motomami",
        album_plain="motomami",
        album_marks=marks("motomami"),
        album_artist="ROSALÍA",
        album_artist_folded="rosalia",
        genre="Latin Pop",
        genre_folded="latin pop",
        artists="ROSALÍA/Travis Scott",
        artist_count=2,
    )


def test_a_version_is_part_of_the_title() -> None:
    detail = song_detail("x1", TKN._replace(version="En Vivo"), "")
    assert (detail.title, detail.title_folded) == ("TKN (En Vivo)", "tkn (en vivo)")


@pytest.mark.parametrize(("credit", "count"), [("", 1), ("A", 1), ("A/B/C", 3), ("A/B/A", 2)])
def test_an_unknown_song_is_called_by_its_id_and_credited_as_it_was_counted(credit: str, count: int) -> None:
    assert song_detail("Ñ7", None, credit) == SongDetail(
        matched=False,
        title="Ñ7",
        title_folded="n7",
        title_plain="n7",
        title_marks=marks("n7"),
        album="",
        album_folded="",
        album_plain="",
        album_marks=0,
        album_artist="",
        album_artist_folded="",
        genre="",
        genre_folded="",
        artists=credit,
        artist_count=count,
    )


def test_each_artist_of_a_credit_is_credited_once_in_order() -> None:
    assert credited("B/A/B/C") == ["B", "A", "C"]
    assert credited("") == []
