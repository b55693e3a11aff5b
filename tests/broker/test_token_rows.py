"""Tokens that are fixed to an artist or a country: whatever they ask for, in whatever format, is the recount of those rows."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.broker import BrokerStatus
from tests.broker.conftest import Plays
from tests.broker.recount import Recount, assert_income, assert_ranking, assert_series, folded
from tests.broker.token_site import Served, open_served

MOST_ROWS = 10_000
MOST_SECONDS = 600


@pytest.fixture(scope="module")
def served(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory, songs_csv: Path, plays: Plays) -> Iterator[Served]:
    with open_served(str(kafka.address), tmp_path_factory.mktemp("tokens"), songs_csv, plays) as opened:
        yield opened


class Fixed(NamedTuple):
    """A token that is fixed to rows, and what is right for it."""

    token: str
    recount: Recount
    other: str
    """An artist that it must not see; empty when there is none."""


@pytest.fixture(scope="module", params=["artist", "country", "both"])
def fixed(served: Served, request: pytest.FixtureRequest) -> Fixed:
    everyone = served.recount
    ranks = [rank.names[0] for rank in everyone.ranking("artist")]
    collaborators = {artist for song in served.truth.catalogue.values() if len(song.artists) > 1 for artist in song.artists}
    artist = next(name for name in ranks if name in collaborators)
    options, recount = [], everyone
    if request.param != "country":
        options, recount = ["--artist", artist.upper()], recount.where(artist=artist)
    if request.param != "artist":
        options, recount = [*options, "--country", "united kingdom"], recount.where(country="GB")
    seen = {folded(rank.names[0]) for rank in recount.ranking("artist")}
    other = next((name for name in ranks if folded(name) not in seen), "")
    assert recount.plays
    return Fixed(served.create("--scope", "*", *options), recount, other)


def test_every_ranking_is_of_its_rows(served: Served, fixed: Fixed) -> None:
    for by in ("artist", "song_title", "album_name", "genre", "artist,country", "song_title,source"):
        expected = fixed.recount.ranking(*by.split(","))
        answer = served.get(fixed.token, "ranking_by", by=by, limit=MOST_ROWS)
        assert_ranking(answer["data"], expected[:MOST_ROWS])
        assert answer["rows_before_limit_at_least"] == len(expected)
        assert answer["statistics"]["rows_read"] == answer["rows"]
        assert_ranking(served.get(fixed.token, "ranking_by", by=by, limit=3, offset=2)["data"], expected[2:5])
    for by in ("country", "source"):
        rows = served.get(fixed.token, "ranking_by", by=by)["data"]
        assert [(row[by], row["plays"]) for row in rows] == [(rank.names[0], rank.plays) for rank in fixed.recount.ranking(by)][:20]


def test_no_filter_leads_out_of_its_rows(served: Served, fixed: Fixed) -> None:
    for filters in ({}, {"country": ["GB", "FR"]}, {"country": "FR"}, {"source": "spotify"}, {"genre": "pop"}, {"song_id": "nobody's"}):
        assert_totals(served, fixed, fixed.recount.where(**filters), filters)
    if fixed.other:
        assert served.get(fixed.token, "ranking_by", artist=fixed.other)["data"] == []
        (row,) = served.get(fixed.token, "totals", artist=fixed.other)["data"]
        assert set(row.values()) == {0}
    top = served.recount.ranking("song_title")[0]
    (song,) = list(top.songs)[:1]
    assert_totals(served, fixed, fixed.recount.where(song_id=song), {"song_id": song})


def test_days_and_seconds_are_of_its_rows(served: Served, fixed: Fixed) -> None:
    rows = served.get(fixed.token, "evolution")["data"]
    last = date.fromisoformat(rows[-1]["date"])
    assert_series(rows, fixed.recount.per_day(last=last))
    rows = served.get(fixed.token, "evolution_per_second", seconds=MOST_SECONDS)["data"]
    assert_series(rows, fixed.recount.per_second([row["date"] for row in rows]))
    rows = served.get(fixed.token, "evolution", days=5, compare="previous")["data"]
    before = fixed.recount.per_day(last - timedelta(days=9), last - timedelta(days=5))
    assert [row["previous_plays"] for row in rows] == [plays for plays, _ in before.values()]
    assert sum(row["previous_plays"] for row in rows) > 0


def test_a_trend_is_of_its_rows(served: Served, fixed: Fixed) -> None:
    answer = served.answer(fixed.token, "ranking_by", by="country", trend=5, limit=100)
    last = datetime.fromisoformat(answer["as_of"]).date()
    first = last - timedelta(days=4)
    for row in answer["data"]:
        days = fixed.recount.where(country=row["country"]).per_day(first, last)
        assert row["trend"] == [plays for plays, _ in days.values()]
    assert sum(sum(row["trend"]) for row in answer["data"]) > 0


def test_a_search_finds_only_what_was_played_in_its_rows_with_its_plays(served: Served, fixed: Fixed) -> None:
    plays: dict[tuple[str, str, str], int] = {}
    for kind, by in (("artist", "artist"), ("song", "song_title"), ("album", "album_name")):
        for rank in fixed.recount.ranking(by):
            name, artists = (*rank.names, "")[:2]
            plays[kind, name, artists] = plays.get((kind, name, artists), 0) + rank.plays
    names = [name for _, name, _ in plays]
    found = set()
    for wanted in ("", "a", "e", *names[:3], *names[-3:], fixed.other):
        rows = served.get(fixed.token, "search", q=wanted, limit=MOST_ROWS)["data"]
        assert {row["plays"] for row in rows if (row["kind"], row["name"], row["artists"]) not in plays} == set()
        found |= {(row["kind"], row["name"], row["artists"]) for row in rows}
        for row in served.get(fixed.token, "search_artist", artist=wanted, limit=MOST_ROWS)["data"]:
            assert plays["artist", row["artist"], ""] == row["plays"]
    assert {kind for kind, _, _ in found} == {"artist", "song", "album"}


def test_what_tells_of_all_rows_stays_closed(served: Served, fixed: Fixed) -> None:
    for path in ("/v0/pipes/conservation.json", "/v0/pipes/facts.json", "/v0/pipes/facts.parquet", "/metrics"):
        status, said = served.servers[0].ask(path, token=fixed.token)
        assert (status, "this token is fixed to one" in said["detail"]) == (403, True)


def test_errors_are_the_same_whatever_the_rows(served: Served, fixed: Fixed) -> None:
    everything = served.create("--scope", "*")
    for path in (
        "totals.json?country=Atlantis",
        "totals.json?artist=",
        "ranking_by.json?by=label",
        "totals.xml",
        "nothing.json",
        "totals.json?x=1",
    ):
        said, to_all = (served.servers[0].ask(f"/v0/pipes/{path}", token=each) for each in (fixed.token, everything))
        assert said[1].pop("instance") != to_all[1].pop("instance")  # the request's own
        assert said == to_all
        assert said[0] in (400, 404)


def assert_totals(served: Served, fixed: Fixed, recount: Recount, filters: dict[str, Any]) -> None:
    (row,) = served.get(fixed.token, "totals", **filters)["data"]
    expected = recount.totals()
    assert_income(row.pop("income"), Fraction(expected.pop("income")))
    assert row == expected
