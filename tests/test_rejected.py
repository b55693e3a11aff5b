"""Claims about how rejected records come to whoever asks the server: read once for all, bounded, and an error that says what to do."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.application import bearer, open_application
from web.endpoints import REJECTED_MOST
from web.grants import Rows
from web.problems import Problem
from web.rejected import Newest, Unreadable

ASKED = "/v0/rejected.json"


async def test_many_that_ask_at_once_are_answered_by_one_reading() -> None:
    asked: list[int] = []

    def read(limit: int) -> list[dict[str, Any]]:
        asked.append(limit)
        return [{"offset": 1}]

    newest = Newest(read)
    answers = await asyncio.gather(*(newest.rows() for _ in range(20)))
    assert answers == [[{"offset": 1}]] * 20
    assert asked == [REJECTED_MOST]


async def test_what_kafka_does_not_give_is_a_503_that_says_why_and_the_next_asks_again() -> None:
    answers: list[Any] = [Unreadable("the Kafka at k:9092 does not answer"), [{"offset": 1}]]

    def read(limit: int) -> list[dict[str, Any]]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    newest = Newest(read)
    with pytest.raises(Problem, match="the Kafka at k:9092 does not answer") as caught:
        await newest.rows()
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "5")
    assert await newest.rows() == [{"offset": 1}]


async def test_a_reading_that_takes_too_long_is_a_503_and_holds_up_no_more_than_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.rejected.ANSWER_SECONDS", 0.05)
    over, running = threading.Event(), []

    def read(limit: int) -> list[dict[str, Any]]:
        running.append(threading.current_thread())
        over.wait()
        return []

    newest = Newest(read)
    try:
        for _ in range(3):
            with pytest.raises(Problem, match=r"within 0\.05 s") as caught:
                await newest.rows()
            assert caught.value.status == 503
        assert len(running) == 1
    finally:
        over.set()


async def test_only_the_scope_of_the_conservation_opens_them_and_never_a_token_that_is_fixed_to_some_rows(tmp_path: Path) -> None:
    async with open_application(tmp_path) as real:
        fixed = [real.token("*", "conservation", rows=rows) for rows in (Rows(artist="rosalia"), Rows(country="ES"))]
        expected = {real.token("totals", "metrics"): 403, **dict.fromkeys(fixed, 403), real.token("conservation"): 503}
        for token, status in expected.items():
            async with real.client.get(ASKED, headers=bearer(token)) as response:
                assert response.status == status, await response.text()  # 503: this server has no Kafka, and is not ready


@pytest.mark.parametrize("query", ["limit=0", f"limit={REJECTED_MOST + 1}", "limit=x", "kind=json"])
async def test_what_is_not_allowed_is_said(tmp_path: Path, query: str) -> None:
    async with open_application(tmp_path) as real, real.client.get(f"{ASKED}?{query}", headers=bearer(real.admin)) as response:
        assert response.status == 400
