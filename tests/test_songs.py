"""Claims about the song dimension: what a catalogue may look like, and that every bad line is named."""

from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables.songs import COLUMNS, BadCatalogue, Problem, Song, Songs, check_songs, read_songs, write_songs

HEADER = ",".join(COLUMNS)
GOOD = "{n},song{n},ESA012600001,Travis Scott/ROSALÍA,TKN,,TKN,latin,98"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    return tmp_path / "songs.csv"


def write(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def problems(path: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.column) for problem in check_songs(path).problems]


def test_a_song_is_read_as_it_stands(catalogue: Path) -> None:
    song = read_songs(write(catalogue, '1,x1,ESA012600001,Tiësto/Sevenn,"BOOM, again",Live,Together,edm,7.5')).get("x1")
    assert song == Song("x1", "ESA012600001", ("Tiësto", "Sevenn"), "BOOM, again", "Live", "Together", "edm", 7.5)
    assert song.credit == "Tiësto/Sevenn"


def test_songs_are_found_by_external_id_and_keep_their_order(catalogue: Path) -> None:
    songs = read_songs(write(catalogue, *(GOOD.format(n=n) for n in range(5))))
    assert [song.external_id for song in songs] == ["song0", "song1", "song2", "song3", "song4"]
    assert len(songs) == 5
    assert songs.get("nobody") is None
    assert type(songs.credit_of) is dict
    assert songs.credit_of["song3"] == "Travis Scott/ROSALÍA"


def test_two_songs_with_one_external_id_are_refused() -> None:
    song = Song("a", "", ("A",), "T", "", "", "", 1)
    with pytest.raises(ValueError, match="'a'"):
        Songs([song, song])


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8-sig", "\n"), ("utf-8", "\r\n"), ("utf-8-sig", "\r\n"), ("utf-8", "\r")])
def test_byte_order_marks_and_other_line_ends_make_no_difference(catalogue: Path, encoding: str, newline: str) -> None:
    catalogue.write_bytes(newline.join((HEADER, GOOD.format(n=1), "", GOOD.format(n=2))).encode(encoding))
    assert [song.external_id for song in read_songs(catalogue)] == ["song1", "song2"]


def test_columns_come_in_any_order_case_and_company(catalogue: Path) -> None:
    header = " Plays ,extra,GENRE,album_name,song_title_version,song_title,artists,song_isrc,external_id,id"
    song = read_songs(write(catalogue, "9,?,pop,Album,Live,Title,A/B,ISRC,x,1", header=header)).get("x")
    assert song == Song("x", "ISRC", ("A", "B"), "Title", "Live", "Album", "pop", 9.0)


def test_an_artist_named_twice_is_credited_once(catalogue: Path) -> None:
    song = read_songs(write(catalogue, "1,x,,A / B/A,Title,,,pop,1")).get("x")
    assert song is not None
    assert song.artists == ("A", "B")


def test_accents_written_in_two_ways_are_one_artist(catalogue: Path) -> None:
    report = check_songs(write(catalogue, "1,x,,ROSALÍA,T,,,pop,1", "2,y,,ROSALI\u0301A,T,,,pop,1"))
    assert report.artists == 1


def test_every_bad_line_is_named_with_its_number_and_column(catalogue: Path) -> None:
    write(
        catalogue,
        GOOD.format(n=1),
        "1,x3,,A,T,,,pop,1",  # the id of line 2
        "3,song1,,A,T,,,pop,1",  # the external_id of line 2
        "4,x5,,,T,,,pop,1",
        "5,x6,,A//B,T,,,pop,1",
        "6,x7,,A, ,,,pop,1",
        "7,,,A,T,,,pop,1",
        f"8,{'x' * 65},,A,T,,,pop,1",
        "9,x10,,A,T,,,pop,many",
        "10,x11,,A,T,,,pop,-1",
        "11,x12,,A,T,,,pop,nan",
        "12,x13,,A,T,pop,1",
        "13,x14,,A,T,,,pop,1,1",
        ",x15,,A,T,,,pop,1",
        '15,x16,,A,"over\ntwo lines",,,pop,1',
        "16,x18,,,,,,pop,",
        GOOD.format(n=17),
    )
    assert problems(catalogue) == [
        *[(3, "id"), (4, "external_id"), (5, "artists"), (6, "artists"), (7, "song_title"), (8, "external_id")],
        *[(9, "external_id"), (10, "plays"), (11, "plays"), (12, "plays"), (13, "line"), (14, "line"), (15, "id")],
        *[(18, "artists"), (18, "song_title"), (18, "plays")],
    ]
    assert [song.external_id for song in check_songs(catalogue).songs] == ["song1", "x16", "song17"]


def test_a_repeated_id_says_where_the_first_one_is(catalogue: Path) -> None:
    (problem,) = check_songs(write(catalogue, GOOD.format(n=1), GOOD.format(n=2), "3,song1,,A,T,,,pop,1")).problems
    assert str(problem) == "line 4, external_id: 'song1' came, must be unique, and line 2 has it already"


def test_a_header_without_a_column_says_which_and_what_is_expected(catalogue: Path) -> None:
    (problem,) = check_songs(write(catalogue, "1,x,,A,T", header="id,external_id,song_isrc,artists,song_title")).problems
    assert (problem.line, problem.column) == (1, "header")
    assert HEADER.replace(",", ", ") in problem.rule
    assert "missing: song_title_version, album_name, genre, plays" in problem.rule


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", HEADER.encode(), HEADER.encode() + b"\n\n"])
def test_a_catalogue_without_songs_is_refused(catalogue: Path, content: bytes) -> None:
    catalogue.write_bytes(content)
    with pytest.raises(BadCatalogue):
        read_songs(catalogue)


def test_lines_that_are_not_utf8_or_hold_nul_bytes_are_named(catalogue: Path) -> None:
    lines = [
        HEADER.encode(),
        GOOD.format(n=1).encode(),
        "2,x2,,Tiësto,T,,,pop,1".encode("latin-1"),
        b"3,x3,,A,T\0,,,pop,1",
    ]
    catalogue.write_bytes(b"\r\n".join(lines))
    assert problems(catalogue) == [(3, "file"), (4, "file")]


def test_an_unclosed_quote_is_named_where_it_opens(catalogue: Path) -> None:
    assert problems(write(catalogue, GOOD.format(n=1), '2,x2,,"A,T,,,pop,1', GOOD.format(n=3))) == [(3, "line")]


def test_the_refusal_names_the_file_the_first_twenty_lines_and_how_many_more(catalogue: Path) -> None:
    write(catalogue, *(f"{n},x{n},,,T,,,pop,1" for n in range(1, 26)))
    with pytest.raises(BadCatalogue) as refusal:
        read_songs(catalogue)
    text = str(refusal.value).splitlines()
    assert len(refusal.value.problems) == 25
    assert str(catalogue) in text[0]
    assert [line.split(",")[0].strip() for line in text[1:-1]] == [f"line {n}" for n in range(2, 22)]
    assert text[-1].strip() == "and 5 more"


def test_a_problem_shows_long_values_shortened_on_one_line() -> None:
    text = str(Problem(7, "artists", "a\n" * 500, "short"))
    assert len(text) < 200
    assert "\n" not in text


def test_the_report_counts_albums_by_name_and_first_artist(catalogue: Path) -> None:
    rows = ["1,a,,A/B,T,,Greatest Hits,pop,1", "2,b,,A,U,,Greatest Hits,pop,1", "3,c,,C,V,,Greatest Hits,rock,1"]
    report = check_songs(write(catalogue, *rows))
    assert (report.artists, report.albums, report.genres, report.collaborations) == (3, 2, 2, 1)


def test_a_failed_write_leaves_the_old_catalogue_and_nothing_else(catalogue: Path) -> None:
    write(catalogue, GOOD.format(n=1))
    before = catalogue.read_bytes()
    with pytest.raises(AttributeError):
        write_songs(catalogue, [None])  # type: ignore[list-item]
    assert catalogue.read_bytes() == before
    assert list(catalogue.parent.iterdir()) == [catalogue]


texts = (
    st.text(st.characters(codec="utf-8", exclude_characters="/", exclude_categories=["Cs", "Cc"]), min_size=1)
    .map(lambda text: normalize("NFC", text).strip())
    .filter(bool)
)


@given(
    st.lists(
        st.builds(
            Song,
            external_id=st.text("abcXYZ019-_ é", min_size=1, max_size=64).filter(lambda text: text == text.strip()),
            isrc=st.just("") | texts,
            artists=st.lists(texts, min_size=1, max_size=4, unique=True).map(tuple),
            title=texts,
            version=st.just("") | texts,
            album=st.just("") | texts,
            genre=st.just("") | texts,
            weight=st.floats(0, 1e12),
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda song: song.external_id,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_written_is_read_back_the_same(tmp_path: Path, songs: list[Song]) -> None:
    write_songs(tmp_path / "songs.csv", songs)
    assert list(read_songs(tmp_path / "songs.csv")) == songs


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_either_read_or_reported(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(HEADER.encode() + b"\n" + raw)
    report = check_songs(path)
    assert report.problems or len(report.songs)
