"""Claims about request ids: a client's own is taken if a log can hold it, and each task has its own."""

import asyncio
from contextvars import copy_context

import pytest

from web.request_ids import begin_request, request_id


@pytest.mark.parametrize("given", ["a", "7f3c-22", "trace:1.2_3", "A" * 64])
def test_a_sane_id_is_taken(given: str) -> None:
    task = copy_context()
    assert task.run(begin_request, given) == task.run(request_id) == given


@pytest.mark.parametrize("given", [None, "", "a b", "a\nb", "ñ", "<script>", "-a", "A" * 65, "a360_abcdefghijkl_'secret'"])
def test_instead_of_any_other_one_is_made(given: str | None) -> None:
    task = copy_context()
    made = task.run(begin_request, given)
    assert made == task.run(request_id) != given
    assert len(made) == 16
    assert made != task.run(begin_request, given)


async def test_tasks_do_not_share_theirs() -> None:
    async def one(given: str) -> str:
        begin_request(given)
        await asyncio.sleep(0)
        return request_id()

    assert [*await asyncio.gather(one("first"), one("second"))] == ["first", "second"]
