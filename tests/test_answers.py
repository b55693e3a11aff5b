"""Claims about answers: every endpoint says what a slow model in plain Python says, over random facts and random filters."""

import math
import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tables.following import Freshness
from tables.grain import Watermark
from tables.names import fold
from tables.songs import Song
from tests.answers_model import (
    ALBUMS,
    ARTISTS,
    COUNTRIES,
    GENRES,
    LOG_END,
    NOW,
    NOW_MS,
    PARTITIONS,
    PLATFORMS,
    TITLES,
    TODAY,
    UNMATCHED,
    Fact,
    Model,
    Site,
    batch_of,
    by_names,
    made_up,
    plain,
    site_of,
    span_of,
)
from web.dimensions import BY
from web.endpoints import BY_NAME, CONSERVATION, ENDPOINTS, EVOLUTION, FACTS, PER_SECOND, RANKING, SEARCH, SEARCH_ARTIST, TOTALS
from web.grants import Rows
from web.problems import Problem

pytestmark = pytest.mark.usefixtures("worth_it")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Site]]:
    made = [site_of(made_up(seed), tmp_path_factory.mktemp("site"), grown=seed >= 2) for seed in range(4)]
    yield made
    for site in made:
        site.warehouse.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Site]:
    """Three songs whose numbers a reader can check by hand."""
    songs = [
        Song("tkn", "", ("Travis Scott", "ROSALÍA", "Lil Baby"), "TKN", "", "Hits", "Latin", 1),
        Song("bul", "", ("ROSALÍA",), "Bulería", "", "Hits", "flamenco", 1),
        Song("tkn2", "", ("Björk",), "TKN", "", "Hits", "Latin", 1),
    ]
    model = Model({song.external_id: song for song in songs})
    model.daily = [
        Fact(0, TODAY, "ES", "spotify", "tkn", 600),
        Fact(1, TODAY, "ES", "spotify", "tkn", 300),
        Fact(0, TODAY - timedelta(days=2), "FR", "deezer", "bul", 100),
        Fact(0, TODAY, "ZZ", "deezer", "late-1", 10),
        Fact(2, TODAY, "GB", "spotify", "tkn2", 100),
    ]
    model.watermarks = {
        0: Watermark(720, 715, 710, 5, NOW_MS),
        1: Watermark(300, 300, 300, 0, NOW_MS),
        2: Watermark(100, 100, 100, 0, NOW_MS),
    }
    site = site_of(model, tmp_path)
    yield site
    site.warehouse.close()


def spelled(*names: str) -> st.SearchStrategy[str]:
    """One of *names* in some case, with and without accents."""
    ways = [str, str.upper, str.lower, plain, lambda name: unicodedata.normalize("NFD", name), lambda name: f" {name} "]
    return st.builds(lambda name, way: way(name), st.sampled_from([name for name in names if name]), st.sampled_from(ways))


dimension_filters = st.one_of(
    st.tuples(st.just("artist"), spelled(*ARTISTS, "Ghost", "Nobody at all")),
    st.tuples(st.just("artist"), spelled(*ARTISTS, "Ghost")),
    st.tuples(st.just("song"), spelled(*TITLES, "TKN (En Vivo)", "Intro (En Vivo)", "late-1")),
    st.tuples(st.just("song_id"), st.sampled_from([*(f"song-{number}" for number in range(25)), *UNMATCHED, "SONG-1"])),
    st.tuples(st.just("album"), spelled(*ALBUMS)),
    st.tuples(st.just("album_artist"), spelled(*ARTISTS)),
    st.tuples(st.just("genre"), spelled(*GENRES)),
    st.tuples(st.just("country"), st.sampled_from([name for names in COUNTRIES.values() for name in names])),
    st.tuples(st.just("source"), spelled(*PLATFORMS, "tidal")),
)
days = st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=3)).map(str)
spans = st.fixed_dictionaries({}, optional={"date_from": days, "date_to": days}).map(
    lambda chosen: list(zip(sorted(chosen), sorted(chosen.values()), strict=True))  # the first before the last
)
date_filters = spans | st.tuples(st.just("days"), st.integers(1, 40).map(str)).map(lambda pair: [pair])
dimension_queries = st.lists(dimension_filters, max_size=3)
queries = st.builds(lambda filters, dates: filters + dates, dimension_queries, st.just([]) | date_filters)
which_site = st.integers(0, 3)
bys = st.lists(st.sampled_from(list(BY)), min_size=1, max_size=3, unique=True)


def same(income: object, earned: Fraction) -> bool:
    """Whether an answer's income is what was earned, to nine digits."""
    return isinstance(income, float) and math.isclose(income, float(earned), rel_tol=1e-12, abs_tol=1e-9)


def assert_same(rows: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> None:
    without_income = [{name: value for name, value in row.items() if name != "income"} for row in rows]
    assert without_income == [{name: value for name, value in row.items() if name != "income"} for row in expected]
    assert all(same(row["income"], wanted["income"]) for row, wanted in zip(rows, expected, strict=True))


# Every endpoint against the model -----------------------------------------------------------------------------------


def assert_ranked(rows: Sequence[dict[str, Any]], expected: Sequence[dict[str, Any]]) -> None:
    """Rows in order; of songs that are played most in a group alike, either may stand for it."""
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert row["song_id"] in wanted["song_id"]
    assert_same([{**row, "song_id": 0} for row in rows], [{**row, "song_id": 0} for row in expected])


@pytest.mark.parametrize("by", BY)
def test_a_ranking_by_one_dimension_is_the_models(sites: list[Site], by: str) -> None:
    for site in sites:
        rows = site.ask(RANKING, [("by", by), ("limit", "10000")]).rows
        assert rows
        assert_ranked(rows, site.model.ranking([by], []))


@given(which=which_site, by=bys, query=queries, form=st.sampled_from(["rows", "table", "as it is faster"]))
@settings(max_examples=350)
def test_a_ranking_is_the_models_for_any_dimensions_and_filters_and_however_it_is_grouped(
    sites: list[Site], which: int, by: list[str], query: list[tuple[str, str]], form: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if form == "rows":
            patch.setattr("web.grouping.FEWEST_SUMS", 1 << 62)
        if form == "table":
            patch.setattr("web.grouping.FEWEST_SUMS", 0)
            patch.setattr("web.grouping.FEWEST_PLACES", 0)
            patch.setattr("web.grouping.CELLS_PER_SUM", 1 << 62)
            patch.setattr("tables.columns.DENSE_LEAST", 1 << 20)
        rows = sites[which].ask(RANKING, [("by", ",".join(by)), ("limit", "10000"), *query]).rows
    expected = sites[which].model.ranking(by, query)
    if {"song_title", "album_name"} <= set(by):  # where both bring a column of artists, its place among the names is open
        assert [row["plays"] for row in rows] == [row["plays"] for row in expected]
        rows.sort(key=by_names)
        expected.sort(key=by_names)
    assert_ranked(rows, expected)


@given(
    which=which_site,
    by=bys,
    limit=st.integers(1, 30),
    offset=st.integers(0, 30),
    block=st.sampled_from([1, 2, 512]),
    fewest_sums=st.sampled_from([0, 1 << 15]),
)
@settings(max_examples=120)
def test_a_page_of_a_ranking_is_that_part_of_it(
    sites: list[Site], which: int, by: list[str], limit: int, offset: int, block: int, fewest_sums: int
) -> None:
    whole = sites[which].ask(RANKING, [("by", ",".join(by)), ("limit", "10000")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.ranking.BLOCK", block)
        patch.setattr("web.grouping.FEWEST_SUMS", fewest_sums)
        page = sites[which].ask(RANKING, [("by", ",".join(by)), ("limit", str(limit)), ("offset", str(offset))])
    for rows in (whole.rows, page.rows):
        for row in rows:
            row.pop("song_id")
    assert page.rows == whole.rows[offset : offset + limit]
    assert whole.found == len(whole.rows)
    assert page.found == len(whole.rows)


@given(which=which_site, query=queries)
@settings(max_examples=150)
def test_totals_are_the_models(sites: list[Site], which: int, query: list[tuple[str, str]]) -> None:
    assert_same(sites[which].ask(TOTALS, query).rows, [sites[which].model.totals(query)])


@given(which=which_site, query=queries)
@settings(max_examples=100)
def test_the_evolution_is_the_models_with_every_day(sites: list[Site], which: int, query: list[tuple[str, str]]) -> None:
    assert_same(sites[which].ask(EVOLUTION, query).rows, sites[which].model.evolution(query))


@given(which=which_site, query=dimension_queries, seconds=st.integers(1, 600))
@settings(max_examples=80)
def test_the_evolution_per_second_is_the_models_with_every_second(
    sites: list[Site], which: int, query: list[tuple[str, str]], seconds: int
) -> None:
    rows = sites[which].ask(PER_SECOND, [*query, ("seconds", str(seconds))]).rows
    assert_same(rows, sites[which].model.per_second(query, seconds))


@given(which=which_site, query=queries)
@settings(max_examples=60)
def test_every_ranking_by_something_that_a_play_has_once_adds_up_to_the_totals(
    sites: list[Site], which: int, query: list[tuple[str, str]]
) -> None:
    totals = sites[which].ask(TOTALS, query).rows[0]
    for by in ("song_title", "album_name", "country", "source", "genre", "country,source,genre"):
        rows = sites[which].ask(RANKING, [("by", by), ("limit", "10000"), *query]).rows
        assert sum(row["plays"] for row in rows) == totals["plays"]
        assert math.isclose(sum(row["income"] for row in rows), totals["income"], abs_tol=1e-9 * (len(rows) + 1))
    assert sum(row["plays"] for row in sites[which].ask(EVOLUTION, query).rows) == totals["plays"]


def test_the_income_of_all_artists_is_the_income_of_all_songs_that_have_one(sites: list[Site]) -> None:
    for site in sites:
        rows = site.ask(RANKING, [("limit", "10000")]).rows
        earned = sum(fact.plays * site.model.rate(fact) for fact in site.model.daily if site.model.artists(fact.song))
        assert math.isclose(sum(row["income"] for row in rows), float(earned), abs_tol=1e-9 * len(rows))


def test_conservation_is_the_watermarks_beside_the_sum_of_the_rows(sites: list[Site]) -> None:
    for site in sites:
        assert site.ask(CONSERVATION).rows == [
            {
                "partition": partition,
                "consumed": watermark.consumed,
                "counted": watermark.counted,
                "rejected": watermark.rejected,
                "stored": sum(fact.plays for fact in site.model.daily if fact.partition == partition),
                "watermark": watermark.next_offset,
                "log_end": LOG_END[partition],
                "lag": max(0, LOG_END[partition] - watermark.next_offset),
            }
            for partition, watermark in site.model.watermarks.items()
        ]


def test_a_partition_that_was_never_counted_is_conserved_too(small: Site) -> None:
    rows = small._replace(freshness=Freshness(ready=True, as_of=NOW, log_end={0: 720, 1: 300, 2: 100, 3: 9})).ask(CONSERVATION).rows
    assert rows[3] == {"partition": 3, "consumed": 0, "counted": 0, "rejected": 0, "stored": 0, "watermark": 0, "log_end": 9, "lag": 9}
    assert [row["lag"] for row in rows] == [0, 0, 0, 9]


# By hand -------------------------------------------------------------------------------------------------------------


def test_a_credited_play_counts_for_each_artist_and_once_in_the_total(small: Site) -> None:
    rows = small.ask(RANKING).rows
    assert [(row["artist"], row["plays"]) for row in rows] == [("ROSALÍA", 1000), ("Lil Baby", 900), ("Travis Scott", 900), ("Björk", 100)]
    assert rows[0]["income"] == pytest.approx(0.0005430597610141161 * (300 + 100), abs=1e-9)
    assert small.ask(TOTALS).rows == [{"plays": 1110, "income": 0.602796335, "artists": 4, "songs": 4, "countries": 3, "unmatched": 10}]


def test_songs_that_share_a_title_and_albums_of_other_artists_stay_apart(small: Site) -> None:
    songs = small.ask(RANKING, [("by", "song_title")]).rows
    assert [(row["song_title"], row["artists"], row["plays"], row["song_id"]) for row in songs] == [
        ("TKN", "Travis Scott/ROSALÍA/Lil Baby", 900, "tkn"),
        ("Bulería", "ROSALÍA", 100, "bul"),
        ("TKN", "Björk", 100, "tkn2"),
        ("late-1", "", 10, "late-1"),
    ]
    albums = small.ask(RANKING, [("by", "album_name")]).rows
    assert [(row["album_name"], row["artists"], row["plays"]) for row in albums] == [
        *(("Hits", "Travis Scott", 900), ("Hits", "Björk", 100), ("Hits", "ROSALÍA", 100)),
        ("", "", 10),
    ]


def test_an_album_is_asked_for_by_its_name_and_first_artist_and_a_guest_on_another_of_that_name_adds_nothing(small: Site) -> None:
    for album in small.ask(RANKING, [("by", "album_name")]).rows[:3]:
        of_album = [("album", album["album_name"]), ("album_artist", album["artists"].upper())]
        totals = small.ask(TOTALS, of_album).rows[0]
        assert (totals["plays"], totals["income"]) == (album["plays"], album["income"])
        assert small.ask(RANKING, [("by", "album_name"), *of_album]).rows == [album]


def test_with_an_artist_filter_income_is_that_artists_share_and_the_ranking_shows_no_one_else(small: Site) -> None:
    rows = small.ask(RANKING, [("artist", "rosalia")]).rows
    assert [(row["artist"], row["plays"]) for row in rows] == [("ROSALÍA", 1000)]
    assert small.ask(TOTALS, [("artist", "rosalia")]).rows[0]["income"] == rows[0]["income"] == 0.217223904


@pytest.mark.parametrize("by", list(permutations(["song_title", "album_name", "country"], 2)))
def test_the_order_of_dimensions_changes_the_order_of_columns_alone(small: Site, by: tuple[str, str]) -> None:
    one, other = (small.ask(RANKING, [("by", ",".join(order))]).rows for order in (by, reversed(by)))
    assert sorted(map(sorted_items, one)) == sorted(map(sorted_items, other))


def sorted_items(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in row.items())


def test_text_that_matches_nothing_is_an_answer_without_rows(small: Site) -> None:
    for name in ("artist", "song", "song_id", "album", "album_artist", "source", "genre"):
        query = [(name, "nothing'; DROP TABLE daily; --")]
        assert small.ask(RANKING, query).rows == []
        assert small.ask(TOTALS, query).rows == [{"plays": 0, "income": 0.0, "artists": 0, "songs": 0, "countries": 0, "unmatched": 0}]
    assert small.ask(TOTALS).rows[0]["plays"] == 1110


def test_every_platform_that_counting_takes_can_be_filtered_by(tmp_path: Path) -> None:
    platforms = ("apple music", "apple  music", "a", "a-b_c.d")
    site = site_of(Model({}, [Fact(0, TODAY, "ES", platform, "late-1", 1) for platform in platforms]), tmp_path)
    found = {
        platform: [row["source"] for row in site.ask(RANKING, [("by", "source"), ("source", platform)]).rows] for platform in platforms
    }
    site.warehouse.close()
    assert [platform for platform in platforms if platform not in found[platform]] == []


def test_the_last_days_end_today_and_start_with_a_day_without_plays(small: Site) -> None:
    rows = small.ask(EVOLUTION, [("days", "4")]).rows
    assert [(str(row["date"]), row["plays"]) for row in rows] == [
        ("2026-11-20", 0),
        ("2026-11-21", 100),
        ("2026-11-22", 0),
        ("2026-11-23", 1010),
    ]


def test_an_empty_warehouse_has_an_answer_to_everything(tmp_path: Path) -> None:
    site = site_of(Model({}), tmp_path)
    for freshness in (Freshness(), Freshness(ready=True, as_of=NOW, log_end={0: 0})):
        empty = site._replace(freshness=freshness)
        assert empty.ask(RANKING).rows == []
        assert empty.ask(SEARCH_ARTIST, [("artist", "rosalía")]).rows == []
        assert empty.ask(TOTALS).rows == [{"plays": 0, "income": 0.0, "artists": 0, "songs": 0, "countries": 0, "unmatched": 0}]
        assert [row["plays"] for row in empty.ask(EVOLUTION).rows] == [0]
        assert [row["plays"] for row in empty.ask(PER_SECOND, [("seconds", "5")]).rows] == [0] * 5
        assert len(empty.ask(CONSERVATION).rows) == len(freshness.log_end or {})
    site.warehouse.close()


def test_an_answer_says_which_plays_it_holds_and_what_it_read(small: Site) -> None:
    result = small.ask(RANKING, [("limit", "2")])
    assert result.watermarks == {0: 720, 1: 300, 2: 100}
    assert result.as_of == datetime(2026, 11, 23, 7, 1, 12, 500_000, tzinfo=UTC)
    assert (len(result.rows), result.found, result.rows_read, result.bytes_read) == (2, 4, 5, 5 * 12)
    assert result.elapsed > 0
    assert (small.ask(CONSERVATION).rows_read, small.ask(PER_SECOND).rows_read) == (4, 0)


def test_an_answer_names_the_watermarks_of_its_own_rows_while_folds_go_on(tmp_path: Path) -> None:
    site = site_of(Model({}), tmp_path)
    over = threading.Event()

    def write() -> None:
        try:
            for plays in range(1, 80):
                fact = Fact(0, TODAY, "ES", "spotify", "late-1", plays)
                watermark = Watermark(plays, plays, plays, 0, NOW_MS, "t")
                site.warehouse.fold(batch_of(Model({}, [fact], watermarks={0: watermark})))
        finally:
            over.set()

    writer, seen = threading.Thread(target=write), set()
    writer.start()
    while not over.wait(0.001):  # or the writer would hardly get Python's lock
        result = site.ask(TOTALS)
        assert result.rows[0]["plays"] == result.watermarks.get(0, 0)
        seen.add(result.rows[0]["plays"])
    writer.join()
    assert len(seen) > 1
    site.warehouse.close()


def test_the_columns_of_an_answer_are_those_of_its_rows_in_order(sites: list[Site]) -> None:
    for endpoint in ENDPOINTS:
        result = sites[0].ask(endpoint)
        assert result.rows
        for row in result.rows:
            assert list(row) == [column.name for column in result.columns]
    for by in permutations(BY, 2):
        result = sites[0].ask(RANKING, [("by", ",".join(by))])
        assert all(list(row) == [column.name for column in result.columns] for row in result.rows)


def test_numbers_have_the_types_that_the_columns_name(sites: list[Site]) -> None:
    types = {"UInt64": int, "Float64": float, "String": str, "Date": date, "DateTime": str}
    for endpoint in ENDPOINTS:
        result = sites[0].ask(endpoint)
        for row in result.rows:
            assert {column.name: type(row[column.name]) for column in result.columns} == {
                column.name: types[column.type] for column in result.columns
            }


def test_an_alias_is_the_endpoint_itself() -> None:
    assert BY_NAME["evolution"] is EVOLUTION


# Searching -----------------------------------------------------------------------------------------------------------


def found_by(site: Site, text: str) -> list[str]:
    return [row["artist"] for row in site.ask(SEARCH_ARTIST, [("artist", text), ("limit", "10000")]).rows]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Every artist with a song of their own, and some together."""
    songs = {f"s{number}": Song(f"s{number}", "", (name,), "T", "", "", "", 1) for number, name in enumerate(ARTISTS)}
    songs["duo"] = Song("duo", "", ("Travis Scott", "Bad Bunny"), "T", "", "", "", 1)
    model = Model(songs, [Fact(number % PARTITIONS, TODAY, "ES", "spotify", song, number + 1) for number, song in enumerate(songs)])
    site = site_of(model, tmp_path_factory.mktemp("directory"))
    yield site
    site.warehouse.close()


@given(
    name=st.sampled_from(ARTISTS),
    between=st.sampled_from(["", " ", "-", "!", "_", ".", " & ", "'"]),
    way=st.sampled_from([str, str.upper, str.lower, plain]),
)
@settings(max_examples=80)
def test_an_artist_is_found_first_by_the_own_name_however_it_is_written(directory: Site, name: str, between: str, way: Any) -> None:
    found = found_by(directory, way(between + re.sub(r"\W+", between or " ", name) + between))
    assert plain(found[0]) == plain(name)
    assert name in found


@given(
    name=st.sampled_from([name for name in ARTISTS if len(name) > 5]),
    at=st.integers(0, 20),
    typo=st.sampled_from(["drop", "double", "swap", "other"]),
)
@settings(max_examples=100)
def test_a_small_typing_error_is_forgiven(directory: Site, name: str, at: int, typo: str) -> None:
    letters = plain(name)
    at %= len(letters) - 1
    here, after = letters[at], letters[at + 1]
    changed = {"drop": "", "double": here * 2, "swap": after + here, "other": "x"}[typo]
    written = letters[:at] + changed + letters[at + 1 + (typo == "swap") :]
    assert name in found_by(directory, written)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        *(
            ("rosal", "Rosalia"),
            ("scott", "Travis Scott"),
            ("weeknd", "The Weeknd"),
            ("bunny bad", "Bad Bunny"),
            ("acdc", "AC-DC"),
            ("ac/dc", "AC-DC"),
        ),
        *(
            ("pnk", None),
            ("p nk", "P!nk"),
            ("florence machine", "Florence + The Machine"),
            ("florence and the machine", None),
            ("광석", "김광석"),
        ),
        *(("maneskin", "Måneskin"), ("ROS", "Rosalia"), ("zzz", None), ("tiesot", "Tiësto"), ("byork", "Björk"), ("scot", "Travis Scott")),
    ],
)
def test_the_best_match_comes_first(directory: Site, text: str, first: str | None) -> None:
    found = found_by(directory, text)
    assert found[0] == first if first else found == []


def test_the_whole_name_goes_before_its_beginning_before_a_word_before_a_part(tmp_path: Path) -> None:
    names = ["Amina", "Mina", "La Mina", "Minaj", "Nina", "Zed"]
    songs = {name: Song(name, "", (name,), "T", "", "", "", 1) for name in names}
    site = site_of(Model(songs, [Fact(0, TODAY, "ES", "spotify", name, 10 * number) for number, name in enumerate(names, 1)]), tmp_path)
    found = found_by(site, "mina")
    site.warehouse.close()
    assert found == ["Mina", "Minaj", "La Mina", "Amina", "Nina"]


def test_a_search_counts_the_artists_plays_and_names_the_most_played_song(directory: Site) -> None:
    rows = directory.ask(SEARCH_ARTIST, [("artist", "travis scott")]).rows
    assert rows == [{"artist": "Travis Scott", "song_id": "duo", "plays": 3 + len(ARTISTS) + 1}]


@pytest.mark.parametrize(("typed", "artist"), [("mo", "MØ"), ("kid mo'", "Kid Mo’"), ("aegir", "Ægir"), ("ægir", "Ægir")])
def test_an_artist_is_found_and_filtered_by_who_has_other_letters_on_the_keyboard(directory: Site, typed: str, artist: str) -> None:
    assert found_by(directory, typed)[0] == artist
    assert [row["artist"] for row in directory.ask(RANKING, [("artist", typed)]).rows] == [artist]


def test_a_search_without_words_lists_everyone_by_plays(directory: Site) -> None:
    for query in ([], [("artist", "")], [("artist", " ?! ")]):
        result = directory.ask(SEARCH_ARTIST, query)
        assert (len(result.rows), result.found) == (10, len(ARTISTS))
        assert [row["plays"] for row in result.rows] == sorted((row["plays"] for row in result.rows), reverse=True)


@given(st.text(max_size=20) | st.text("()[]{}\\^$.|*+?'\"%_;-", max_size=10))
@settings(max_examples=60)
def test_any_text_can_be_searched_for(directory: Site, text: str) -> None:
    found = found_by(directory, text)
    assert set(found) <= set(ARTISTS)


def test_a_search_finds_artists_songs_and_albums_the_best_match_first(small: Site) -> None:
    def found(text: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in small.ask(SEARCH, [("q", text)]).rows]

    assert found("tkn") == [("song", "TKN", "Travis Scott/ROSALÍA/Lil Baby", "tkn", 900), ("song", "TKN", "Björk", "tkn2", 100)]
    assert found("ROSALIA") == [("artist", "ROSALÍA", "", "tkn", 1000)]
    assert found("hit") == [
        ("album", "Hits", "Travis Scott", "tkn", 900),
        ("album", "Hits", "Björk", "tkn2", 100),
        ("album", "Hits", "ROSALÍA", "bul", 100),
    ]
    assert found("bulerai") == [("song", "Bulería", "ROSALÍA", "bul", 100)]
    assert found("rosalia buleria") == found("buleria rosalia") == [("song", "Bulería", "ROSALÍA", "bul", 100)]
    assert found("bjork hits") == [("album", "Hits", "Björk", "tkn2", 100)]
    assert found("b")[0] == ("artist", "Björk", "", "tkn2", 100)


# Trend and comparison ------------------------------------------------------------------------------------------------


@given(
    which=which_site,
    by=bys,
    query=dimension_queries,
    length=st.integers(1, 40),
    date_to=st.none() | days,
    table_most=st.sampled_from([0, 3, 1 << 20]),
    piece_rows=st.sampled_from([2, 1 << 16]),
)
@settings(max_examples=60)
def test_a_trend_is_what_the_same_ranking_says_of_each_of_its_days(
    sites: list[Site],
    which: int,
    by: list[str],
    query: list[tuple[str, str]],
    length: int,
    date_to: str | None,
    table_most: int,
    piece_rows: int,
) -> None:
    asked = [("by", ",".join(by)), ("limit", "40"), *query]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.trends.TABLE_MOST", table_most)
        patch.setattr("tables.columns.PIECE_ROWS", piece_rows)
        rows = sites[which].ask(RANKING, [*asked, ("trend", str(length)), *([("date_to", date_to)] if date_to else [])]).rows
    assert [row | {"trend": 0} for row in rows] == [
        row | {"trend": 0} for row in sites[which].ask(RANKING, [*asked, *([("date_to", date_to)] if date_to else [])]).rows
    ]
    last = date.fromisoformat(date_to) if date_to else TODAY
    expected: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * length)
    for number in range(length):
        day = str(last - timedelta(days=length - 1 - number))
        for row in sites[which].model.ranking(by, [*query, ("date_from", day), ("date_to", day)]):
            expected[identity(row)][number] += row["plays"]
    came: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * length)
    for row in rows:  # what shares all of its names is told apart by no column, so they are added up
        assert len(row["trend"]) == length
        came[identity(row)] = [one + other for one, other in zip(came[identity(row)], row["trend"], strict=True)]
    whole = len(rows) < 40
    assert all(whole or sum(series) <= sum(expected[key]) for key, series in came.items())
    if whole:
        assert {key: series for key, series in came.items() if any(series)} == {key: expected[key] for key in came if any(expected[key])}


def identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(sorted((name, value) for name, value in row.items() if name not in ("plays", "income", "song_id", "trend")))


@given(which=which_site, query=dimension_queries, dates=date_filters)
@settings(max_examples=80)
def test_a_comparison_is_the_evolution_of_the_span_before(
    sites: list[Site], which: int, query: list[tuple[str, str]], dates: list[tuple[str, str]]
) -> None:
    first, last = span_of(dates)
    if first is None:
        with pytest.raises(Problem, match="days or date_from"):
            sites[which].ask(EVOLUTION, [*query, *dates, ("compare", "previous")])
        return
    rows = sites[which].ask(EVOLUTION, [*query, *dates, ("compare", "previous")]).rows
    here = [{name: row[name] for name in ("date", "plays", "income")} for row in rows]
    last = last or TODAY
    if first > last:
        assert rows == []
        return
    span = [*query, ("date_from", str(first)), ("date_to", str(last))]
    assert_same(here, sites[which].model.evolution(span))
    length = (last - first).days + 1
    before = [*query, ("date_from", str(first - timedelta(days=length))), ("date_to", str(first - timedelta(days=1)))]
    assert_same(
        [{"date": row["date"] - timedelta(days=length), "plays": row["previous_plays"], "income": row["previous_income"]} for row in rows],
        sites[which].model.evolution(before),
    )


def test_plays_behind_today_are_compared_with_the_day_before(tmp_path: Path) -> None:
    """A producer's clock may be ahead; the span from tomorrow on has no days up to today."""
    tomorrow = TODAY + timedelta(days=1)
    facts = [Fact(0, TODAY, "ES", "spotify", "late-1", 3), Fact(0, tomorrow, "ES", "spotify", "late-1", 5)]
    site = site_of(Model({}, facts), tmp_path)
    rows = site.ask(EVOLUTION, [("date_from", str(tomorrow)), ("compare", "previous")]).rows
    assert [(row["date"], row["plays"], row["previous_plays"]) for row in rows] == [(tomorrow, 5, 3)]


# The rows that a token is fixed to -----------------------------------------------------------------------------------


@given(
    which=which_site,
    artist=st.sampled_from([*ARTISTS, "Ghost"]),
    country=st.none() | st.sampled_from(list(COUNTRIES)),
    query=queries,
    by=bys,
)
@settings(max_examples=60)
def test_a_fixed_token_gets_what_a_filter_would_leave_whatever_else_it_asks_for(
    sites: list[Site], which: int, artist: str, country: str | None, query: list[tuple[str, str]], by: list[str]
) -> None:
    others = [(name, value) for name, value in query if name not in ("artist", *(["country"] if country else []))]
    filters = [*others, ("artist", artist), *([("country", country)] if country else [])]
    rows = Rows(fold(artist), country)
    site = sites[which]
    ranking = [("by", ",".join(by)), ("limit", "10000")]
    assert site.ask(RANKING, [*ranking, *others], rows).rows == site.ask(RANKING, [*ranking, *filters]).rows
    assert site.ask(TOTALS, others, rows).rows == site.ask(TOTALS, filters).rows
    assert site.ask(EVOLUTION, others, rows).rows == site.ask(EVOLUTION, filters).rows
    seconds = [pair for pair in filters if pair[0] not in ("date_from", "date_to", "days")]
    assert site.ask(PER_SECOND, [pair for pair in seconds if pair in others], rows).rows == site.ask(PER_SECOND, seconds).rows
    assert site.ask(FACTS, others, rows).rows == site.ask(FACTS, filters).rows


@given(which=which_site, artist=st.sampled_from([*ARTISTS, "Ghost"]), other=spelled(*ARTISTS), by=bys)
@settings(max_examples=30)
def test_a_token_fixed_to_an_artist_gets_nothing_for_another_by_asking(
    sites: list[Site], which: int, artist: str, other: str, by: list[str]
) -> None:
    site, rows = sites[which], Rows(fold(artist))
    for found in (site.ask(SEARCH_ARTIST, [("artist", other)], rows), site.ask(SEARCH_ARTIST, [], rows)):
        assert {plain(row["artist"]) for row in found.rows} <= {plain(artist)}
    own = {song for song in [*site.model.songs, *UNMATCHED] if plain(artist) in map(plain, site.model.artists(song))}
    for text in (other, ""):
        found = site.ask(SEARCH, [("q", text), ("limit", "10000")], rows)
        assert {row["id"] for row in found.rows} <= own
        assert {plain(row["name"]) for row in found.rows if row["kind"] == "artist"} <= {plain(artist)}
    if plain(other) != plain(artist):
        assert site.ask(RANKING, [("by", ",".join(by)), ("artist", other)], rows).rows == []
        assert set(site.ask(TOTALS, [("artist", other)], rows).rows[0].values()) == {0}


def test_a_fixed_token_does_not_learn_how_much_else_there_is(small: Site) -> None:
    answered = small.ask(TOTALS, [], Rows("bjork"))
    assert (answered.rows_read, answered.found) == (1, 1)
