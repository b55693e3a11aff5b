"""Live streams and tokens, on two real servers: a stream shows what its token sees, for as long as the token is good."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.broker import BrokerStatus
from tests.broker.conftest import Plays
from tests.broker.live_client import LiveClient
from tests.broker.token_site import Served, id_in, open_served, token
from tests.events import address

ASKS = {"all": "totals", "top": "ranking_by?by=song_title&limit=50", "days": "evolution?days=40"}


@pytest.fixture(scope="module")
def served(kafka: BrokerStatus, tmp_path_factory: pytest.TempPathFactory, songs_csv: Path, plays: Plays) -> Iterator[Served]:
    with open_served(str(kafka.address), tmp_path_factory.mktemp("live"), songs_csv, plays) as opened:
        yield opened


def test_a_stream_shows_the_rows_that_its_token_sees_whatever_it_asks_for(served: Served) -> None:
    fixed = served.create("--scope", "*", "--country", "united kingdom")
    whole = {name: asked + ("&" if "?" in asked else "?") + "country=ES&country=GB" for name, asked in ASKS.items()}
    for asks in (ASKS, whole):
        with LiveClient(served.servers[1], {**asks, "proof": "conservation"}, token=fixed) as client:
            client.turn()
            for name, asked in asks.items():
                endpoint, _, query = asked.partition("?")
                assert client.rows[name] == served.servers[1].ask(f"/v0/pipes/{endpoint}.json?{query}", token=fixed)[1]["data"]
            assert client.rows["all"][0]["plays"] == served.recount.where(country="GB").totals()["plays"]
            assert client.whole["proof"]["status"] == 403


def test_a_stream_is_only_for_who_has_its_scope(served: Served) -> None:
    server = served.servers[1]
    assert server.ask(address(**ASKS), token=served.create("--scope", "totals", "ranking_by", "evolution"))[0] == 403
    with LiveClient(server, ASKS, token=served.create("--scope", "live", "totals")) as client:
        client.turn()
        assert client.rows["all"][0]["plays"] == len(served.truth.plays)
        assert [client.whole[name]["status"] for name in ("top", "days")] == [403, 403]


def test_a_revoked_or_expired_token_ends_its_streams_on_every_server_and_no_other(served: Served) -> None:
    for options in ((), ("--expires", "8s")):
        other = served.create("--scope", "live", "totals")
        made = served.create("--scope", "live", "totals", *options)  # the newest, whose time begins now
        with (
            LiveClient(served.servers[0], {"all": "totals"}, token=made) as first,
            LiveClient(served.servers[1], {"all": "totals"}, token=made) as second,
            LiveClient(served.servers[1], {"all": "totals"}, token=other) as untouched,
        ):
            for client in (first, second, untouched):
                client.turn()
            if not options:
                assert token(served.site, "revoke", id_in(made)).returncode == 0
            for client in (first, second):
                client.rest()
                assert client.bye == {"reason": "this token is not valid any more"}
            untouched.turn()
            assert served.servers[1].ask(address(all="totals"), token=made)[0] == 401
