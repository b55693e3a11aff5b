"""Claims about dictionaries: every name has one number, and an artist's songs have numbers side by side."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tables.dictionary import BLOCK, Dictionary, SongDictionary

SONGS = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["", "A", "A/B", "B", "C/A"])), max_size=200)


def test_a_name_keeps_its_number_and_is_new_once() -> None:
    dictionary = Dictionary("country", "u2", [(0, "ES"), (1, "FR")])
    assert dictionary.number(["FR", "DE", "ES", "DE"]).tolist() == [1, 2, 0, 2]
    assert {name: column.tolist() for name, column in dictionary.take_new().items()} == {"number": [2], "name": ["DE"]}
    assert dictionary.take_new()["name"].tolist() == []


@given(SONGS, SONGS, st.randoms())
def test_no_two_songs_have_one_number_whoever_they_are_credited_to_later(
    before: list[tuple[int, str]], after: list[tuple[int, str]], chance: Random
) -> None:
    known = numbered(SongDictionary([]), before)
    again = SongDictionary([(number, song, chance.choice("ABC")) for song, number in known.items()])
    assert again.numbers == known
    every = {**known, **numbered(again, after)}
    assert len(set(every.values())) == len(every)


def test_an_artists_songs_have_numbers_side_by_side() -> None:
    dictionary = SongDictionary([])
    songs = [(f"{artist}{number}", f"{artist}/Guest") for number in range(BLOCK + 1) for artist in "AB"]
    numbers = dictionary.number_credited(*zip(*songs, strict=True)).tolist()
    assert numbers[::2] == [*range(BLOCK), 2 * BLOCK]
    assert numbers[1::2] == [*range(BLOCK, 2 * BLOCK), 3 * BLOCK]


def numbered(dictionary: SongDictionary, songs: list[tuple[int, str]]) -> dict[str, int]:
    names = [str(song) for song, _ in songs]
    return dict(zip(names, dictionary.number_credited(names, [credit for _, credit in songs]).tolist(), strict=True))
