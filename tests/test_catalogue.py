"""Claims about the made-up catalogue: always the same, believable, and large quickly."""

import re
from collections import Counter
from pathlib import Path

import pytest

from app.catalogue import SCENES, generate_songs
from tables.songs import Song, Songs, check_songs, read_songs, write_songs

FIRST_SONG = Song(
    external_id="2j4wz4m74RFSIQxuaWjOkk",
    isrc="US6VR2100000",
    artists=("Ezra Juniper",),
    title="Only Breathe at Night",
    version="",
    album="Only Breathe at Night",
    genre="indie",
    weight=313749.0,
)


@pytest.fixture(scope="module")
def songs() -> Songs:
    return generate_songs(20_000)


def test_the_same_seed_makes_the_same_catalogue() -> None:
    assert list(generate_songs(500, seed=7)) == list(generate_songs(500, seed=7))


def test_the_catalogue_is_the_same_on_every_machine() -> None:
    first = next(iter(generate_songs(3, seed=360)))
    assert first == FIRST_SONG


def test_another_seed_makes_another_catalogue() -> None:
    one, other = generate_songs(500, seed=7), generate_songs(500, seed=8)
    assert not {song.external_id for song in one} & {song.external_id for song in other}


@pytest.mark.parametrize("count", [1, 2, 9, 137, 1000])
def test_there_are_as_many_songs_as_asked_for(count: int) -> None:
    assert len(generate_songs(count)) == count


def test_no_songs_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="0 songs"):
        generate_songs(0)


def test_ids_and_isrcs_have_the_services_shapes_and_are_unique(songs: Songs) -> None:
    assert all(re.fullmatch(r"[0-7][0-9A-Za-z]{21}", song.external_id) for song in songs)
    assert all(re.fullmatch(r"[A-Z]{2}[0-9A-Z]{3}\d{7}", song.isrc) for song in songs)
    assert len({song.isrc for song in songs}) == len(songs)


def test_about_one_song_in_seven_is_a_collaboration_of_two_to_four(songs: Songs) -> None:
    sizes = Counter(len(song.artists) for song in songs)
    assert set(sizes) == {1, 2, 3, 4}
    assert 0.13 < 1 - sizes[1] / len(songs) < 0.17


def test_artists_are_many_and_none_is_another_in_other_letters(songs: Songs) -> None:
    artists = {artist for song in songs for artist in song.artists}
    assert len(artists) > 1500
    assert len({artist.casefold() for artist in artists}) == len(artists)


def test_titles_are_rarely_shared(songs: Songs) -> None:
    titles = Counter(title for title, _ in {(song.title, song.artists[0]) for song in songs})
    assert len(titles) > 0.8 * titles.total()
    assert max(titles.values()) <= 8


def test_no_artist_has_one_song_twice(songs: Songs) -> None:
    made = Counter((song.artists[0], song.title, song.version) for song in songs)
    assert made.most_common(1)[0][1] == 1


def test_albums_hold_eight_to_fourteen_songs_and_singles_one(songs: Songs) -> None:
    sizes = Counter(Counter((song.artists[0], song.album) for song in songs).values())
    usual = sum(albums for size, albums in sizes.items() if size == 1 or 8 <= size <= 14)
    assert usual > 0.97 * sizes.total()
    assert sizes[1] > 1000


def test_a_few_songs_have_most_of_the_plays(songs: Songs) -> None:
    weights = sorted((song.weight for song in songs), reverse=True)
    assert 0.3 < sum(weights[: len(weights) // 50]) / sum(weights) < 0.7
    assert weights[0] < 0.1 * sum(weights)


def test_popular_artists_have_several_popular_songs(songs: Songs) -> None:
    best = sorted(songs, key=lambda song: -song.weight)[:100]
    assert len({song.artists[0] for song in best}) < 70


def test_every_language_and_genre_is_there(songs: Songs) -> None:
    assert {song.genre for song in songs} == {genre for scene in SCENES for genre in scene.genres}


def test_no_name_has_a_hole_or_loose_spaces(songs: Songs) -> None:
    for song in songs:
        for name in (*song.artists, song.title, song.album):
            assert name == " ".join(name.split())
            assert not set("{}|") & set(name)


def test_words_meet_as_their_language_has_it(songs: Songs) -> None:
    titles = " | ".join(song.title for song in songs)
    assert re.search(r"\bL'hiver", titles)
    assert not re.search(r"\b(Le|La|de) hiver| y invierno|\b(Una|La) estate\b", titles)


def test_some_songs_have_versions(songs: Songs) -> None:
    versions = [song.version for song in songs if song.version]
    assert 0.08 < len(versions) / len(songs) < 0.14
    assert {"Live", "Acoustic"} < set(versions)
    assert any(version.startswith("Remastered 20") for version in versions)
    assert any(version.endswith(" Remix") for version in versions)


def test_the_check_finds_nothing_wrong_with_it(songs: Songs, tmp_path: Path) -> None:
    write_songs(tmp_path / "songs.csv", songs)
    assert check_songs(tmp_path / "songs.csv").problems == ()
    assert list(read_songs(tmp_path / "songs.csv")) == list(songs)
