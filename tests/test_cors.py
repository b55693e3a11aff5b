"""Claims about CORS: pages of the origins that are set may ask the API with a token, of others none, and the session is for nobody's."""

from pathlib import Path

import pytest

from tests.served import TOTALS, served
from web.guard import HEADERS

SHOP, OTHER = "https://shop.example", "https://other.example"
ASKS = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "authorization"}


@pytest.mark.parametrize(("cors", "allowed"), [(SHOP, SHOP), (f"{OTHER},{SHOP}", SHOP), ("*", "*")])
async def test_a_page_of_an_origin_that_is_set_asks_first_without_a_token_and_then_with_one(
    tmp_path: Path, cors: str, allowed: str
) -> None:
    async with served(tmp_path, cors) as site:
        first = await site.ask(TOTALS, "OPTIONS", Origin=SHOP, Authorization="", **ASKS)
        answer, refused = await site.ask(TOTALS, Origin=SHOP), await site.ask(TOTALS, Origin=SHOP, Authorization="")
        async with site.wire() as wire:
            stream = await (await wire.send(site.head("/live?all=totals", Origin=SHOP))).reply(body=False)
    assert (first.status, first.headers["access-control-allow-methods"]) == (204, "GET, HEAD")
    assert "Authorization" in first.headers["access-control-allow-headers"]
    assert [reply.status for reply in (answer, refused, stream)] == [200, 401, 200]
    assert {reply.headers["access-control-allow-origin"] for reply in (first, answer, refused, stream)} == {allowed}
    assert all("access-control-allow-credentials" not in reply.headers for reply in (first, answer, stream))


async def test_the_answer_to_the_first_question_has_the_headers_of_every_other(tmp_path: Path) -> None:
    async with served(tmp_path, SHOP) as site:
        first = await site.ask(TOTALS, "OPTIONS", Origin=SHOP, Authorization="", **ASKS)
    assert first.status == 204
    assert {name: first.headers.get(name.lower()) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("cors", [None, OTHER])
async def test_no_other_page_is_told_that_it_may(tmp_path: Path, cors: str | None) -> None:
    async with served(tmp_path, cors) as site:
        first = await site.ask(TOTALS, "OPTIONS", Origin=SHOP, Authorization="", **ASKS)
        answer = await site.ask(TOTALS, Origin=SHOP)
    assert (first.status, answer.status) == (401, 200)
    assert not [name for reply in (first, answer) for name in reply.headers if name.startswith("access-control-")]


async def test_the_session_and_the_dashboard_are_for_their_own_pages_only(tmp_path: Path) -> None:
    async with served(tmp_path, "*") as site:
        for path in ("/session", "/"):
            assert "access-control-allow-origin" not in (await site.ask(path, Origin=SHOP)).headers
