"""Claims about the audit: rules of its own that agree with the product's, and a comparison that finds what differs."""

import ast
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.audit_rules
from app.audit import CannotProve, Counts
from app.audit_rules import CatalogueSong, artists_of, read_catalogue, read_play
from app.comparison import Comparison, Difference
from app.events import SongPlay, day_of, decode
from app.served import BEFORE_ALL, FactPage, Page
from app.verify import Verdict, refuse_lost, vectors_of
from tables.countries import codes
from tables.songs import COLUMNS, Song, read_songs, write_songs
from tests.broker.test_rejected import POISON
from tests.test_events import SENT, SENT_MS, event, event_with, timestamps, values


def audited(value: bytes | None, timestamp_ms: int = SENT_MS) -> tuple[str, str, str, str] | None:
    return read_play(value, timestamp_ms)


def counted(value: bytes | None, timestamp_ms: int = SENT_MS) -> tuple[str, str, str, str] | None:
    """What the product counts *value* under."""
    play = decode(value, timestamp_ms)
    return (day_of(play.second), play.song, play.country, play.platform) if isinstance(play, SongPlay) else None


# Rules ---------------------------------------------------------------------------------------------------------------


def test_the_audit_shares_nothing_with_what_it_audits() -> None:
    tree = ast.parse(Path(app.audit_rules.__file__).read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - sys.stdlib_module_names - {"collections.abc"} == {"pycountry"}


def test_the_documented_event_is_a_play() -> None:
    value = b'{"external_id": "6ZKv8Ug8EnnDJzUrGFNgAb", "play_time": "2026-11-23 07:01:12", "country": "ES", "source": "spotify"}'
    assert audited(value) == ("2026-11-23", "6ZKv8Ug8EnnDJzUrGFNgAb", "ES", "spotify")


@pytest.mark.parametrize("value", POISON, ids=lambda value: repr(value)[:40])
def test_poison_is_no_play(value: bytes | None) -> None:
    assert audited(value) is None
    assert counted(value) is None


@pytest.mark.parametrize("extra", [b"1e999", b"9" * 5000, b'"\\ud800"', b"[" * 500 + b"]" * 500, b"null", b"-0"], ids=len)
def test_odd_extra_fields_are_no_reason_to_reject(extra: bytes) -> None:
    assert audited(event_with(extra)) == counted(event_with(extra)) == counted(event())


def test_nesting_counts_to_the_same_depth() -> None:
    nested = [event_with(b"[" * depth + b'"[[\\\\"' + b"]" * depth) for depth in (10, 900, 990, 1010, 1023, 1024, 1030, 5000)]
    assert [audited(value) is not None for value in nested] == [True] * 5 + [False] * 3
    assert [audited(value) for value in nested] == [counted(value) for value in nested]


@pytest.mark.parametrize("number", [b"1", b"1e999", b"9" * 5000, b"true", b"NaN"], ids=len)
def test_a_number_is_no_country(number: bytes) -> None:
    assert audited(event().replace(b'"ES"', number)) is None


def test_every_name_of_a_country_means_the_same_code() -> None:
    written = [way for name in codes() for way in (name, name.upper(), f" {name} ")]
    assert [name for name in written if audited(event(country=name)) != counted(event(country=name))] == []


@pytest.mark.parametrize(
    ("came", "date"),
    [
        *((SENT, "2026-11-23"), ("2026-11-23T00:30:00+01:00", "2026-11-22"), ("2026-11-22T23:30:00-0100", "2026-11-23")),
        *(("2026-11-23T07:01:12,9z", "2026-11-23"), ("2026-11-23t07:01:12+05", "2026-11-23"), ("2000-01-01 00:00:00", "2000-01-01")),
    ],
)
def test_a_play_counts_in_its_utc_day(came: str, date: str) -> None:
    play = audited(event(play_time=came))
    assert play is not None
    assert play[0] == date
    assert play == counted(event(play_time=came))


@pytest.mark.parametrize(
    "came",
    [
        *(
            "2000-01-01T00:59:59+01:00",
            "2026-11-23 24:00:00",
            "2026-02-29 00:00:00",
            "2026-11-23T07:01:12+24:00",
            "2026-11-23T07:01:12+1:00",
        ),
        *("2026-11-23T07:01:12+01:", "2026-11-23T07:01:12+01:60", "2026-11-23 07:01:60", "٢٠٢٦-11-23 07:01:12", "0000-01-01 00:00:00"),
        *("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", "2026-11-23 07:01:12 "),
    ],
)
def test_no_other_text_is_a_play_time(came: str) -> None:
    assert audited(event(play_time=came), 1 << 62) is None
    assert counted(event(play_time=came), 1 << 62) is None


@given(values, timestamps)
def test_the_audit_and_the_product_decide_the_same_of_whatever_comes(value: bytes | None, timestamp_ms: int) -> None:
    assert audited(value, timestamp_ms) == counted(value, timestamp_ms)


@given(st.sampled_from(["external_id", "play_time", "country", "source"]), st.text(max_size=66) | st.sampled_from([SENT, "ES", "K", "İ"]))
def test_the_audit_and_the_product_decide_the_same_of_any_text_in_a_field(field: str, text: str) -> None:
    value = json.dumps({**json.loads(event()), field: text}).encode()
    assert audited(value) == counted(value)


def test_the_catalogue_reads_as_the_product_reads_it(tmp_path: Path) -> None:
    songs = [
        Song("a", "", ("Travis Scott", "ROSALÍA"), "TKN", "", "Hits", "Latin", 1),
        Song("b", "", ("Bjo\u0308rk",), "Jóga, live", "En Vivo", "", "", 1),
    ]
    write_songs(tmp_path / "songs.csv", songs)
    read = read_catalogue(tmp_path / "songs.csv")
    assert read["b"] == CatalogueSong(("Björk",), "Jóga, live (En Vivo)", "", "")
    assert {song.external_id: song.artists for song in read_songs(tmp_path / "songs.csv")} == {
        name: song.artists for name, song in read.items()
    }


def test_a_catalogue_with_spaces_a_mark_and_columns_in_another_order_reads_the_same(tmp_path: Path) -> None:
    header, row = [*COLUMNS[::-1]], ["1", " pop ", "", "", " T ", " Ann / Ben/Ann ", "", " x ", "1"]
    (tmp_path / "songs.csv").write_bytes(("\ufeff" + ",".join(header).upper() + "\r\n\r\n" + ",".join(row)).encode())
    assert read_catalogue(tmp_path / "songs.csv") == {"x": CatalogueSong(("Ann", "Ben"), "T", "", "pop")}


def test_a_catalogue_without_a_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "songs.csv").write_text("external_id,artists\na,Ann\n")
    with pytest.raises(ValueError, match="has no column song_title: "):
        read_catalogue(tmp_path / "songs.csv")


def test_an_artist_is_credited_once() -> None:
    assert artists_of("A/B/A") == ("A", "B")
    assert artists_of("") == ()


# Comparing -----------------------------------------------------------------------------------------------------------

CATALOGUE = {"tkn": CatalogueSong(("Travis Scott", "ROSALÍA"), "TKN", "Hits", "Latin")}


@pytest.fixture
def counts() -> Counts:
    """Three plays of a known song and one of an unknown one, on two partitions; one rejected record."""
    counts = Counts()
    for partition, song in ((0, "tkn"), (0, "tkn"), (1, "tkn"), (1, "late")):
        counts.take(partition, event(external_id=song), SENT_MS)
    counts.take(1, b"poison", SENT_MS)
    return counts


RIGHT: dict[str, list[dict[str, Any]]] = {
    "conservation": [
        {"partition": 0, "consumed": 2, "counted": 2, "rejected": 0, "stored": 2, "watermark": 2},
        {"partition": 1, "consumed": 3, "counted": 2, "rejected": 1, "stored": 2, "watermark": 3},
    ],
    "totals": [{"plays": 4, "artists": 2, "songs": 2, "countries": 1, "unmatched": 1}],
    "evolution": [{"date": "2026-11-23", "plays": 4}, {"date": "2026-11-24", "plays": 0}],
    "artist": [{"artist": "ROSALÍA", "plays": 3}, {"artist": "Travis Scott", "plays": 3}],
    "song_title": [
        {"song_title": "TKN", "artists": "Travis Scott/ROSALÍA", "song_id": "tkn", "plays": 3},
        {"song_title": "late", "artists": "", "song_id": "late", "plays": 1},
    ],
    "album_name": [{"album_name": "Hits", "artists": "Travis Scott", "plays": 3}, {"album_name": "", "artists": "", "plays": 1}],
    "country": [{"country": "ES", "plays": 4}],
    "source": [{"source": "spotify", "plays": 4}],
    "genre": [{"genre": "Latin", "plays": 3}, {"genre": "", "plays": 1}],
}
MARKS = {0: 2, 1: 3}


def differences(counts: Counts, *pages: Page | FactPage) -> list[Difference]:
    comparison = Comparison(CATALOGUE)
    comparison.compare(pages, counts)
    return comparison.differences


def facts(key: tuple[str, str, str, str, int], plays: int) -> FactPage:
    return FactPage({key: plays}, MARKS, ("2026-11-23", "late", "ES", "spotify", 1), key, {})


def test_answers_that_are_right_agree_in_every_number(counts: Counts) -> None:
    comparison = Comparison(CATALOGUE)
    comparison.compare([Page(about, rows, MARKS) for about, rows in RIGHT.items()], counts)
    assert comparison.differences == []
    assert comparison.compared == {about: len(rows) * {"conservation": 5, "totals": 5}.get(about, 1) for about, rows in RIGHT.items()}


@pytest.mark.parametrize("about", RIGHT)
def test_one_wrong_number_anywhere_is_found(counts: Counts, about: str) -> None:
    for place, row in enumerate(RIGHT[about]):
        for name in [name for name, value in row.items() if type(value) is int and name != "partition"]:
            rows = [dict(each) for each in RIGHT[about]]
            rows[place][name] += 1
            (found,) = differences(counts, Page(about, rows, MARKS))
            assert (found.dimension, found.served, found.recounted) == (about, row[name] + 1, row[name])


@pytest.mark.parametrize("about", [about for about in RIGHT if about not in ("conservation", "totals")])
def test_a_row_that_is_missing_or_stands_twice_is_found(counts: Counts, about: str) -> None:
    assert len(differences(counts, Page(about, RIGHT[about][1:], MARKS))) == 1
    assert len(differences(counts, Page(about, [*RIGHT[about], RIGHT[about][0]], MARKS))) == 1


def test_a_page_of_facts_answers_for_every_key_between_its_ends(counts: Counts) -> None:
    first, second, third = sorted(counts.by_date["2026-11-23"])
    assert [key[1] for key in (first, second, third)] == ["late", "tkn", "tkn"]
    assert differences(counts, facts(second, 2)) == []
    assert [str(each) for each in differences(counts, facts(second, 5))] == [
        "facts '2026-11-23', 'tkn', 'ES', 'spotify', 'partition 0': served 5, recounted 2"
    ]
    whole = FactPage({first: 1, third: 1}, MARKS, BEFORE_ALL, None, {})
    assert [(each.served, each.recounted) for each in differences(counts, whole)] == [(None, 2)]


def test_a_difference_names_dimension_key_and_both_numbers() -> None:
    assert str(Difference("artist", ("ROSALÍA",), 12, 13)) == "by=artist 'ROSALÍA': served 12, recounted 13"
    assert str(Difference("evolution", ("2026-11-23",), None, 1)) == "evolution '2026-11-23': served nothing, recounted 1"


def test_no_more_than_twenty_differences_of_a_dimension_are_told() -> None:
    many = [Difference("artist", (f"{number:02}",), 1, 2) for number in range(23)]
    verdict = Verdict(7, 1, (4, 4), {"artist": 30}, [*many, Difference("totals", ("plays",), 1, 2)], 1.0)
    lines = verdict.lines()
    assert len(lines) == 20 + 1 + 1 + 1
    assert lines[20] == "artist: and 3 more"
    assert lines[-1] == "7 plays on 2 partitions below watermarks 0:4 1:4: 24 numbers differ"
    assert (len(verdict.document()["differences"]), verdict.document()["differing"]) == (21, {"artist": 23, "totals": 1})


def test_answers_that_went_back_in_time_prove_nothing() -> None:
    def page(*marks: int) -> Page:
        return Page("totals", [], dict(enumerate(marks)))

    assert vectors_of([page(), page(1)], 2) == [(0, 0), (1, 0)]
    assert vectors_of([page(1, 5), page(2, 5), page(1, 5)], 2) == [(1, 5), (2, 5)]
    with pytest.raises(CannotProve, match="went back"):
        vectors_of([page(1, 5), page(2, 4)], 2)


def test_what_the_topic_does_not_hold_any_more_is_named_by_its_offsets() -> None:
    conserved = Page(
        "conservation", [{"partition": 0, "watermark": 100, "consumed": 100}, {"partition": 1, "watermark": 50, "consumed": 30}], {}
    )
    refuse_lost(conserved, {0: 0, 1: 20})
    with pytest.raises(
        CannotProve, match=r"^cannot prove partition 1, offsets 20\.\.29: they were counted, and the topic now starts at 30$"
    ):
        refuse_lost(conserved, {0: 0, 1: 30})
    counts = Counts()
    counts.consumed = Counter({1: 29})
    with pytest.raises(CannotProve, match=r"partition 0, offsets 0\.\.99.*\n.*partition 1, offsets 49\.\.49"):
        refuse_lost(conserved, {0: 200, 1: 60}, counts)
