"""Damage that holding the file against itself does not show: in a block that only the balance reads."""

from tests.broker.conftest import Plays
from tests.broker.oracles import assert_serves
from tests.broker.site import Site
from tests.broker.waiting import tail
from tests.test_damaged_warehouse import damage_what_only_the_balance_reads


def test_a_server_that_meets_a_damaged_block_sets_the_file_aside_and_heals(site: Site, plays: Plays) -> None:
    site.produce(plays(20_000, seed=121))
    site.worker("counting", role="count").start()
    server = site.worker("server", role="serve").start().await_ready()
    site.await_served(server)
    server.stop()
    damage_what_only_the_balance_reads(server.settings.data / "warehouse.duckdb")
    server.start().await_ready()
    assert list(server.settings.data.glob("warehouse.duckdb.damaged-*")), tail(server.log)
    site.await_served(server)
    assert_serves(server, site.truth())
    server.stop()
