"""Claims about turns: short answers leave the event loop to others, there are never too many, and none is made late or for nobody."""

import asyncio
import re
import time

import pytest

from web.metrics import Instruments
from web.problems import Problem
from web.turns import Turns


def new_turns(instruments: Instruments, *, most: int = 10, seconds: float = 60) -> Turns:
    return Turns("turns", most, seconds, instruments)


def metric(instruments: Instruments, name: str, **labels: str) -> float:
    return instruments.registry.get_sample_value(name, labels) or 0


async def test_no_two_short_answers_are_made_in_one_round_of_the_loop() -> None:
    turns, order = new_turns(Instruments()), list[str]()

    async def ask(name: str) -> None:
        await turns.run(lambda: order.append(name))

    def round_of_the_loop() -> None:
        order.append("|")
        if "c" not in order:
            asyncio.get_running_loop().call_soon(round_of_the_loop)

    asked = [asyncio.ensure_future(ask(name)) for name in "abc"]
    round_of_the_loop()
    await asyncio.gather(*asked)
    assert re.fullmatch(r"\|+a\|+b\|+c\|?", "".join(order)), order


async def test_short_answers_are_made_in_the_order_in_which_they_are_asked_for() -> None:
    turns, order, asked = new_turns(Instruments()), list[str](), list[asyncio.Future[None]]()
    for name in "abcdefgh":
        asked.append(asyncio.ensure_future(turns.run(lambda name=name: order.append(name))))  # type: ignore[misc]
        if name > "c":  # three wait already: each of the others comes in a round in which a turn ends
            await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert order == list("abcdefgh")


async def test_of_short_answers_too_there_are_never_too_many_and_none_is_made_for_nobody() -> None:
    instruments = Instruments()
    turns, made = new_turns(instruments, most=3), list[str]()

    async def ask(name: str) -> None:
        await turns.run(lambda: made.append(name))

    asked = [asyncio.ensure_future(ask(name)) for name in "abcde"]
    await asyncio.sleep(0)
    assert metric(instruments, "artist360_queries_waiting", threads="turns") == 3
    asked[2].cancel()
    ends = await asyncio.gather(*asked, return_exceptions=True)
    assert made == ["a", "b", "d"]
    assert isinstance(ends[2], asyncio.CancelledError)
    assert isinstance(ends[4], Problem)
    assert (ends[4].status, ends[4].headers["Retry-After"]) == (503, "1")
    assert [metric(instruments, "artist360_queries_total", end=end) for end in ("answered", "left", "refused")] == [3, 1, 1]


async def test_a_short_answer_that_waits_for_its_turn_when_the_server_stops_is_not_made() -> None:
    instruments = Instruments()
    turns, made = new_turns(instruments), list[str]()
    asked = [asyncio.ensure_future(turns.run(lambda name=name: made.append(name))) for name in "ab"]  # type: ignore[misc]
    await asyncio.sleep(0)
    turns.close()
    first, second = await asyncio.gather(*asked, return_exceptions=True)
    assert (first, made) == (None, ["a"])
    assert isinstance(second, Problem)
    assert second.detail == "the server stops"
    with pytest.raises(Problem, match="the server stops"):
        await turns.run(lambda: made.append("c"))
    assert [metric(instruments, "artist360_queries_total", end=end) for end in ("answered", "left", "failed")] == [1, 1, 0]


async def test_a_short_answer_whose_turn_comes_too_late_is_refused_and_not_made() -> None:
    instruments = Instruments()
    turns, made = new_turns(instruments, seconds=0.5), list[str]()

    def slow() -> None:
        time.sleep(0.6)  # what holds up the loop
        made.append("slow")

    works = (lambda: made.append("first"), slow, lambda: made.append("late"))
    *_, late = await asyncio.gather(*map(turns.run, works), return_exceptions=True)
    assert made == ["first", "slow"]
    assert isinstance(late, Problem)
    assert late.status == 503
    assert metric(instruments, "artist360_queries_total", end="timed_out") == 1


async def test_an_error_of_the_work_comes_through_and_the_next_answer_is_made() -> None:
    turns = new_turns(Instruments())

    def broken() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await turns.run(broken)
    assert await turns.run(lambda: 7) == 7
