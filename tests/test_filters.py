"""Claims about filters: what their values become, what a token leaves of them, and what its last days are."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from tables.memory import Snapshot
from tables.songs import Song
from tests.answers_model import TODAY, Fact, Model, site_of
from web.filters import DIMENSIONS, fixed, with_dates
from web.grants import EVERY_ROW, Rows

SONGS = [
    Song("s0", "", ("ROSALÍA", "Rosalia"), "TKN", "", "Hits", "Latin", 1),
    Song("s1", "", ("Björk",), "tkn", "", "Hits", "Pop", 1),
    Song("s2", "", ("Rosalía",), "Volta", "", "", "latin", 1),
]


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    """Three songs, each played in a country and on a service of its own."""
    places = (("ES", "apple  music"), ("FR", "spotify"), ("GB", "a"))
    facts = [Fact(0, TODAY, *place, song.external_id, 1) for song, place in zip(SONGS, places, strict=True)]
    site = site_of(Model({song.external_id: song for song in SONGS}, facts), tmp_path)
    yield site.warehouse.snapshot
    site.warehouse.close()


@pytest.mark.parametrize(
    ("name", "values", "numbers"),
    [
        *(("artist", ["rosalia"], [0, 2]), ("artist", ["bjork", "rosalia"], [0, 1, 2]), ("artist", ["nobody"], [])),
        *(("song", ["tkn"], [0, 1]), ("song_id", ["s2", "s0", "s2", "gone"], [0, 2]), ("song_id", ["S0"], [])),
        *(("album", ["hits"], [0, 1]), ("album_artist", ["rosalia"], [0, 2]), ("genre", ["latin"], [0, 2])),
        *(("country", ["GB", "ES", "DE"], [0, 2]), ("source", ["apple music"], [0]), ("source", ["spotify", "a"], [1, 2])),
        *((item.parameter.name, [], []) for item in DIMENSIONS),
    ],
)
def test_values_become_the_numbers_that_they_mean_in_order(snapshot: Snapshot, name: str, values: list[str], numbers: list[int]) -> None:
    (item,) = (item for item in DIMENSIONS if item.parameter.name == name)
    assert item.numbers(snapshot, values).tolist() == numbers


@pytest.mark.parametrize(
    ("given", "rows", "left"),
    [
        ({"artist": ["a", "b"], "album": ["c"]}, EVERY_ROW, {"artist": ["a", "b"], "album": ["c"]}),
        ({"artist": ["a", "b"], "album": ["c"]}, Rows(artist="b"), {"artist": ["b"], "album": ["c"]}),
        ({"artist": ["a"]}, Rows(artist="x", country="ES"), {"artist": [], "country": ["ES"]}),
        ({"artist": None, "country": ["FR", "ES"]}, Rows("x", "ES"), {"artist": ["x"], "country": ["ES"]}),
        ({}, Rows(country="ES"), {"country": ["ES"]}),
    ],
)
def test_a_token_that_is_fixed_to_some_rows_leaves_those_alone(
    given: Mapping[str, list[str] | None], rows: Rows, left: Mapping[str, list[str]]
) -> None:
    assert fixed(given, rows) == left


@pytest.mark.parametrize(
    ("given", "date_from", "date_to"),
    [
        ({"days": 1}, TODAY, TODAY),
        ({"days": 30}, date(2026, 10, 25), TODAY),
        ({"days": 36_500}, date(1926, 12, 19), TODAY),
        ({"date_from": date(2026, 1, 1), "date_to": None}, date(2026, 1, 1), None),
    ],
)
def test_days_are_the_last_ones_up_to_today(given: dict[str, object], date_from: date, date_to: date | None) -> None:
    dated = with_dates(given, TODAY)
    assert (dated["date_from"], dated["date_to"]) == (date_from, date_to)
    assert "days" not in dated


def test_other_values_are_left_as_they_are() -> None:
    given = {"artist": ["a"], "days": None, "date_from": None, "date_to": None}
    assert with_dates(given, TODAY) == {"artist": ["a"], "date_from": None, "date_to": None}
    assert given["days"] is None
