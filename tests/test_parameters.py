"""Claims about parameters: what a query string may hold, and that anything else is a 400 that says what is allowed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import parameters
from web.endpoints import BY_NAME, CONSERVATION, ENDPOINTS, EVOLUTION, PER_SECOND, RANKING, SEARCH_ARTIST
from web.parameters import read_query
from web.problems import Problem


def read(*query: tuple[str, str]) -> Mapping[str, Any]:
    return read_query(RANKING.params, query)


def refusal(*query: tuple[str, str]) -> str:
    with pytest.raises(Problem) as refused:
        read(*query)
    assert refused.value.status == 400
    return refused.value.detail


def test_without_a_query_everything_has_its_default() -> None:
    values = read()
    assert (values["by"], values["limit"], values["offset"]) == (("artist",), 20, 0)
    assert {name for name, value in values.items() if value is not None} == {"by", "limit", "offset"}
    assert read_query(PER_SECOND.params, [])["seconds"] == 120


def test_every_endpoint_names_each_of_its_parameters_once() -> None:
    for endpoint in ENDPOINTS:
        names = [name for parameter in endpoint.params for name in (parameter.name, *parameter.aliases)]
        assert len(names) == len(set(names))
        assert set(read_query(endpoint.params, [])) == {parameter.name for parameter in endpoint.params}
    assert BY_NAME["evolution"] is BY_NAME["evolution_plays_income_from_mv"]


@pytest.mark.parametrize(
    ("name", "came", "value"),
    [
        *(
            ("artist", "ROSALÍA", ["rosalia"]),
            ("song", "  TKN ", ["tkn"]),
            ("album", "El Madrileño", ["el madrileno"]),
            ("album_artist", "Björk", ["bjork"]),
            ("genre", "Latin", ["latin"]),
            ("genre", "\u0301", ["\u0301"]),
            ("artist", "MØ", ["mo"]),
            ("song", "It’s", ["it's"]),
        ),
        *(("song_id", " 6ZKv8Ug8 ", [" 6ZKv8Ug8 "]), ("source", "Spotify", ["spotify"])),
        *(("country", "es", ["ES"]), ("country", "Spain", ["ES"]), ("country", "zz", ["ZZ"]), ("country", "United Kingdom", ["GB"])),
        *(("country", "turkiye", ["TR"]), ("country", "Trinidad & Tobago", ["TT"]), ("country", "Zz ", ["ZZ"])),
        *(("date_from", "2026-11-23", date(2026, 11, 23)), ("date_to", "2024-02-29", date(2024, 2, 29))),
        *(
            ("days", "1", 1),
            ("days", "36500", 36_500),
            ("limit", "1", 1),
            ("limit", "10000", 10_000),
            ("limit", "007", 7),
            ("offset", "0", 0),
        ),
        *(("by", "song_title", ("song_title",)), ("by", "country,artist", ("country", "artist")), ("by", "genre,genre", ("genre",))),
        *(("by", came, ("artist", "country")) for came in ("artist, country", " artist ,country ", "artist,\u00a0country")),
    ],
)
def test_a_value_is_read_as_the_query_needs_it(name: str, came: str, value: object) -> None:
    assert read((name, came))[name] == value


@pytest.mark.parametrize(
    ("name", "came", "allowed"),
    [
        *(
            ("artist", came, "1 to 200 characters, not all of them white space and none of them NUL")
            for came in ("", "   ", "\ufeff\x1c", "x" * 201, "\x00")
        ),
        *(("song_id", came, "1 to 200 characters, none of them NUL") for came in ("", "x" * 201, "\x00")),
        *(("country", came, "ISO 3166 alpha-2 code (ES) or an English name") for came in ("", "ESP", "Narnia", "ES,FR")),
        ("country", "spain" + " " * 200, "of at most 200 characters"),
        *(("country", came, f"; the nearest: {near}") for came, near in (("Spian", "spain"), ("brasil", "brazil"), ("turkye", "turkiye"))),
        *(
            ("date_from", came, "YYYY-MM-DD")
            for came in ("", "today", "2026-1-1", "20261123", "2026-11-23T00:00:00", "２０２６-11-23", "2026-11-23\n")
        ),
        *(("date_to", came, "a day that exists") for came in ("2026-02-29", "2026-13-01", "0000-01-01")),
        *(("days", came, "a whole number from 1 to 36500") for came in ("", "0", "-1", "36501", "1.5", "٣", " 1", "1_0", "9" * 30)),
        *(("limit", came, "a whole number from 1 to 10000") for came in ("0", "10001", "all")),
        ("offset", "1000001", "a whole number from 0 to 1000000"),
        *(
            ("by", came, "artist, song_title, album_name, country, source, genre")
            for came in ("", "song", "artist,", "artist country", "Artist")
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(name: str, came: str, allowed: str) -> None:
    detail = refusal((name, came))
    assert f"{name} is {came[:60]!r}" in detail
    assert allowed in detail


def test_an_unknown_parameter_is_named_with_those_that_there_are() -> None:
    detail = refusal(("artists", "ROSALÍA"))
    assert "'artists' is not a parameter of this endpoint" in detail
    assert all(
        name in detail
        for name in (
            "artist, song, song_id, album, album_artist, country, source, platform, genre",
            "date_from, date_to, days",
            "by",
            "limit",
        )
    )


def test_an_endpoint_without_parameters_says_so() -> None:
    with pytest.raises(Problem, match=r"'artist' is not a parameter of this endpoint; it has none$"):
        read_query(CONSERVATION.params, [("artist", "x")])


def test_what_tinybirds_clients_and_the_guard_know_is_no_parameter() -> None:
    assert read(("__tb__semver", "1.0"), ("from", "ui"), ("token", "a360_secret"), ("limit", "5")) == read(("limit", "5"))
    assert "'xtoken'" in refusal(("xtoken", "a360_secret"))
    assert "'__tb'" in refusal(("__tb", ""))


def test_a_filter_that_is_repeated_means_any_of_its_values() -> None:
    assert read(("country", "es"), ("country", "France"))["country"] == ["ES", "FR"]
    assert read(("source", "a"), ("platform", "b"))["source"] == ["a", "b"]


def test_a_filter_takes_a_hundred_values_and_no_more() -> None:
    assert len(read(*[("artist", "a")] * 100)["artist"]) == 100
    assert "artist is given 101 times; at most 100 values are allowed" in refusal(*[("artist", "a")] * 101)


@pytest.mark.parametrize("name", ["by", "limit", "offset", "days", "date_from", "date_to"])
def test_what_has_one_meaning_comes_once(name: str) -> None:
    value = {"by": "artist", "date_from": "2026-11-23", "date_to": "2026-11-23"}.get(name, "1")
    assert f"{name} is given 2 times; one value is allowed" in refusal((name, value), (name, value))


def test_what_takes_several_values_in_one_says_how_when_it_is_repeated() -> None:
    assert refusal(("by", "artist"), ("by", "country")) == "by is given 2 times; one value is allowed; put commas between its parts"
    assert refusal(("limit", "1"), ("limit", "2")) == "limit is given 2 times; one value is allowed"


@given(st.dates(parameters.FIRST_DAY, parameters.LAST_DAY), st.dates(parameters.FIRST_DAY, parameters.LAST_DAY))
def test_a_span_of_days_that_ends_before_it_begins_is_refused_with_both(first: date, last: date) -> None:
    span = [("date_to", str(last)), ("date_from", str(first))]
    if first <= last:
        values = read(*span)
        assert (values["date_from"], values["date_to"]) == (first, last)
    else:
        assert f"date_from is {first}, which is after date_to, {last}" in refusal(*span)


@pytest.mark.parametrize("dates", [("date_from",), ("date_to",), ("date_from", "date_to")])
def test_days_go_with_no_dates(dates: tuple[str, ...]) -> None:
    given_both = refusal(("days", "7"), *((name, "2026-11-23") for name in dates))
    assert given_both == f"days is given with {' and '.join(dates)}; give either days or date_from and date_to"


@pytest.mark.parametrize("came", ["next", "", "previous,previous", "Previous"])
def test_what_takes_one_of_some_words_says_so(came: str) -> None:
    with pytest.raises(Problem, match=f"compare is '{came}'; allowed: one of previous$"):
        read_query(EVOLUTION.params, [("compare", came), ("days", "7")])


def test_a_parameter_that_needs_another_is_refused_by_name_without_it() -> None:
    with pytest.raises(Problem, match="compare is given without days or date_from; give one of them too"):
        read_query(EVOLUTION.params, [("compare", "previous"), ("date_to", "2026-11-23")])
    for other in (("days", "7"), ("date_from", "2026-11-01")):
        assert read_query(EVOLUTION.params, [("compare", "previous"), other])["compare"] == "previous"


def test_a_long_value_or_name_is_shown_shortened() -> None:
    assert len(refusal(("country", "x" * 100_000))) < 300
    assert len(refusal(("x" * 100_000, ""))) < 300


def test_a_search_takes_any_text() -> None:
    assert read_query(SEARCH_ARTIST.params, [("artist", "¿ROSALÍA?")])["artist"] == "¿rosalia?"


names = st.sampled_from([*(parameter.name for parameter in RANKING.params), "platform", "x", "__tb__x"])


@given(st.lists(st.tuples(names, st.text(max_size=12) | st.sampled_from(["ES", "1", "2026-11-23", "artist"])), max_size=8))
def test_any_query_is_read_or_refused(query: list[tuple[str, str]]) -> None:
    try:
        outcome = read(*query)["limit"]
    except Problem as problem:
        outcome = problem.status
    assert outcome == 400 or 1 <= outcome <= 10_000


@given(st.integers(-5, 15))
def test_a_range_includes_both_of_its_ends(number: int) -> None:
    reader = parameters.whole(0, 10).read
    if 0 <= number <= 10:
        assert reader(str(number)) == number
    else:
        with pytest.raises(ValueError, match="a whole number from 0 to 10"):
            reader(str(number))
