"""Damage that is met late: not when the file is opened, but in an answer."""

from tests.broker.conftest import Plays
from tests.broker.oracles import assert_serves
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.test_damaged_warehouse import damage_what_only_answers_read

ANSWERED = (200, 503)


def test_a_server_that_meets_a_damaged_block_in_an_answer_says_so_and_heals(site: Site, plays: Plays) -> None:
    site.produce(plays(20_000, seed=121))
    site.worker("counting", role="count").start()
    server = site.worker("server", role="serve").start().await_ready()
    site.await_served(server)
    server.stop()
    damage_what_only_answers_read(server.settings.data / "warehouse.duckdb")
    server.start().await_ready()
    truth, statuses = site.truth(), []

    def healed() -> bool:
        status, body = server.ask("/v0/pipes/conservation.json", token=server.token)
        statuses.append(status)
        assert status in ANSWERED, f"{status} {body}\n{tail(server.log)}"
        return bool(list(server.settings.data.glob("warehouse.duckdb.damaged-*"))) and not server.reason_unready()

    until(healed, "the warehouse was rebuilt", why=lambda: tail(server.log))
    assert 503 in statuses
    site.await_served(server)
    assert_serves(server, truth)
    server.stop()
