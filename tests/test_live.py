"""Claims about the hub and its streams, with a real warehouse and a real server; the flush is told when to have ended."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tables.following import Freshness
from tests.events import address
from tests.live_site import MOST, MOST_OF_A_TOKEN, NOW, SECOND, Site
from web.grants import EVERYTHING, Grant, Rows
from web.guard import HEADERS

GREEDY_PARTS, FOLDS = 20, 15
NOBODY_SECONDS = 0.4
"""Long enough for a turn to come that should not."""


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    opened = Site(tmp_path)
    await opened.client.start_server()
    yield opened
    await opened.hub.close()
    await opened.client.close()
    opened.warehouse.close()


async def test_a_stream_begins_with_whole_answers_and_goes_on_with_changes(site: Site) -> None:
    await site.fold(5)
    client = await site.listen(all="totals", top="ranking_by?by=artist", now="evolution_per_second?seconds=30")
    await client.turn()
    assert client.plays("all") == 5
    assert [row["artist"] for row in client.rows["top"]] == ["ROSALÍA", "Travis Scott"]
    assert client.whole["top"]["rows_before_limit_at_least"] == 2
    assert [row["plays"] for row in client.rows["now"]] == [0] * 29 + [0]
    whole = dict(client.whole)

    await site.fold(3, song="bul", second=11)
    await client.turn(lambda: client.plays("all") == 8)
    assert [row["plays"] for row in client.rows["top"]] == [8, 5]
    assert client.rows["now"][-1] == {"date": f"{SECOND}11", "plays": 3, "income": client.rows["now"][-1]["income"]}
    assert client.standing["watermarks"] == {"0": 8}
    assert client.whole == whole, "nothing is sent whole twice"


async def test_seconds_go_on_without_plays_and_what_stands_still_is_not_sent(site: Site) -> None:
    await site.fold(5)
    client = await site.listen(all="totals", now="evolution_per_second?seconds=10")
    await client.turn()
    for later in (1, 2, 3):
        await site.renew(Freshness(ready=True, reason="", as_of=NOW + later, log_end={0: 5}))
        await client.turn(lambda: client.rows["now"][-1]["date"] == f"{SECOND}{11 + later:02d}")  # noqa: B023 - called in this round
    assert [row["plays"] for row in client.rows["now"]] == [0] * 7 + [5, 0, 0]
    assert client.came["all"] == 1
    assert client.standing["as_of"] == "2026-11-23T07:01:15.000Z"


async def test_any_number_of_clients_cost_one_question_a_flush(site: Site) -> None:
    await site.fold(1)
    clients = [await site.listen(mine="totals"), await site.listen(yours="totals?")]
    for client in clients:
        await client.turn()
    before, turns = site.hub.asked, 5
    for number in range(turns):
        await site.fold(1)
        for client in clients:
            name = "mine" if client is clients[0] else "yours"
            await client.turn(lambda client=client, name=name, number=number: client.plays(name) == 2 + number)  # type: ignore[misc]
    assert site.hub.asked - before == turns


async def test_nothing_is_asked_while_nobody_listens(site: Site) -> None:
    await site.fold(1)
    client = await site.listen(all="totals")
    await client.turn()
    client.response.close()
    while site.hub.streams:
        await site.fold(1)
        await asyncio.sleep(0)
    before = site.hub.asked
    for _ in range(3):
        await site.fold(1)
        await asyncio.sleep(NOBODY_SECONDS)
    assert site.hub.asked - before == 0
    client = await site.listen(all="totals")
    await client.turn()
    assert client.plays("all") == site.counted["tknES"], "and who comes back sees what is there now"


async def test_who_comes_back_is_sent_only_what_has_changed(site: Site) -> None:
    await site.fold(5, country="ES")
    asks = {"spain": "totals?country=ES", "france": "totals?country=FR"}
    client = await site.listen(**asks)
    await client.turn()
    client.response.close()
    again = await site.listen(last_id=client.last_id, **asks)
    await again.turn()
    assert not again.whole
    again.response.close()
    await site.fold(2, country="FR")
    third = await site.listen(last_id=again.last_id, **asks)
    await third.turn()
    assert {name: answer["data"][0]["plays"] for name, answer in third.whole.items()} == {"france": 2}


async def test_an_id_of_another_stream_or_server_is_worth_nothing(site: Site) -> None:
    await site.fold(5)
    client = await site.listen(all="totals")
    await client.turn()
    name, _, turn = client.last_id.partition("-")
    for last_id, asks in (
        (client.last_id, "totals?country=ES"),
        (f"{'0' * len(name)}-{turn}", "totals"),
        ("-1", "totals"),
        ("x", "totals"),
    ):
        other = await site.listen(last_id=last_id, all=asks)
        await other.turn()
        assert other.plays("all") == 5
        other.response.close()
        while site.hub.streams > 1:
            await site.fold()


async def test_it_says_why_there_are_no_numbers_and_goes_on_when_there_are(site: Site) -> None:
    site.unready = "recovering partition 2"
    client = await site.listen(all="totals")
    await client.until(lambda: client.state)
    assert client.state == {"ready": False, "reason": "recovering partition 2"}
    site.unready = ""
    await site.fold(4)
    await client.turn()
    assert client.plays("all") == 4
    await client.until(lambda: client.state["ready"])
    await site.renew(Freshness(ready=False, reason="the flush failed", as_of=NOW))
    await client.until(lambda: not client.state["ready"])
    assert client.state["reason"] == "the flush failed"
    await site.fold(1)
    await client.until(lambda: client.state["ready"])
    assert client.plays("all") == 5
    assert client.came["state"] == 4


async def test_a_question_that_fails_is_told_under_its_name_and_the_others_go_on(site: Site) -> None:
    await site.fold(5)
    client = await site.listen(all="totals", top="ranking_by")
    await client.turn()
    names = site.warehouse.snapshot.songs.names
    artists = names.pop("artist")
    await site.renew(Freshness(ready=True, reason="", as_of=NOW, log_end={0: 5}))
    await client.turn(lambda: "status" in client.whole["top"])
    assert client.whole["top"]["status"] == 500
    names["artist"] = artists
    await site.renew(Freshness(ready=True, reason="", as_of=NOW, log_end={0: 5}))
    await client.turn(lambda: client.rows["top"])
    assert client.plays("top") == 5


async def test_a_stream_shows_only_the_rows_that_its_token_sees(site: Site) -> None:
    site.grants["fixed"] = Grant("fixed", frozenset({EVERYTHING}), Rows(country="FR"))
    await site.fold(5, country="ES")
    await site.fold(2, country="FR")
    both = [await site.listen(all="totals"), await site.listen(grant="fixed", all="totals")]
    for client in both:
        await client.turn()
    assert [client.plays("all") for client in both] == [7, 2]
    await site.fold(1, country="ES")
    for client in both:
        await client.turn()
    assert [client.plays("all") for client in both] == [8, 2]


async def test_what_a_token_does_not_open_is_said_in_its_place(site: Site) -> None:
    site.grants["some"] = Grant("some", frozenset({"totals"}))
    await site.fold(5)
    client = await site.listen(grant="some", all="totals", proof="conservation")
    await client.turn()
    assert client.plays("all") == 5
    assert client.whole["proof"]["status"] == 403
    refused = await site.client.get(address(proof="conservation"), headers={"X-Grant": "some"})
    assert (refused.status, refused.content_type) == (403, "application/problem+json")


async def test_a_stream_ends_when_its_token_is_revoked_and_no_other_does(site: Site) -> None:
    site.grants["old"] = Grant("old", frozenset({EVERYTHING}))
    await site.fold(5)
    both = [await site.listen(all="totals"), await site.listen(grant="old", all="totals")]
    for client in both:
        await client.turn()
    site.revoked.add("old")
    await both[1].rest()
    assert both[1].bye == {"reason": "this token is not valid any more"}
    await site.fold(1)
    await both[0].turn(lambda: both[0].plays("all") == 6)


async def test_more_streams_than_are_allowed_are_told_to_come_later(site: Site) -> None:
    await site.fold(1)
    names = [f"token {number}" for number in range(MOST + 1)]
    site.grants |= {name: Grant(name, frozenset({EVERYTHING})) for name in names}
    clients = [await site.listen(grant=name, all="totals") for name in names[:MOST]]
    refused = await site.client.get(address(all="totals"), headers={"X-Grant": names[-1]})
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    clients.pop().response.close()
    while site.hub.streams == MOST:
        await site.fold(1)
    clients.append(await site.listen(grant=names[-1], all="totals"))
    await clients[-1].turn()


async def test_a_token_may_have_as_many_streams_as_it_leaves_to_others(site: Site) -> None:
    site.grants["other"] = Grant("other", frozenset({EVERYTHING}))
    await site.fold(1)
    clients = [await site.listen(all="totals") for _ in range(MOST_OF_A_TOKEN)]
    refused = await site.client.get(address(all="totals"))
    assert (refused.status, "this token has 3 streams open and 3 are left" in await refused.text()) == (429, True)
    assert int(refused.headers["Retry-After"]) > 0
    other = await site.listen(grant="other", all="totals")
    await other.turn()
    clients.pop().response.close()
    while site.hub.streams > MOST_OF_A_TOKEN:
        await site.fold(1)
    clients.append(await site.listen(all="totals"))
    await clients[-1].turn()


async def test_a_token_that_subscribes_to_very_much_does_not_keep_another_waiting(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.grants["greedy"] = Grant("greedy", frozenset({EVERYTHING}))
    await site.fold(1)
    asks = {f"part{number}": f"totals?days={number + 1}" for number in range(GREEDY_PARTS)}
    greedy, modest = await site.listen(grant="greedy", **asks), await site.listen(all="totals")
    for client in (greedy, modest):
        await client.turn()
    monkeypatch.setattr("web.hub.TURN_SECONDS", 0.0)  # a question a turn
    meanwhile = 0
    for number in range(FOLDS):
        await site.fold(1)
        before = site.hub.asked
        await modest.turn(lambda number=number: modest.plays("all") == 2 + number)  # type: ignore[misc]
        meanwhile += site.hub.asked - before
    assert meanwhile < FOLDS * GREEDY_PARTS * 0.7, "if each was asked in turn, it would be all of them each time"


async def test_a_head_gets_the_headers_of_a_stream_and_opens_none(site: Site) -> None:
    response = await site.client.head(address(all="totals"))
    assert (response.status, response.content_type) == (200, "text/event-stream")
    assert site.hub.streams == 0
    assert (await site.client.head("/live?all=nothing")).status == 400


async def test_a_stream_has_the_security_headers(site: Site) -> None:
    client = await site.listen(all="totals")
    headers = client.response.headers
    assert {name: headers[name] for name in HEADERS} == {**HEADERS, "Cache-Control": "no-store"}


async def test_closing_says_goodbye_and_ends_every_stream_even_one_that_is_not_read(site: Site) -> None:
    await site.fold(5)
    client = await site.listen(all="totals")
    await client.turn()
    assert 500 <= client.retry_ms <= 3_000
    with socket.create_connection((site.client.host, site.client.port)) as deaf:
        deaf.sendall(f"GET {address(all='totals')} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while site.hub.streams < 2:
            await site.fold()
        await site.hub.close()
        await client.rest()
        assert client.bye == {"reason": "the server stops"}
    refused = await site.client.get(address(all="totals"))
    assert refused.status == 503
