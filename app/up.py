"""The whole product on one machine, a line a stage: broker, songs, topics, then counting, server and plays, watched until the end."""

import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from app import broker
from app.broker import BrokerError, BrokerStatus
from app.catalogue import generate_songs
from app.console import Console
from app.processes import Backoff, Child, stop
from app.server_client import Counted, ServerClient
from app.settings import PREFIX, Settings
from app.topics import declare_topics, wanted_topics
from tables.songs import read_songs, write_songs
from web.tokens import load_or_make_token

SONGS_FILE = "songs.csv"
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
    broker_port: int = 9092


def up(settings: Settings, options: Options) -> None:
    """Run everything until Ctrl-C, SIGTERM or the end of the duration, then stop it in order. Main thread only.

    Raises:
        UpError: it runs already, a port is taken, or it does not become ready.
        GivenUp: a process cannot be kept running.
        BrokerError, BrokerUnreachable, TopicMismatch, BadCatalogue, BadToken, OSError: from the stages.
    """
    console = Console()
    settings = replace(settings, data=settings.data.resolve(), songs=settings.songs and settings.songs.resolve())
    with _only_one(settings.data) as abandoned, ExitStack() as to_stop:
        try:
            _obey_signals()
            _run(settings, options, console, to_stop, abandoned=abandoned)
            console.say("end", f"{options.duration_seconds:g} s are over, stopping")
        except Stopped as signal_name:
            console.say("end", f"{signal_name}, stopping")
        finally:
            _ignore_signals()
    console.say("end", f"all stopped; what was counted is kept in {settings.data}")


def songs_file(settings: Settings) -> tuple[Path, str]:
    """Return the catalogue in use, validated, and a line about it: the one that is set, or one made up once in the data folder.

    Raises:
        BadCatalogue: anything in it is wrong.
        OSError: it cannot be read or written.
    """
    path = settings.songs or settings.data / SONGS_FILE
    if settings.songs is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        songs, made = generate_songs(), "made up, written to"
        write_songs(path, songs)
    else:
        songs, made = read_songs(path), "from"
    return path, f"{len(songs):,} songs {made} {path}"


def _run(settings: Settings, options: Options, console: Console, to_stop: ExitStack, *, abandoned: bool) -> None:
    """Start stage after stage, leaving in *to_stop* how to stop it, then watch."""
    _refuse_taken(settings.web_host, settings.web_port)
    token = load_or_make_token(settings.data, settings.admin_token)
    embedded = None
    if settings.broker == Settings().broker:
        embedded = _Broker(settings.data, options.broker_port, console)
        if embedded.start() and not abandoned:
            console.say("broker", "it ran before this and goes on after it: `artist360 broker stop` stops it")
        else:
            to_stop.callback(embedded.stop)
        settings = replace(settings, broker=embedded.address)
    else:
        console.say("broker", f"using {settings.broker}")
    console.status("songs", "reading")
    path, about = songs_file(settings)
    settings = replace(settings, songs=path)
    console.say("songs", about)
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
    watched = [*children, embedded] if embedded else children
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::") else settings.web_host  # noqa: S104 - where to ask, not to bind
    client = ServerClient(host, settings.web_port, token)
    _await_ready(client, watched, console, patient=options.duration_seconds is None)
    address = f"http://{host}:{settings.web_port}/"
    console.say("server", f"ready, log {server.log}")
    console.plain(f"\n  Dashboard  {address}\n  Sign in    {address}#token={token}\n")
    _watch(client, watched, console, options.duration_seconds)


def _topics(settings: Settings, *, bounded: bool) -> str:
    """Declare the topics and return a line about them; a source topic that is made now is *bounded*."""
    retention = {
        "retention.bytes": str((DEMO_GIGABYTES << 30) // settings.partitions),
        "retention.ms": str(DEMO_HOURS * 3_600_000),
        "segment.bytes": str(SEGMENT_BYTES),
    }
    declare_topics(settings, wanted_topics(settings, retention if bounded else None))
    bound = f"; made here, it keeps the last {DEMO_GIGABYTES} GB or {DEMO_HOURS} h of plays, and the counts for ever" if bounded else ""
    return f"{settings.topic}, {settings.partitions} partitions{bound}"


def _children(settings: Settings, options: Options, console: Console) -> tuple[list[Child], Child, list[Child]]:
    """Return the counting workers, the server and the producer of plays, if there is one."""

    def child(name: str, arguments: tuple[str, ...], **changes: Any) -> Child:
        # Empty is as good as unset, and keeps what a `.env` says from coming back.
        blank = {PREFIX + item.name.upper(): "" for item in fields(settings)}
        return Child(name, arguments, blank | replace(settings, **changes).environment(), settings.data / "logs", console.say)

    def worker(name: str, role: str, **changes: Any) -> Child:
        return child(name, WORKER, worker=name, role=role, data=settings.data / name, **changes)

    given = settings.admin_token
    token = str(Path(given).resolve()) if given and Path(given).is_file() else given or str(settings.data / "admin.token")
    workers = [worker(f"worker-{number}", "count") for number in range(1, options.workers + 1)]
    server = worker("server", "serve", admin_token=token)
    plays = [child("plays", ("-m", "app.cli", "produce", "--rate", f"{options.rate:g}"))] if options.plays else []
    return workers, server, plays


class _Broker:
    """The embedded broker, tended like a child; it is no child, since it may outlive this process."""

    name = "broker"

    def __init__(self, data: Path, port: int, console: Console) -> None:
        self._data, self._port, self._console = data, port, console
        self._backoff = Backoff()
        self._looked = self._next_start = self._started = 0.0
        self.address = ""

    def start(self) -> bool:
        """Start it, and return whether it ran before."""
        ran = broker.status(self._data).running
        self._console.status(self.name, "starting")
        status: BrokerStatus = broker.start(self._data, port=self._port, say=lambda line: self._console.say(self.name, line))
        self.address = status.address or ""
        self._port = int(self.address.rpartition(":")[2])
        self._started = time.monotonic()
        return ran

    def tend(self) -> None:
        now = time.monotonic()
        if self._next_start:
            if now >= self._next_start:
                self._next_start = 0.0
                self.start()
        elif now - self._looked >= 1:
            self._looked = now
            status = broker.status(self._data)
            if not status.running:
                seconds = self._backoff.after(now - self._started, now)
                if seconds is None:
                    raise BrokerError(f"Kafka ends again and again; its log says why: {status.log}")
                self._console.say(self.name, f"ended, its log is {status.log}. Starting again in {seconds:.0f} s")
                self._next_start = now + seconds

    def stop(self) -> None:
        self._console.status(self.name, "stopping")
        broker.stop(self._data, say=lambda line: self._console.say(self.name, line))
        self._console.say(self.name, "stopped")


def _await_ready(client: ServerClient, watched: list[Any], console: Console, *, patient: bool) -> None:
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


def _watch(client: ServerClient, watched: list[Any], console: Console, duration_seconds: float | None) -> None:
    """Tend the processes and say how far the counts are, until the duration is over."""
    every = LIVE_STATUS_SECONDS if console.live else STATUS_SECONDS
    show = console.status if console.live else console.say
    started = asked = time.monotonic()
    before = client.counted()
    while duration_seconds is None or time.monotonic() - started < duration_seconds:
        _tend(watched)
        if (now := time.monotonic()) - asked >= every:
            counts = client.counted()
            show("plays", _progress(before, counts, now - asked))
            before, asked = counts, now
    if last := client.counted():
        console.say("plays", _progress(None, last, 1))


def _tend(watched: list[Any]) -> None:
    for each in watched:
        each.tend()
    time.sleep(TICK_SECONDS)


def _progress(before: Counted | None, now: Counted | None, seconds: float) -> str:
    if now is None:
        return "the server does not say how many are counted"
    rate = f" · {(now.counted - before.counted) / seconds:,.0f}/s" if before else ""
    return f"{now.counted:,} counted{rate} · {now.lag:,} behind · {now.rejected:,} rejected"


def _rate(rate: float) -> str:
    return f"{rate:,.0f} simulated a second" if rate else "simulated as fast as it goes"


@contextmanager
def _only_one(data: Path) -> Iterator[bool]:
    """Hold the data folder for this process; yields whether the last one that held it was killed."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "up.lock").open("a+") as file:
        file.seek(0)
        holder = file.read().strip()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UpError(f"`artist360 up` runs already with the data folder {data} (process {holder}): stop it, or use --data") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield bool(holder)
        file.truncate(0)


def _refuse_taken(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise UpError(f"the server cannot listen on {host}:{port} ({error.strerror}): use another port, --port {port + 1}") from None


def _obey_signals() -> None:
    def stopped(number: int, _frame: object) -> None:
        raise Stopped("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stopped)


def _ignore_signals() -> None:
    """Stopping is under way and bounded; another Ctrl-C would only leave something running."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
