"""Claims about queries: there are never too many, none runs for ever or for nobody, and folding goes on beside them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, current_thread
from time import monotonic, thread_time
from typing import Any

import pytest
import pytest_asyncio

from tables.allowance import Allowance, BeyondAllowance
from tables.following import Freshness
from tests.broker.waiting import GENEROUS_SECONDS
from tests.served import AS_OF, TOTALS, Served, served
from web.answers import Answer, answer
from web.endpoints import TOTALS as ENDPOINT
from web.grants import EVERY_ROW
from web.metrics import Instruments
from web.parameters import read_query
from web.problems import Problem
from web.queries import Queries
from web.questions import Allowed
from web.reader import LONG, LONG_THREADS, ROWS_PER_WRITTEN, SHORT_ROWS, STREAMS

VALUES = read_query(ENDPOINT.params, [])
PARQUET = TOTALS.replace("json", "parquet")


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path, queries=6) as opened:
        yield opened


@pytest.fixture
def go() -> Iterator[Event]:
    """What threads wait for; set in the end, whatever comes, for they would keep the process."""
    event = Event()
    yield event
    event.set()


def endless(site: Served) -> Callable[[Allowance], Any]:
    """Return work that looks at the counts again and again, and ends only when it is broken off."""

    def work(allowance: Allowance) -> Any:
        while True:
            count(site)(allowance)

    return work


def count(site: Served) -> Callable[[Allowance], Any]:
    def work(allowance: Allowance) -> Any:
        view = Allowed(site.serving.warehouse, allowance)
        return answer(view, Freshness(ready=True, as_of=AS_OF), ENDPOINT, VALUES, EVERY_ROW).rows[0]["plays"]

    return work


def new_queries(site: Served, *, seconds: float, threads: int = 1, most: int = 10) -> Queries:
    return Queries("test", threads, most, seconds, site.worker.instruments)


async def test_a_query_that_takes_too_long_is_broken_off_and_the_next_one_answers(site: Served) -> None:
    queries = new_queries(site, seconds=0.2)
    with pytest.raises(Problem, match=r"not there after 0\.2 s \(ARTIST360_QUERY_SECONDS\)") as refused:
        await queries.run(endless(site))
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
    await site.until("artist360_queries_running", 0, threads="test")
    for _ in range(3):
        assert await new_queries(site, seconds=60).run(count(site)) == 360
    assert site.metric("artist360_queries_total", end="timed_out") == 1


async def test_a_query_that_waits_for_too_long_never_runs(site: Served, go: Event) -> None:
    queries, ran = new_queries(site, seconds=0.2), Event()
    first = asyncio.ensure_future(queries.run(lambda _: go.wait()))
    await site.until("artist360_queries_running", 1, threads="test")
    with pytest.raises(Problem, match="not there after"):
        await queries.run(lambda _: ran.set())
    with pytest.raises(Problem):
        await first
    go.set()
    await queries.close()
    assert not ran.is_set()


async def test_a_query_whose_client_is_gone_is_broken_off(site: Served) -> None:
    queries = new_queries(site, seconds=600)
    asked = asyncio.ensure_future(queries.run(endless(site)))
    await site.until("artist360_queries_running", 1, threads="test")
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await site.until("artist360_queries_running", 0, threads="test")
    assert site.metric("artist360_queries_total", end="left") == 1


async def test_an_answer_that_looks_at_very_many_counts_waits_for_others_that_do_and_no_other_waits_for_it(
    site: Served, go: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(then: Callable[[Answer], Any]) -> asyncio.Future[Any]:
        return asyncio.ensure_future(site.serving.reader.read(ENDPOINT, VALUES, EVERY_ROW, then))

    monkeypatch.setattr("web.reader.SHORT_ROWS", 0)
    long = [asked(lambda answer: go.wait() and answer.found) for _ in range(LONG_THREADS + 2)]
    await site.until("artist360_queries_running", LONG_THREADS, threads="long")
    await site.until("artist360_queries_waiting", 2, threads="long")
    monkeypatch.setattr("web.reader.SHORT_ROWS", 1_000)
    assert await asked(lambda answer: answer.found) == 1
    go.set()
    assert await asyncio.gather(*long) == [1] * len(long)
    assert site.metric("artist360_queries_total", end="moved") == len(long)


async def test_what_a_query_took_of_its_time_before_it_came_to_a_thread_is_not_given_to_it_again(
    tmp_path: Path, go: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path, query_seconds=600.0) as site:
        loop, ahead = asyncio.get_running_loop(), 0.0
        monkeypatch.setattr(loop, "time", lambda: monotonic() + ahead)

        def too_long_for_a_turn(_answer: Answer) -> bool:
            nonlocal ahead
            if not ahead:
                ahead = 600.0
                raise BeyondAllowance
            return go.wait()

        async with asyncio.timeout(600 + GENEROUS_SECONDS):
            with pytest.raises(Problem, match="not there after 600 s"):
                await site.serving.reader.read(ENDPOINT, VALUES, EVERY_ROW, too_long_for_a_turn)
        go.set()


async def test_an_answer_that_waits_for_its_turn_is_no_longer_one_for_that(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.reader.SHORT_SECONDS", 0.2)

    def slowly(answer: Answer) -> int:
        until = thread_time() + 0.1
        while thread_time() < until:
            pass
        return answer.found

    asked = [site.serving.reader.read(ENDPOINT, VALUES, EVERY_ROW, slowly) for _ in range(6)]
    assert await asyncio.gather(*asked) == [1] * len(asked)
    assert site.metric("artist360_queries_total", end="moved") == 0


async def test_a_client_that_closes_its_connection_takes_its_query_with_it(
    site: Served, go: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.reader.SHORT_ROWS", 0)
    others = [asyncio.ensure_future(hold(site, go)) for _ in range(LONG_THREADS)]
    await site.until("artist360_queries_running", LONG_THREADS, threads="long")
    async with site.wire() as wire:
        await wire.send(site.head())
        await site.until("artist360_queries_waiting", 1, threads="long")
    await site.until("artist360_queries_waiting", 0, threads="long")
    await site.until("artist360_queries_total", 1, end="left")
    go.set()
    await asyncio.gather(*others)


async def test_when_there_are_too_many_the_next_is_refused_at_once_and_all_others_go_on(site: Served, go: Event) -> None:
    held = [asyncio.ensure_future(hold(site, go)) for _ in range(6)]
    await site.until("artist360_queries_waiting", 6 - LONG_THREADS, threads="long")
    refused = await site.ask(PARQUET)
    assert (refused.status, refused.headers["retry-after"], refused.document["title"]) == (503, "1", "Too busy")
    assert b"artist360_counted_plays_total{partition=" in (await site.ask("/metrics")).body
    assert (await site.ask("/livez")).status == 200
    assert (await site.ask()).status == 200
    assert await site.serving.reader.read(ENDPOINT, VALUES, EVERY_ROW, lambda answer: answer.found, STREAMS) == 1
    go.set()
    await asyncio.gather(*held)
    assert (await site.ask(PARQUET)).status == 200
    assert site.metric("artist360_queries_total", end="refused") == 1


@pytest.mark.parametrize(
    ("path", "thread"),
    [
        (TOTALS, "MainThread"),
        (TOTALS.replace("totals", "ranking_by"), "MainThread"),
        (TOTALS.replace("totals", "ranking_by") + "?limit=10000", "long"),
        (TOTALS.replace("totals", "search") + "?q=tkn", "long"),
        (TOTALS.replace("totals", "facts") + "?limit=1", "long"),
        (PARQUET, "long"),
        (TOTALS.replace("totals", "conservation"), "MainThread"),
        (PARQUET.replace("totals", "conservation"), "long"),
    ],
)
async def test_only_short_answers_are_made_in_the_event_loop(site: Served, monkeypatch: pytest.MonkeyPatch, path: str, thread: str) -> None:
    monkeypatch.setattr("web.reader.SHORT_ROWS", 20 * ROWS_PER_WRITTEN + 1_000)
    monkeypatch.setattr("web.search.ROWS_PER_NAME", 8_000)
    monkeypatch.setattr("web.facts.ROWS_PER_SONG", 8_000)
    made_in = list[str]()

    def watched(*given: Any) -> Answer:
        made = answer(*given)
        made_in.append(current_thread().name.partition("_")[0])
        return made

    monkeypatch.setattr("web.reader.answer", watched)
    assert (await site.ask(path)).status == 200
    assert made_in == [thread]


@pytest.mark.parametrize("cost", ["ROWS_PER_SONG", "ROWS_PER_ORDERED"])
async def test_facts_that_cost_too_much_to_put_in_order_are_ordered_in_a_thread(
    site: Served, monkeypatch: pytest.MonkeyPatch, cost: str
) -> None:
    monkeypatch.setattr(f"web.facts.{cost}", SHORT_ROWS)
    assert (await site.ask(TOTALS.replace("totals", "facts") + "?limit=1")).status == 200
    assert site.metric("artist360_queries_total", end="moved") == 1


async def test_an_endless_query_does_not_keep_the_flush_from_folding(site: Served) -> None:
    queries = new_queries(site, seconds=600)
    asked = asyncio.ensure_future(queries.run(endless(site)))
    await site.until("artist360_queries_running", 1, threads="test")
    await asyncio.to_thread(site.fold, 361, 401)
    assert site.metric("artist360_queries_running", threads="test") == 1
    assert (await site.ask()).headers["x-watermarks"] == '{"0":401}'
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked
    await site.until("artist360_queries_running", 0, threads="test")


async def test_closing_breaks_off_what_runs_and_takes_no_more(site: Served) -> None:
    queries = new_queries(site, seconds=600)
    asked = [asyncio.ensure_future(queries.run(endless(site))) for _ in range(2)]
    await site.until("artist360_queries_waiting", 1, threads="test")
    await queries.close()
    for each in asked:
        with pytest.raises(Problem, match="the server stops"):
            await each
    with pytest.raises(Problem, match="the server stops"):
        await queries.run(count(site))


async def test_an_error_of_the_work_itself_comes_through(tmp_path: Path) -> None:
    queries = Queries("test", 1, 1, 600, Instruments())

    def broken(_: Allowance) -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await queries.run(broken)
    await queries.close()


async def test_a_slow_query_is_logged_with_its_parameters_and_never_the_token(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with served(tmp_path, slow_query_seconds=0.0) as site:
        await site.ask(f"{TOTALS}?country=spain&token={site.token}", X_Request_Id="mine")
    (line,) = [record for record in caplog.records if record.message == "slow query"]
    data = vars(line)["data"]
    assert data.pop("seconds") >= 0
    assert data == {"request": "mine", "endpoint": "totals", "parameters": "{'country': ['ES']}"}
    assert site.token not in caplog.text


async def test_a_fast_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with served(tmp_path, slow_query_seconds=600.0) as site:
        await site.ask()
    assert [record for record in caplog.records if record.message == "slow query"] == []


async def hold(site: Served, go: Event) -> None:
    """Take a place among the queries until *go*."""
    await site.serving.reader.read(ENDPOINT, VALUES, EVERY_ROW, lambda _answer: go.wait(), LONG)
