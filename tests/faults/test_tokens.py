"""Tokens while the broker is gone: those that are known stay in use, which is said, and what happened meanwhile is heard of after."""

import pytest

from app.contact import BrokerUnreachable
from app.token_topic import revoke, write_record
from tests.broker.site import Site
from tests.broker.waiting import tail, until
from tests.faults.own_kafka import OwnKafka
from web.grants import Grant
from web.token_format import Token, hash_of, id_of, new_token

TOTALS = "/v0/pipes/totals.json"


def test_known_tokens_outlast_the_broker_and_a_revocation_is_heard_of_when_it_is_back(own_site: Site, own_kafka: OwnKafka) -> None:
    server = own_site.worker(role="all").start().await_ready()
    kept, revoked, late = new_token(), new_token(), new_token()

    def write(token: str) -> None:
        write_record(server.settings, Token(Grant(id_of(token), frozenset({"totals"})), hash_of(token), 0))

    def status(token: str) -> int:
        return server.ask(TOTALS, token=token)[0]

    write(kept)
    write(revoked)
    until(lambda: [status(kept), status(revoked)] == [200, 200], "the server knows the tokens", why=lambda: tail(server.log))
    own_kafka.kill()
    words = f"following {own_site.name}-tokens failed and is tried again; until then what is known of tokens stays in use"
    until(lambda: words in server.said, "the server says that it hears of no revocation", why=lambda: tail(server.log))
    assert [status(kept), status(revoked), status(late), status(server.token)] == [200, 200, 401, 200]
    with pytest.raises(BrokerUnreachable):
        write(late)
    own_kafka.start()
    until(lambda: f"{own_site.name}-tokens is followed again" in server.said, "the server follows again", why=lambda: tail(server.log))
    revoke(server.settings, id_of(revoked), 0)
    write(late)
    until(lambda: [status(kept), status(revoked), status(late)] == [200, 401, 200], "the server knows", why=lambda: tail(server.log))
