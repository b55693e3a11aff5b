"""The whole product on one machine, a line a stage: broker, songs, topics, then counting, server and plays, watched until the end."""

import errno
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from app.console import Console
from app.data_folder import Held, Hold
from app.processes import Child, Tended, stop
from app.server_client import Counted, ServerClient, location, server_address
from app.settings import PORT_MOST, PREFIX, Settings
from app.songs_file import songs_in_use
from app.tended_broker import TendedBroker
from app.topics import declare_topics, wanted_topics
from tables.rates import read_rates
from web.tokens import FILE, load_or_make_token

WORKER = ("-m", "faust", "-A", "app.main", "worker", "-l", "info")

DEMO_GIGABYTES = 2
DEMO_HOURS = 24
SEGMENT_BYTES = 64 << 20
"""Kafka deletes whole segments, and never the one that is written: the topic outgrows its bound by one a partition."""

TICK_SECONDS = 0.2
LIVE_STATUS_SECONDS = 1.0
STATUS_SECONDS = 10.0
NOT_READY_SECONDS_MOST = 600.0


class UpError(Exception):
    """The product cannot run: says why and what to do."""


class Stopped(BaseException):
    """Ctrl-C or SIGTERM came. No Exception, so that nothing takes it for an error that it has an answer to."""


@dataclass(frozen=True)
class Options:
    """What `artist360 up` was asked for, beside the settings."""

    plays: bool = True
    rate: float = 5000
    workers: int = 1
    duration_seconds: float | None = None
    """Counted from when everything is up."""
    embedded: bool = True
    """Whether to run the embedded Kafka instead of using `settings.broker`."""
    broker_port: int = 9092


def up(settings: Settings, options: Options) -> None:
    """Run everything until Ctrl-C, SIGTERM or the end of the duration, then stop it in order. Main thread only.

    Raises:
        UpError: it runs already, the address cannot be listened on, or it does not become ready.
        GivenUp: a process cannot be kept running.
        BrokerError, BrokerUnreachable, TopicMismatch, TopicUnusable, BadCatalogue, BadRates, BadToken, OSError: from the stages.
    """
    console = Console()
    settings = replace(
        settings,
        data=settings.data.resolve(),
        songs=settings.songs and settings.songs.resolve(),
        rates=settings.rates and settings.rates.resolve(),
    )
    with _only_one(settings.data) as hold, ExitStack() as to_stop:
        try:
            _obey_signals()
            _run(settings, options, console, to_stop, abandoned=hold.abandoned)
            console.say("end", f"{options.duration_seconds:g} s are over, stopping")
        except Stopped as signal_name:
            console.say("end", f"{signal_name}, stopping")
        finally:
            _ignore_signals()
    console.say("end", f"all stopped; what was counted is kept in {settings.data}")


def _run(settings: Settings, options: Options, console: Console, to_stop: ExitStack, *, abandoned: bool) -> None:
    """Start stage after stage, leaving in *to_stop* how to stop it, then watch."""
    refuse_unusable(settings.web_host, settings.web_port)
    token = load_or_make_token(settings.data, settings.admin_token)
    if settings.rates:
        read_rates(settings.rates)  # refused here, in words, instead of by a server that cannot start
    embedded = None
    if options.embedded:
        embedded = TendedBroker(settings.data, options.broker_port, console)
        if embedded.start() and not abandoned:
            console.say("broker", "it ran before this and goes on after it: `artist360 broker stop` stops it")
        else:
            to_stop.callback(embedded.stop)
        settings = replace(settings, broker=embedded.address)
    else:
        console.say("broker", f"using {settings.broker}")
    console.status("songs", "reading")
    given = settings.songs is not None
    path, songs = songs_in_use(settings)
    settings = replace(settings, songs=path)
    console.say("songs", f"{len(songs):,} {'' if given else 'made-up '}songs in {path}")
    console.say("topics", _topics(settings, bounded=options.plays or embedded is not None))

    workers, server, plays = _children(settings, options, console)
    to_stop.callback(stop, [*workers, server], console.say)
    to_stop.callback(stop, plays, console.say)
    children = [*workers, server, *plays]
    for child in children:
        child.start()
    folder = server.log.parent
    console.say("counting", f"{len(workers)} worker{'s' if len(workers) > 1 else ''}, log {workers[0].log}")
    console.say("plays", f"{_rate(options.rate)}, log {folder / 'plays.log'}" if plays else "none simulated, waiting for yours")
    watched: list[Tended] = [*children, embedded] if embedded else [*children]
    client = ServerClient(settings.web_host, settings.web_port, token)
    _await_ready(client, watched, console, patient=options.duration_seconds is None)
    console.say("server", f"ready, log {server.log}")
    console.plain(welcome(settings, token, terminal=console.terminal))
    _watch(client, watched, console, options.duration_seconds)


def welcome(settings: Settings, token: str, *, terminal: bool) -> str:
    """Return the dashboard's address and how to sign in: by a link on a *terminal*; a log that others may read gets no *token*."""
    address = server_address(settings.web_host, settings.web_port) + "/"
    if terminal:
        sign_in = f"{address}#token={token}"
    elif file := _token_file(settings):
        sign_in = f"with the token in {file}"
    else:
        sign_in = f"with the token that {PREFIX}ADMIN_TOKEN is"
    return f"\n  Dashboard  {address}\n  Sign in    {sign_in}\n"


def _token_file(settings: Settings) -> Path | None:
    """Return where the admin token is; None when the setting is the token itself."""
    given = settings.admin_token
    if not given:
        return settings.data / FILE
    return Path(given).resolve() if Path(given).is_file() else None


def _topics(settings: Settings, *, bounded: bool) -> str:
    """Declare the topics and return a line about them; a source topic that is made now is *bounded*."""
    retention = {
        "retention.bytes": str((DEMO_GIGABYTES << 30) // settings.partitions),
        "retention.ms": str(DEMO_HOURS * 3_600_000),
        "segment.bytes": str(SEGMENT_BYTES),
    }
    created = declare_topics(settings, wanted_topics(settings, retention if bounded else None))
    made = bounded and settings.topic in created
    bound = f"; made by this, it keeps the plays of {DEMO_HOURS} h, at most {DEMO_GIGABYTES} GB; counts stay for ever" if made else ""
    return f"{settings.topic}, {settings.partitions} partitions{bound}"


def _children(settings: Settings, options: Options, console: Console) -> tuple[list[Child], Child, list[Child]]:
    """Return the counting workers, the server and the producer of plays, if there is one."""

    def child(name: str, arguments: tuple[str, ...], **changes: Any) -> Child:
        # Empty is as good as unset, and keeps what a `.env` says from coming back.
        blank = {PREFIX + item.name.upper(): "" for item in fields(settings)}
        return Child(name, arguments, blank | replace(settings, **changes).environment(), settings.data / "logs", console.say)

    token = str(_token_file(settings) or settings.admin_token)
    workers = [
        child(name, WORKER, worker=name, role="count", data=settings.data / name)
        for name in (f"worker-{number}" for number in range(1, options.workers + 1))
    ]
    server = child("server", WORKER, worker="server", role="serve", data=settings.data / "server", admin_token=token)
    plays = [child("plays", ("-m", "app.cli", "produce", "--rate", f"{options.rate:g}"))] if options.plays else []
    return workers, server, plays


def _await_ready(client: ServerClient, watched: Sequence[Tended], console: Console, *, patient: bool) -> None:
    """Return when the server is ready; who is not *patient* hears an error after NOT_READY_SECONDS_MOST."""
    started, said = time.monotonic(), ""
    while reason := client.reason_not_ready():
        if reason != said and not console.live:
            console.say("server", f"not ready: {reason}")
        said = reason
        console.status("server", f"not ready: {reason}")
        if not patient and time.monotonic() - started > NOT_READY_SECONDS_MOST:
            raise UpError(f"the server is not ready after {NOT_READY_SECONDS_MOST:.0f} s: {reason}")
        _tend(watched)


def _watch(client: ServerClient, watched: Sequence[Tended], console: Console, duration_seconds: float | None) -> None:
    """Tend the processes and say how far the counts are, until the duration is over."""
    every = LIVE_STATUS_SECONDS if console.live else STATUS_SECONDS
    show = console.status if console.live else console.say
    readings: deque[tuple[float, Counted | None]] = deque(maxlen=1 + round(STATUS_SECONDS / every))
    started = asked = time.monotonic()
    readings.append((started, client.counted()))
    while duration_seconds is None or time.monotonic() - started < duration_seconds:
        _tend(watched)
        if (now := time.monotonic()) - asked >= every:
            asked = now
            readings.append((now, client.counted()))
            show("plays", _progress(readings))
    if console.live or time.monotonic() - asked > LIVE_STATUS_SECONDS:
        readings.append((time.monotonic(), client.counted()))
        console.say("plays", _progress(readings))


def _tend(watched: Sequence[Tended]) -> None:
    for each in watched:
        each.tend()
    time.sleep(TICK_SECONDS)


def _progress(readings: Sequence[tuple[float, Counted | None]]) -> str:
    """Return the newest of *readings* in words, with the rate since the oldest: one flush alone is too coarse for a rate."""
    (since, before), (until, now) = readings[0], readings[-1]
    if now is None:
        return "the server does not say how many are counted"
    rate = f" · {(now.counted - before.counted) / (until - since):,.0f}/s" if before else ""
    return f"{now.counted:,} counted{rate} · {now.lag:,} behind · {now.rejected:,} rejected"


def _rate(rate: float) -> str:
    return f"{rate:,.0f} simulated a second" if rate else "simulated as fast as it goes"


def _only_one(data: Path) -> Hold:
    """Hold the data folder for this process; not as its workers hold theirs, which are folders in it."""
    try:
        return Hold(data / "up.lock")
    except Held as held:
        raise UpError(f"`artist360 up` runs already with the data folder {data} (process {held.holder}): stop it, or use --data") from None


def refuse_unusable(host: str, port: int) -> None:
    """Refuse an address that no server could listen on now.

    Raises:
        UpError: *host* is not of this machine, or *port* is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)
    except (OSError, UnicodeError) as error:
        raise _not_here(host, getattr(error, "strerror", None) or str(error)) from None
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        why = os.strerror(error.errno or 0)  # its own text has the address once more
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise _not_here(host, why) from None
        other = port + 1 if error.errno == errno.EADDRINUSE and port < PORT_MOST else Settings.web_port
        raise UpError(f"the server cannot listen on {location(host, port)} ({why}): use another port, --port {other}") from None


def _not_here(host: str, why: str) -> UpError:
    return UpError(
        f"{PREFIX}WEB_HOST is {host!r}, where the server cannot listen ({why}): set it to an address of this machine, such as 127.0.0.1, "
        "or to 0.0.0.0 for all that it has"
    )


def _obey_signals() -> None:
    def stopped(number: int, _frame: object) -> None:
        raise Stopped("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stopped)


def _ignore_signals() -> None:
    """Stopping is under way and bounded; another Ctrl-C would only leave something running."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
