"""Claims about simulated plays: their shape, rhythm and chances, how they are paced, and that they all arrive."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogue import generate_songs
from app.producer import NotReachable, Produced, produce
from app.simulation import BAD_WAYS, COUNTRIES, SOURCES, TASTES, Pace, Simulation
from tables.songs import Song, Songs
from tests.broker.waiting import GENEROUS_SECONDS, until

NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
DAY = 86_400
STEADY_SEED = 0
SHAPE = re.compile(
    r'\{"external_id": "[0-9A-Za-z]{22}", "play_time": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "country": "[A-Z]{2}", '
    r'"source": "[a-z ]+"\}'
)


@pytest.fixture(scope="module")
def songs() -> Songs:
    return generate_songs(2000)


def read(events: list[bytes]) -> list[dict[str, str]]:
    return [json.loads(event) for event in events]


def seconds(event: dict[str, str]) -> int:
    return int(datetime.strptime(event["play_time"] + "Z", "%Y-%m-%d %H:%M:%S%z").timestamp())


def test_an_event_has_exactly_the_agreed_shape(songs: Songs) -> None:
    events = Simulation(songs).plays(2000, NOON)
    assert all(SHAPE.fullmatch(event.decode()) for event in events)
    assert {event["play_time"] for event in read(events)} == {"2026-11-23 12:00:00"}
    assert {event["source"] for event in read(events)} <= set(SOURCES)


def test_the_same_seed_makes_the_same_plays(songs: Songs) -> None:
    def made(seed: int) -> list[bytes]:
        simulation = Simulation(songs, seed=seed, bad_share=0.01, unknown_share=0.01)
        return simulation.plays(500, NOON) + simulation.plays(500, NOON - 9 * DAY, 9 * DAY)

    assert made(1) == made(1)
    assert made(1) != made(2)


@given(
    start=st.integers(946_684_800, 4_000_000_000),
    span=st.integers(0, 20 * DAY),
    count=st.integers(0, 300),
)
@settings(deadline=None, max_examples=50)
def test_times_are_within_what_was_asked_for_and_in_order(start: int, span: int, count: int) -> None:
    events = read(TINY.plays(count, start, span))
    times = [seconds(event) for event in events]
    assert len(times) == count
    assert times == sorted(times)
    assert all(start <= at < start + max(span, 1) for at in times)


@given(st.integers(1, 3000), st.integers(1, 40), st.integers(1, 700))
@settings(deadline=None, max_examples=30)
def test_a_history_has_exactly_the_count_within_its_days(count: int, days: int, batch: int) -> None:
    batches = list(TINY.history(count, NOON, days, batch=batch))
    times = [seconds(event) for part in batches for event in read(part)]
    assert len(times) == count
    assert max(map(len, batches)) <= batch
    assert all(NOON - days * DAY <= at < NOON for at in times)


TINY = Simulation([Song(f"{n:022d}", "", ("A",), "T", "", "", "pop", 1.0) for n in range(5)])


def test_a_start_may_be_a_datetime_with_a_time_zone(songs: Songs) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
    (event,) = read(Simulation(songs).plays(1, at))
    assert event["play_time"] == "2026-01-02 03:04:05"
    with pytest.raises(ValueError, match="time zone"):
        Simulation(songs).plays(1, at.replace(tzinfo=None))


def test_nights_are_quiet_and_evenings_loud_by_local_time(songs: Songs) -> None:
    simulation = Simulation(songs)
    events = [event for part in simulation.history(300_000, NOON, 28) for event in read(part)]
    for code, utc_hours in (("ES", 1), ("US", -6), ("JP", 9)):
        hours = Counter((seconds(event) // 3600 + utc_hours) % 24 for event in events if event["country"] == code)
        assert hours[18] > 5 * hours[3], code


def test_fridays_are_louder_than_mondays(songs: Songs) -> None:
    plays = (event for part in Simulation(songs).history(200_000, NOON, 28) for event in read(part))
    days = Counter(datetime.fromtimestamp(seconds(event), UTC).weekday() for event in plays)
    assert days[4] > 1.08 * days[0]


def test_countries_awake_play_more(songs: Songs) -> None:
    def share(hour: int) -> float:
        countries = Counter(event["country"] for event in read(Simulation(songs).plays(20_000, NOON + hour * 3600)))
        return countries["JP"] / 20_000

    assert share(-3) > 2 * share(6)  # 18:00 in Japan against 3:00


def test_countries_and_services_follow_their_weights(songs: Songs) -> None:
    events = [event for part in Simulation(songs).history(200_000, NOON, 7) for event in read(part)]
    countries = Counter(event["country"] for event in events)
    total = sum(country.weight for country in COUNTRIES)
    for country in COUNTRIES[:10]:
        assert countries[country.code] / len(events) == pytest.approx(country.weight / total, rel=0.1)
    assert len(countries) == len(COUNTRIES) >= 60
    sources = Counter(event["source"] for event in events)
    assert [source for source, _ in sources.most_common(3)] == ["spotify", "apple music", "amazon"]
    french = Counter(event["source"] for event in events if event["country"] == "FR")
    assert french["deezer"] / french.total() > 3 * sources["deezer"] / sources.total()


def test_every_country_has_a_taste_and_a_code_of_its_own() -> None:
    assert {country.taste for country in COUNTRIES} <= set(TASTES)
    assert len({country.code for country in COUNTRIES}) == len(COUNTRIES)


def test_songs_follow_their_weights_where_nothing_is_a_hit() -> None:
    weights = (0.0, 1.0, 3.0, 6.0)
    songs = [Song(str(n), "", ("A",), "T", "", "", "", weight) for n, weight in enumerate(weights)]
    # A seed whose four songs are no hits: hits rise above their weights.
    counts = Counter(event["external_id"] for event in read(Simulation(songs, seed=STEADY_SEED).plays(50_000, NOON)))
    assert [counts[str(n)] / 50_000 for n in range(4)] == pytest.approx([0, 0.1, 0.3, 0.6], abs=0.02)


def test_hits_rise_and_fall(songs: Songs) -> None:
    def chart(day: int) -> list[str]:
        events = read(Simulation(songs).plays(30_000, NOON + day * DAY))
        return [song for song, _ in Counter(event["external_id"] for event in events).most_common(40)]

    assert len(set(chart(0)) & set(chart(1))) > 30
    assert len(set(chart(0)) & set(chart(150))) < 36


def test_countries_prefer_their_own_music(songs: Songs) -> None:
    def share(country: str) -> float:
        genres = [
            song.genre
            for event in read(Simulation(songs).plays(50_000, NOON))
            if event["country"] == country and (song := songs.get(event["external_id"]))
        ]
        return sum(genre in TASTES["latin"] for genre in genres) / len(genres)

    assert share("ES") > 1.5 * share("GB")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_bad_events_come_as_often_as_asked_for(songs: Songs, share: float) -> None:
    simulation = Simulation(songs, bad_share=share)
    events = simulation.plays(20_000, NOON)
    bad = sum(not is_good(event) for event in events)
    assert bad == simulation.bad
    assert simulation.made == 20_000
    assert bad / 20_000 == pytest.approx(share, abs=0.02)


def is_good(event: bytes) -> bool:
    return SHAPE.fullmatch(event.decode("utf-8", "replace")) is not None and b"2199-" not in event and b"1970-" not in event


@pytest.mark.parametrize("way", BAD_WAYS)
def test_every_way_of_being_bad_breaks_the_event(way: str) -> None:
    play = {
        "external_id": "6ZKv8Ug8EnnDJzUrGFNgAb",
        "play_time": "2026-11-23 07:01:12",
        "country": "ES",
        "source": "spotify",
    }
    assert is_good(json.dumps(play).encode())
    assert not is_good(BAD_WAYS[way](play))


def test_unknown_songs_come_as_often_as_asked_for(songs: Songs) -> None:
    events = read(Simulation(songs, unknown_share=0.05).plays(20_000, NOON))
    unknown = [event for event in events if songs.get(event["external_id"]) is None]
    assert len(unknown) / len(events) == pytest.approx(0.05, abs=0.01)
    assert all(re.fullmatch(r"unknown\w{1,30}", event["external_id"]) for event in unknown)


def test_a_catalogue_without_popularity_is_played_evenly() -> None:
    songs = [Song(str(n), "", ("A",), "T", "", "", "", 0.0) for n in range(4)]
    assert len(Counter(event["external_id"] for event in read(Simulation(songs).plays(1000, NOON)))) == 4


def test_ids_with_quotes_and_accents_stay_json() -> None:
    (event,) = read(Simulation([Song('a"\\é', "", ("A",), "T", "", "", "", 1.0)]).plays(1, NOON))
    assert event["external_id"] == 'a"\\é'


@pytest.mark.parametrize("wrong", [{"bad_share": -0.1}, {"bad_share": 1.1}, {"unknown_share": 2}])
def test_a_share_outside_0_to_1_is_refused(songs: Songs, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Simulation(songs, **wrong)


def test_a_catalogue_without_songs_is_refused() -> None:
    with pytest.raises(ValueError, match="no songs"):
        Simulation([])


def test_plays_are_made_far_faster_than_they_are_sent(songs: Songs) -> None:
    simulation = Simulation(songs, bad_share=0.001)
    simulation.plays(5000, NOON)
    started = time.perf_counter()
    for _ in range(40):
        simulation.plays(5000, NOON)
    assert 200_000 / (time.perf_counter() - started) > 250_000


@given(st.floats(1, 1e6), st.lists(st.floats(0, 0.9), min_size=1, max_size=100))
def test_pacing_never_drifts_nor_runs_ahead(rate: float, pauses: list[float]) -> None:
    now, taken, pace = 1000.0, 0, Pace(rate, 1000.0)
    for pause in pauses:
        now += pause
        taken += pace.due(now)
        assert abs(taken - (now - 1000.0) * rate) <= 1.001


def test_a_long_pause_is_caught_up_for_one_second_only() -> None:
    pace = Pace(5000, 0.0)
    assert pace.due(1.0) == 5000
    assert pace.due(3600.0) == 5000
    assert pace.due(3600.0) == 0
    assert pace.due(3600.5) == 2500


TOPIC = "songplays"


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A broker inside the Kafka client library: real protocol, real client."""
    client = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "inside", "log_level": 2})
    cluster = client.list_topics(TOPIC, timeout=10)
    yield ",".join(f"{broker.host}:{broker.port}" for broker in cluster.brokers.values())
    del client


@pytest.fixture
def arrived(broker: str) -> Iterator["Arrived"]:
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test", "log_level": 2})
    yield Arrived(consumer)
    consumer.close()


class Arrived:
    """What came to the topic since this was made."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._before = self._ends()

    def by_partition(self) -> list[int]:
        return [end - before for end, before in zip(self._ends(), self._before, strict=True)]

    def events(self) -> list[bytes]:
        count = sum(self.by_partition())
        self._consumer.assign([TopicPartition(TOPIC, number, offset) for number, offset in enumerate(self._before)])
        events: list[bytes] = []
        while len(events) < count:
            events += [message.value() or b"" for message in self._consumer.consume(count, timeout=1)]
        return events

    def _ends(self) -> list[int]:
        partitions = self._consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
        ends = [self._consumer.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=10) for number in partitions]
        return [end for _, end in ends]


def test_every_play_arrives_once_and_evenly_over_the_partitions(broker: str, songs: Songs, arrived: Arrived) -> None:
    produced = produce({"bootstrap.servers": broker}, TOPIC, songs, rate=0, count=20_000)
    assert (produced.sent, produced.failed) == (20_000, 0)
    assert sum(arrived.by_partition()) == 20_000
    assert max(arrived.by_partition()) < 1.1 * min(arrived.by_partition())
    assert sum(is_good(event) or b'"unknown' in event for event in arrived.events()) == 20_000 - produced.bad


def test_plays_are_sent_at_the_rate_asked_for(broker: str, songs: Songs) -> None:
    produced = produce({"bootstrap.servers": broker}, TOPIC, songs, rate=4000, count=4000)
    assert produced.rate == pytest.approx(4000, rel=0.15)


def test_plays_that_do_not_fit_in_the_queue_wait(broker: str, songs: Songs, arrived: Arrived) -> None:
    produce({"bootstrap.servers": broker, "queue.buffering.max.messages": 500}, TOPIC, songs, rate=0, count=5000)
    assert sum(arrived.by_partition()) == 5000


def test_past_days_are_spread_over_them(broker: str, songs: Songs, arrived: Arrived) -> None:
    produce({"bootstrap.servers": broker}, TOPIC, songs, rate=0, count=3000, days=30, bad_share=0)
    days = {event["play_time"][:10] for event in read(arrived.events())}
    assert len(days) in {30, 31}
    assert max(days) <= datetime.now(UTC).date().isoformat()


def test_sending_stops_cleanly_when_told(broker: str, songs: Songs, arrived: Arrived) -> None:
    stop = threading.Event()
    ended: list[Produced] = []
    sending = threading.Thread(target=lambda: ended.append(produce({"bootstrap.servers": broker}, TOPIC, songs, stop=stop)))
    sending.start()
    until(lambda: sum(arrived.by_partition()) > 1000, "plays arrive")
    stop.set()
    sending.join(GENEROUS_SECONDS)
    assert ended[0].sent == sum(arrived.by_partition())


def test_a_topic_that_is_not_there_is_said_so(broker: str, songs: Songs) -> None:
    with pytest.raises(NotReachable, match="no topic 'nowhere'"):
        produce({"bootstrap.servers": broker}, "nowhere", songs, count=1)
