"""Claims about details: what answers call a counted song."""

import pytest

from tables.details import SongDetail, credited, song_detail
from tables.songs import Song

TKN = Song("x1", "ESA012600001", ("ROSALÍA", "Travis Scott"), "TKN", "", "Motomami", "Latin Pop", 98)


def test_a_known_song_is_called_as_todays_dimension_has_it() -> None:
    detail = song_detail("x1", TKN, "Somebody Else")
    assert detail == SongDetail(
        matched=True, title="TKN", album="Motomami", album_artist="ROSALÍA", genre="Latin Pop", credit="ROSALÍA/Travis Scott"
    )
    assert detail.artists == ["ROSALÍA", "Travis Scott"]


def test_a_version_is_part_of_the_title() -> None:
    assert song_detail("x1", TKN._replace(version="En Vivo"), "").title == "TKN (En Vivo)"


@pytest.mark.parametrize(("credit", "artists"), [("", []), ("A", ["A"]), ("A/B/C", ["A", "B", "C"]), ("A/B/A", ["A", "B"])])
def test_an_unknown_song_is_called_by_its_id_and_credited_as_it_was_counted(credit: str, artists: list[str]) -> None:
    detail = song_detail("Ñ7", None, credit)
    assert detail == SongDetail(matched=False, title="Ñ7", album="", album_artist="", genre="", credit=credit)
    assert detail.artists == artists


def test_each_artist_of_a_credit_is_credited_once_in_order() -> None:
    assert credited("B/A/B/C") == ["B", "A", "C"]
    assert credited("") == []
