"""Serving: gives a worker the flush, the warehouse, the tokens and the views on them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from mode import Service

from app.interpreter import set_for_serving
from app.open_files import room_for
from app.rejected import latest_rejected
from app.token_topic import TokenTopic
from app.worker import Worker
from tables.count_table import DAILY, LIVE
from tables.flush import Flush
from tables.following import FlushPlan
from tables.rates import Rates, read_rates
from tables.songs import Songs
from tables.warehouse import Warehouse
from web.bodies import body_middleware
from web.compression import compress
from web.cookies import Cookies
from web.cors import cors_middleware
from web.files import send_files
from web.guard import Guard
from web.hub import Hub
from web.reader import Reader
from web.tokens import Tokens, load_or_make_token
from web.views import Backend, add_views

WAREHOUSE = "warehouse.duckdb"


class Serving(NamedTuple):
    """What serves."""

    warehouse: Warehouse
    flush: Flush
    reader: Reader
    tokens: Tokens
    """Those that are let in."""


def add_serving(worker: Worker, songs: Callable[[], Songs]) -> Serving:
    """Give *worker* the views, and the followers that fill what they show."""
    settings = worker.settings
    rates = read_rates(settings.rates) if settings.rates else Rates()
    warehouse = Warehouse(settings.data / WAREHOUSE, songs(), rates)
    plan = FlushPlan(
        source=settings.topic,
        daily=settings.changelog(DAILY),
        live=settings.changelog(LIVE),
        partitions=settings.partitions,
        kafka=settings.reader,
        flush_seconds=settings.flush_seconds,
    )
    flush = Flush(warehouse, plan, songs, worker.room, worker.instruments.flush.observe)
    admin_token = load_or_make_token(settings.data, settings.admin_token)
    tokens = Tokens(admin_token)
    token_topic = TokenTopic(settings, tokens)
    guard = Guard(tokens, Cookies(admin_token))

    def unready() -> str:
        return worker.reason_unready() or token_topic.reason_unready

    limits = worker.limits = replace(worker.limits, connections=room_for(worker.limits.connections))
    worker.conf.web_application_options = {
        "middlewares": [cors_middleware(settings.cors), guard.middleware(), compress, body_middleware(limits.body_seconds), send_files],
        "client_max_size": limits.body_bytes,
    }
    reader = Reader(warehouse, flush, unready, limits, worker.instruments)
    hub = Hub(reader, settings.streams, guard.still_opens)
    add_views(worker, Backend(reader, hub, guard, worker.instruments, partial(latest_rejected, settings), settings.currency))

    @worker.service
    class ServingService(Service):
        """Runs the followers for as long as the worker runs."""

        async def on_start(self) -> None:
            """Open the warehouse and follow the changelogs and the tokens, in threads of their own."""
            set_for_serving()
            flush.start()
            token_topic.start()

        async def on_stop(self) -> None:
            """End the streams and what is read, the flush after its running fold, then close the file."""
            await hub.close()
            await reader.close()
            flush.stop()
            token_topic.stop()
            warehouse.close()

    return Serving(warehouse, flush, reader, tokens)
