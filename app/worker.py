"""The worker: the Faust application of one process, and how counting is added to it."""

import asyncio
import logging
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.types.auth import CredentialsArg
from mode import Service

from app import transport, watchdog
from app.agents import add_counting_agent
from app.broker_security import BrokerSecurity
from app.contact import BrokerUnreachable
from app.data_folder import FolderTaken, Hold, hold_data_folder, identity
from app.leaving import end_process, leave_within
from app.logs import logging_config
from app.pauses import PromptTables, PromptWorker
from app.place import SESSION_SECONDS, NameTaken, await_place, client_id, group_lost, name_taken
from app.settings import Settings
from app.source_watch import LOOK_SECONDS, SourceWatch
from app.topics import TopicMismatch, TopicUnusable, declare_topics, topic_id, wanted_topics
from tables import store
from tables.count_table import DAILY, DAILY_CONFIG, LIVE, LIVE_CONFIG, new_count_table
from tables.ledger import LedgerTopics
from tables.ledgers import LedgerPlan, Ledgers
from tables.room import Room
from tables.songs import Songs
from web.access import Access
from web.limits import Limits
from web.metrics import Instruments
from web.server import Server

POLL_SECONDS = 365 * 86_400.0
"""How long no record may be taken: counting waits for room on the disk, or recovers. After that aiokafka leaves the group and does
not come back before records are taken, which Faust does not do before it is back: it would stay out for ever."""

CLOSE_SECONDS = 7.0
STOP_SECONDS = 8.5
"""A stop takes ten seconds at most, whatever the group's coordinator or a broker that is gone are waited for."""
REFUSALS = (BrokerUnreachable, FolderTaken, NameTaken, TopicMismatch, TopicUnusable)


class Worker(faust.App):
    """The Faust application, and where its transport starts consuming."""

    settings: Settings
    source: str
    room: Room
    limits: Limits
    instruments: Instruments
    client_id: str
    ledgers: Ledgers | None = None
    watch: SourceWatch | None = None
    hold: Hold | None = None
    leaving: threading.Timer | None = None

    def seeked(self, epoch: int) -> Mapping[int, int] | None:
        """See `app.transport.Positions`."""
        assert self.ledgers is not None
        return self.ledgers.seeked(epoch)

    def out_of_range(self, partition: int, at: int) -> None:
        """See `app.transport.Positions`."""
        assert self.watch is not None
        try:
            self.watch.look_at_range(partition, at)
        except Exception as error:  # noqa: BLE001  (whatever it is, records between two slices may be missing)
            end_process(error)

    def replaced(self) -> None:
        """See `app.transport.Positions`."""
        end_process(name_taken(self.settings, "took it from this one just now"))

    def ended(self, error: BaseException) -> None:
        """See `app.transport.Positions`."""
        if not self.should_stop:  # a client that stops while it joins stumbles over the topics that it has just left
            end_process(group_lost(self.settings, error))

    def rebalances(self) -> None:
        """See `app.transport.Positions`."""
        if self.ledgers is not None:
            self.ledgers.rebalance()

    @cached_property
    def web(self) -> Server:
        """The web server of this worker."""
        access = Access(logging.getLevelName(self.settings.access_log), self.instruments)
        return Server(self, self.limits, access, self.instruments)

    def reason_unready(self) -> str:
        """Return why counting is not ready; empty when it is, or happens elsewhere."""
        return "" if self.ledgers is None else self.room.lacking or self.ledgers.reason_unready

    async def on_first_start(self) -> None:
        """Take the data folder, create missing topics and look for the worker's name, before anything is consumed."""
        try:
            await self._prepare()
        except REFUSALS as error:
            end_process(error, "this worker cannot start")
        self.add_future(watchdog.feed())
        await super().on_first_start()

    async def _prepare(self) -> None:
        settings = self.settings
        self.hold = hold_data_folder(settings.data)
        await asyncio.to_thread(declare_topics, settings, wanted_topics(settings))
        if self.ledgers is not None:
            self.client_id = client_id(settings, identity(settings.data))
            await await_place(settings, self.client_id)

    async def on_stop(self) -> None:
        """Close the ledgers, so that no transaction stays open and no RocksDB unflushed; what else there is to stop has a deadline."""
        self.leaving = leave_within(STOP_SECONDS, 0)  # a worker that stops while its group rebalances waits for all others to join
        if self.ledgers is not None:
            try:
                await asyncio.wait_for(self.ledgers.close(), CLOSE_SECONDS)
            except TimeoutError as error:
                end_process(error)  # a commit waits for a broker that does not answer; the restart will know its outcome
        await super().on_stop()

    async def on_shutdown(self) -> None:
        """Leave the data folder to the next process, after everything that writes there has stopped."""
        await super().on_shutdown()
        if self.leaving is not None:
            self.leaving.cancel()  # whoever runs a worker inside a process of their own goes on
        if self.hold is not None:
            self.hold.let_go()


class ServeOnly(BootStrategy):
    """A server is no member of the counting group: it follows the changelogs by itself."""

    enable_kafka = False


class CountOnly(BootStrategy):
    """A counting worker has no views; the `web_enabled` setting would say so, but `faust worker` overwrites it."""

    enable_web = False


BOOT = {"all": BootStrategy, "count": CountOnly, "serve": ServeOnly}


def _credentials(security: BrokerSecurity) -> CredentialsArg | None:
    """Return what Faust makes its own clients secure with."""
    kafka = security.kafka
    context: ssl.SSLContext | None = kafka.get("ssl_context")
    if "sasl_mechanism" not in kafka:
        return context
    return faust.SASLCredentials(
        username=kafka["sasl_plain_username"],
        password=kafka["sasl_plain_password"],
        mechanism=kafka["sasl_mechanism"],
        ssl_context=context,
    )


def _shows_no_login(record: logging.LogRecord) -> bool:
    """Say whether *record* may be logged: aiokafka logs each request that it sends while debugging, one with a password in it too."""
    return "SaslAuthenticateRequest" not in record.getMessage()


def new_worker(settings: Settings, **overrides: Any) -> Worker:
    """Return a Faust application for *settings*, without agents, tables or views yet."""
    transport.register()
    store.register()
    logging.getLogger("aiokafka.conn").addFilter(_shows_no_login)
    worker = Worker(
        settings.id,
        broker=";".join(f"{transport.SCHEME}://{address}" for address in settings.broker.split(",")),
        broker_credentials=_credentials(settings.security),
        store=f"{store.SCHEME}://",
        Worker=PromptWorker,
        TableManager=PromptTables,
        datadir=str(settings.data / settings.id),
        topic_partitions=settings.partitions,
        topic_replication_factor=1,  # unused: declare_topics creates every topic first
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        consumer_group_instance_id=settings.worker,
        canonical_url=f"http://artist360/{settings.worker}",  # a port in it, and a restart with another port got no partitions
        broker_max_poll_records=settings.slice_records,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 4,
        broker_commit_interval=1.0,
        broker_max_poll_interval=POLL_SECONDS,
        stream_buffer_maxsize=2,
        table_standby_replicas=0,
        recovery_consistency_check=False,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
        web_stats_enabled=False,
        web_graph_enabled=False,
        web_router_enabled=False,
        web_tables_enabled=False,
        logging_config=logging_config(settings.log_format, looked_on=sys.stderr.isatty()),
        **overrides,
    )
    worker.settings, worker.source = settings, settings.topic
    worker.room = Room(settings.data, settings.disk_free_megabytes << 20)
    worker.limits, worker.instruments = settings.limits, Instruments()
    worker.boot_strategy = BOOT[settings.role](worker)
    return worker


def add_counting(worker: Worker, songs: Callable[[], Songs]) -> Ledgers:
    """Give *worker* the count tables and the agent that fills them."""
    settings = worker.settings
    daily = new_count_table(worker, DAILY, DAILY_CONFIG)
    live = new_count_table(worker, LIVE, LIVE_CONFIG)
    topics = LedgerTopics(settings.changelog(DAILY), settings.changelog(LIVE), settings.rejected_topic)
    plan = LedgerPlan(
        settings.id, settings.topic, topics, settings.kafka, daily.rows, live.rows, lambda: topic_id(settings, settings.topic), worker.room
    )
    ledgers = worker.ledgers = Ledgers(plan)
    watch = worker.watch = SourceWatch(settings, ledgers)

    async def own(partitions: set[int]) -> None:
        try:
            await ledgers.own(partitions)
        except Exception as error:  # noqa: BLE001  (Faust would log it and let the streams flow)
            end_process(error)

    async def quiesce(*_: Any, **__: Any) -> None:
        await ledgers.quiesce()

    @worker.service
    class WatchService(Service):
        """Looks after the source topic for as long as the worker runs."""

        @Service.task
        async def _watch(self) -> None:
            while True:
                await self.sleep(LOOK_SECONDS)
                if self.should_stop:
                    return
                try:
                    await watch.look()
                except Exception as error:  # noqa: BLE001  (Faust would log it and go on counting)
                    end_process(error)

    daily.on_rebalanced, daily.on_assigned = ledgers.reassign, own
    worker.on_partitions_revoked.connect(quiesce)
    add_counting_agent(worker, settings.topic, ledgers, songs, worker.room)
    return ledgers
