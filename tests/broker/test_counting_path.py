"""The whole path: plays in through real Kafka, and every number that comes out equal to an independent recount."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from app.broker import BrokerStatus
from tests.broker.conftest import Plays, open_site
from tests.broker.recount import Recount, assert_income, assert_ranking, assert_series
from tests.broker.site import Site, play, read_warehouse
from tests.broker.truth import Truth
from tests.broker.worker_process import WorkerProcess
from web.metrics import PER_PARTITION

MOST_ROWS = 10_000
MOST_SECONDS = 600
LIVE_KEPT_SECONDS = 900

BY_HAND = [
    play(country="spain"),
    play(country=" South Korea "),
    play(country="Atlantis"),
    play(country=""),
    play(source="  Apple Music "),
    play(play_time="2020-02-29T23:59:59.9Z"),
    play(play_time="2026-01-01T00:30:00+02:00"),
    play("ünknown-🎵"),
    play(extra={"deep": [1, 2]}, more=float("1e300")),
    b'{"external_id": "1st", "external_id": "last wins", "play_time": "2026-01-01 00:00:00", "country": "ES", "source": "spotify"}',
    b'{"external_id": "big", "play_time": "2026-01-01 00:00:00", "country": "ES", "source": "spotify", "n": 1e999, "m": 12345678901234567}',
    None,
    b"",
    b"[]",
    play(source="♫"),
    play(at=datetime.now(UTC) + timedelta(days=2)),
]
"""What the simulation does not send: eleven plays and five that are none."""


class Counted(NamedTuple):
    """A site with everything counted, and the truth about it."""

    site: Site
    worker: WorkerProcess
    truth: Truth

    @property
    def recount(self) -> Recount:
        return Recount(self.truth.catalogue, self.truth.plays)

    def get(self, endpoint: str, **params: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.worker.get(endpoint, **params)["data"]
        return rows


@pytest.fixture(scope="module")
def counted(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory, songs_csv: Path, plays: Plays) -> Iterator[Counted]:
    """200,000 plays, by one worker that counts and serves."""
    with open_site(str(kafka.address), tmp_path_factory.mktemp("path"), songs_csv) as site:
        site.produce([*plays(200_000, seed=7), *BY_HAND])
        worker = site.worker().start().await_ready()
        site.await_served(worker)
        yield Counted(site, worker, site.truth())


def test_the_plays_are_as_varied_as_the_claims_about_them(counted: Counted) -> None:
    truth = counted.truth
    assert len(truth.records) == 200_000 + len(BY_HAND)
    assert 1_500 < len(truth.rejected) < 2_500
    assert sum(play.live for play in truth.plays) > 30_000
    assert sum(play.song not in truth.catalogue for play in truth.plays) > 1_500
    assert sum(len(truth.catalogue[play.song].artists) > 1 for play in truth.plays if play.song in truth.catalogue) > 10_000
    assert len({fact[1] for fact in truth.daily}) > 30
    assert all(count > 10_000 for count in truth.per_partition(truth.plays))


def test_every_record_is_counted_or_rejected(counted: Counted) -> None:
    truth = counted.truth
    consumed, plays, rejected = (truth.per_partition(items) for items in (truth.records, truth.plays, truth.rejected))
    assert counted.get("conservation") == [
        {
            "partition": partition,
            "consumed": consumed[partition],
            "counted": plays[partition],
            "rejected": rejected[partition],
            "stored": plays[partition],
            "watermark": end,
            "log_end": end,
            "lag": 0,
        }
        for partition, end in sorted(truth.ends.items())
    ]
    assert [a + b for a, b in zip(plays, rejected, strict=True)] == consumed


def test_a_scraper_with_the_token_gets_the_same_figures(counted: Counted) -> None:
    assert counted.worker.ask("/metrics", token=None)[0] == 401
    scraped = counted.worker.scrape()
    for row in counted.get("conservation"):
        for metric in PER_PARTITION:
            assert [value for name, value in scraped[str(row["partition"])].items() if name.startswith(metric.name)] == [row[metric.column]]
    assert scraped[""]["artist360_ready"] == 1


def test_an_answer_is_the_same_in_every_format(counted: Counted, tmp_path: Path) -> None:
    query = "by=song_title,country&limit=500"
    answer = counted.worker.get("ranking_by", by="song_title,country", limit=500)
    named, expected = [column["name"] for column in answer["meta"]], answer["data"]
    body, headers = counted.worker.download(f"/v0/pipes/ranking_by.ndjson?{query}")
    assert [json.loads(line) for line in body.splitlines()] == expected
    assert headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert json.loads(headers["X-Watermarks"]) == answer["watermarks"]
    body, headers = counted.worker.download(f"/v0/pipes/ranking_by.csv?{query}")
    header, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
    assert (header, [row[named.index("plays")] for row in rows]) == (named, [str(row["plays"]) for row in expected])
    body, _ = counted.worker.download(f"/v0/pipes/ranking_by.parquet?{query}")
    (tmp_path / "ranking.parquet").write_bytes(body)
    with duckdb.connect() as connection:
        read = connection.execute("FROM read_parquet(?)", [str(tmp_path / "ranking.parquet")]).fetchall()
    assert [dict(zip(named, row, strict=True)) for row in read] == expected
    assert counted.worker.ask("/v0/pipes/ranking_by.xml", token=counted.worker.token)[0] == 404


def test_an_answer_names_the_offsets_that_it_holds(counted: Counted) -> None:
    answer = counted.worker.get("totals")
    assert answer["watermarks"] == {str(partition): end for partition, end in counted.truth.ends.items()}
    assert abs(datetime.fromisoformat(answer["as_of"]) - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize(
    "by",
    ["artist", "song_title", "album_name", "country", "source", "genre", "artist,country", "genre,source", "song_title,country"],
)
def test_a_ranking_is_the_recount(counted: Counted, by: str) -> None:
    expected = counted.recount.ranking(*by.split(","))
    answer = counted.worker.get("ranking_by", by=by, limit=MOST_ROWS)
    assert answer["rows_before_limit_at_least"] == len(expected)
    assert_ranking(answer["data"], expected[:MOST_ROWS])
    assert_ranking(counted.get("ranking_by", by=by, limit=7, offset=5), expected[5:12])


def test_a_ranking_without_parameters_is_of_twenty_artists(counted: Counted) -> None:
    assert_ranking(counted.get("ranking_by"), counted.recount.ranking("artist")[:20])


FILTERS: dict[str, dict[str, str | list[str]]] = {
    "none": {},
    "country": {"country": "GB"},
    "countries": {"country": ["ES", "FR", "KR"]},
    "unknown country": {"country": "ZZ"},
    "service": {"source": "apple music"},
    "genre and country": {"genre": "POP", "country": "US"},
    "an unknown song": {"song_id": "ünknown-🎵"},
    "nothing": {"song": "no song has this title"},
}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_filtered_totals_rankings_and_days_are_the_recount(counted: Counted, filters: dict[str, str | list[str]]) -> None:
    recount = counted.recount.where(**filters)
    assert_totals(counted.get("totals", **filters), recount)
    assert_ranking(counted.get("ranking_by", by="artist", limit=MOST_ROWS, **filters), recount.ranking("artist"))
    assert_ranking(counted.get("ranking_by", by="song_title", limit=50, **filters), recount.ranking("song_title")[:50])
    assert_days(counted, recount, filters)


def test_an_artist_sees_the_own_share_of_each_song(counted: Counted) -> None:
    for artist in collaborators(counted)[:3]:
        loud = artist.upper()
        recount = counted.recount.where(artist=artist)
        assert_totals(counted.get("totals", artist=loud), recount)
        for by in ("artist", "song_title", "country", "album_name"):
            assert_ranking(counted.get("ranking_by", by=by, artist=loud, limit=MOST_ROWS), recount.ranking(by))
        assert_days(counted, recount, {"artist": loud})


def test_two_artists_of_one_song_are_asked_for_together(counted: Counted) -> None:
    both = max((song.artists for song in counted.truth.catalogue.values()), key=len)[:2]
    recount = counted.recount.where(artist=list(both))
    assert recount.plays
    assert_totals(counted.get("totals", artist=list(both)), recount)
    assert_ranking(counted.get("ranking_by", artist=list(both)), recount.ranking("artist"))


def test_songs_and_albums_are_found_by_their_whole_names(counted: Counted) -> None:
    song = counted.recount.ranking("song_title")[0].names[0]
    album, first = next(rank.names for rank in counted.recount.ranking("album_name") if rank.names[0])
    for filters in ({"song": song}, {"album": album}, {"album": album, "album_artist": first}):
        recount = counted.recount.where(**filters)
        assert recount.plays
        assert_totals(counted.get("totals", **filters), recount)
        assert_totals(counted.get("totals", **{name: value[:-1] for name, value in filters.items()}), counted.recount.where(song="\0"))


def test_country_names_mean_their_codes(counted: Counted) -> None:
    assert counted.get("totals", country=["spain", "United Kingdom"]) == counted.get("totals", country=["GB", "ES"])
    assert counted.get("totals", platform="Spotify") == counted.get("totals", source="spotify")


def test_days_are_cut_where_they_are_asked_to_be(counted: Counted) -> None:
    first, last = sorted(date.fromisoformat(fact[1]) for fact in counted.truth.daily)[len(counted.truth.daily) // 2], today(counted)
    first = min(first, last - timedelta(days=3))
    last = last - timedelta(days=1)
    span = {"date_from": first.isoformat(), "date_to": last.isoformat()}
    recount = counted.recount.between(first, last)
    assert recount.plays
    assert_totals(counted.get("totals", **span), recount)
    assert_ranking(counted.get("ranking_by", by="country", limit=MOST_ROWS, **span), recount.ranking("country"))
    assert_series(counted.get("evolution", **span), recount.per_day(first, last))

    week = counted.recount.between(today(counted) - timedelta(days=6), today(counted))
    assert_series(counted.get("evolution", days=7), week.per_day(today(counted) - timedelta(days=6), today(counted)))


def test_seconds_are_the_recount(counted: Counted) -> None:
    rows = counted.get("evolution_per_second", seconds=MOST_SECONDS)
    assert len(rows) == MOST_SECONDS
    assert sum(row["plays"] for row in rows) > 10_000
    seconds = [row["date"] for row in rows]
    assert datetime.fromisoformat(seconds[-1]) - datetime.fromisoformat(seconds[0]) == timedelta(seconds=MOST_SECONDS - 1)
    assert_series(rows, counted.recount.per_second(seconds))

    artist = collaborators(counted)[0]
    for filters in ({"country": "US"}, {"artist": artist}):
        rows = counted.get("evolution_per_second", seconds=MOST_SECONDS, **filters)
        assert_series(rows, counted.recount.where(**filters).per_second([row["date"] for row in rows]))
    assert len(counted.get("evolution_per_second")) == 120


def test_an_artist_is_found_by_a_rough_name_with_its_plays(counted: Counted) -> None:
    ranks = {rank.names[0]: rank for rank in counted.recount.ranking("artist")}
    for artist in list(ranks)[:200:20]:
        for wanted in (artist, artist.upper(), artist.replace(" ", "-"), f"  {artist}!"):
            rows = counted.get("search_artist", artist=wanted, limit=MOST_ROWS)
            assert rows[0]["artist"] == artist, wanted
            for row in rows:
                assert row["plays"] == ranks[row["artist"]].plays
                assert row["song_id"] in ranks[row["artist"]].songs
    long = next(artist for artist in ranks if len(artist) > 12 and artist.isascii())
    swapped = long[:4] + long[5] + long[4] + long[6:]
    assert long in [row["artist"] for row in counted.get("search_artist", artist=swapped)]


def test_the_rejected_records_are_there_once(counted: Counted) -> None:
    counted.site.assert_rejected_once(counted.truth)


def test_a_follower_of_the_changelog_ends_with_the_same_counts(counted: Counted) -> None:
    counted.site.assert_changelog_is(counted.truth)


def test_the_file_of_a_stopped_worker_holds_each_key_with_its_plays(counted: Counted, tmp_path: Path) -> None:
    counted.worker.stop()
    stored = read_warehouse(counted.worker.settings.data, tmp_path / "copy")
    counted.worker.start().await_ready()
    truth = counted.truth
    assert stored.daily == truth.daily
    newest = max(record.timestamp for record in truth.records) // 1000
    kept_from = datetime.fromtimestamp(newest - LIVE_KEPT_SECONDS, UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert {fact: plays for fact, plays in stored.live.items() if fact[1] >= kept_from} == {
        fact: plays for fact, plays in truth.live.items() if fact[1] >= kept_from
    }
    assert {partition: mark.next_offset for partition, mark in stored.watermarks.items()} == truth.ends
    assert_totals(counted.get("totals"), counted.recount)


# -- roles in processes of their own -----------------------------------------------------------------------------------


def test_servers_that_follow_a_counting_worker_answer_the_same_and_so_does_one_that_came_later(site: Site, plays: Plays) -> None:
    site.produce(plays(20_000, seed=11))
    site.worker("counting", role="count").start()
    server = site.worker("server-1", role="serve").start().await_ready()
    site.await_served(server)
    truth = site.truth()
    assert_serves(server, truth)

    later = site.worker("server-2", role="serve").start().await_ready()
    site.await_served(later)
    assert_serves(later, truth)

    site.produce(plays(5_000, seed=12))
    for each in (server, later):
        site.await_served(each)
    truth = site.truth()
    for each in (server, later):
        assert_serves(each, truth)
        each.stop()
        assert read_warehouse(each.settings.data, site.folder / "copy").daily == truth.daily


# -- what the tests say of an answer -----------------------------------------------------------------------------------


def assert_serves(server: WorkerProcess, truth: Truth) -> None:
    recount = Recount(truth.catalogue, truth.plays)
    assert_totals(server.get("totals")["data"], recount)
    for by in ("artist", "song_title", "country"):
        assert_ranking(server.get("ranking_by", by=by, limit=MOST_ROWS)["data"], recount.ranking(by))
    rows = server.get("evolution_per_second", seconds=MOST_SECONDS)["data"]
    assert_series(rows, recount.per_second([row["date"] for row in rows]))


def assert_totals(rows: list[dict[str, Any]], recount: Recount) -> None:
    (row,) = rows
    expected = recount.totals()
    assert_income(row.pop("income"), Fraction(expected.pop("income")))
    assert row == expected


def assert_days(counted: Counted, recount: Recount, filters: dict[str, Any]) -> None:
    days = [date.fromisoformat(fact) for fact in {f"{datetime.fromtimestamp(play.second, UTC):%Y-%m-%d}" for play in recount.plays}]
    now = today(counted)
    expected = recount.per_day(min(days, default=now), max([*days, now]))
    assert_series(counted.get("evolution_plays_income_from_mv", **filters), expected)
    assert sum(plays for plays, _ in expected.values()) == len(recount.plays)


def today(counted: Counted) -> date:
    return datetime.fromisoformat(counted.worker.get("totals")["as_of"]).date()


def collaborators(counted: Counted) -> list[str]:
    """Artists that share songs, most plays first."""
    shared: Counter[str] = Counter()
    for each in counted.truth.plays:
        song = counted.truth.catalogue.get(each.song)
        if song and len(song.artists) > 1:
            shared.update(song.artists)
    return [artist for artist, _ in shared.most_common(10)]
