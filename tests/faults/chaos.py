"""Chaos: kills workers, server and broker, at random and at the worst places, while plays arrive; looks at the counts meanwhile.

Every start of a process draws its fate: a kill point that it may come to by itself, or to be killed at a random moment.
"""

import logging
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.broker.oracles import assert_exact_and_rebuilt
from tests.broker.site import Site, read_warehouse
from tests.broker.waiting import tail, until
from tests.broker.worker_process import WorkerProcess
from tests.faults.bent_worker import BUG, KILL_AT, SORT_ROWS
from tests.faults.kill_points import COUNTING, SERVING
from tests.faults.own_kafka import OwnKafka
from tests.faults.running_truth import RunningTruth
from tests.faults.sampler import Sampler

log = logging.getLogger(__name__)

ALIVE_SECONDS = 60.0
"""Counting goes on within that after any fault."""
ENDED_ITSELF = 70
OUTAGE_SECONDS = 30.0
"""A worker that starts this soon after the broker was killed may find none, and end."""
ARMED_SHARE = 0.6
PASSES_MOST = 6
ARMED_SECONDS_MOST = 30.0
"""A process that has not come to its kill point by then is killed at random."""
SORTED_AFTER_ROWS = 500
"""So that servers sort every few seconds."""
OFFSETS_MOST = 2_000
"""Counted between two random kills."""
PAUSE_SECONDS = 13.0
"""Longer than a worker's session in its group."""
WIPED_SHARE = 0.1
SMALL_SLICE_RECORDS = 500

BROKER, STOP, PAUSE = "broker", "stop", "pause"
RANDOM_FAULTS = {"kill": 76, BROKER: 14, STOP: 7, PAUSE: 3}
"""What happens to a process that is not armed, and how often."""


@dataclass
class Report:
    """What happened."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    """By who was killed and where."""
    ended_themselves: int = 0
    wiped: Counter[str] = field(default_factory=Counter)
    stopped: list[float] = field(default_factory=list)
    """Seconds from each SIGTERM to the end."""
    paused: int = 0
    lags: list[int] = field(default_factory=list)
    """Records that waited when each kill at a random moment fell."""
    samples: int = 0
    files: int = 0
    """Killed servers' DuckDB files that were compared whole."""
    plays: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = "\n".join(f"  {count:>4}  {where}" for where, count in sorted(self.kills.items()))
        return (
            f"seed {self.seed}: {self.kills.total()} kills in {self.seconds:,.0f} s while {self.plays:,} plays arrived, "
            f"no difference\n{kills}\n"
            f"  every random kill of a worker had records waiting: {min(self.lags, default=0):,} at least\n"
            f"  {self.ended_themselves} ends of workers by themselves, {self.paused} pauses beyond the session, "
            f"{len(self.stopped)} orders to stop, obeyed within {max(self.stopped, default=0):.1f} s\n"
            f"  state deleted: {dict(self.wiped)}\n"
            f"  {self.samples:,} samples of the prefix invariant, {self.files} files of killed servers compared whole"
        )


class Armed(NamedTuple):
    """A kill point that a process may come to."""

    point: str
    since: float


class Chaos:
    """Two counting workers and a server of *site*, and what befalls them; with *kafka*, their broker too; *bug* is planted in all."""

    def __init__(self, site: Site, truth: RunningTruth, *, seed: int, kafka: OwnKafka | None = None, bug: str = "") -> None:
        self.site, self.truth = site, truth
        self.report = Report(seed)
        self._kafka, self._bug = kafka, bug
        self._chance = random.Random(seed)
        self._workers = [site.worker(f"worker-{number}", role="count", slice_records=SMALL_SLICE_RECORDS) for number in (1, 2)]
        self.server = site.worker("server", role="serve", flush_seconds=0.1)
        self._armed: dict[WorkerProcess, Armed] = {}
        self._paused: dict[WorkerProcess, float] = {}
        self._broker_killed = float("-inf")
        self._points: dict[str, list[str]] = {"count": [], "serve": []}
        self._sampler = Sampler(self.server, truth)

    def run(self, kills: int) -> Report:
        """Let faults befall them until there were *kills*, then let them count everything and hold it against the truth."""
        started = time.monotonic()
        for process in self._all:
            self._start(process)
        self._sampler.start()
        try:
            while self.report.kills.total() < kills:
                self._count_on()
                self._strike()
        finally:
            self._sampler.end()
        self.report.samples = self._sampler.samples
        self.report.seconds = time.monotonic() - started
        return self.report

    def calm(self) -> None:
        """Let every process run, and none be killed any more."""
        for process in self._all:
            if process in self._paused:
                process.resume()
            if process.running:
                process.kill()
            process.bends.pop(KILL_AT, None)
            process.start()

    @property
    def _all(self) -> list[WorkerProcess]:
        return [*self._workers, self.server]

    def _count_on(self) -> None:
        """Wait until some more plays are counted, tending the processes meanwhile."""
        goal = self.site.counted_offsets() + self._chance.randrange(1, OFFSETS_MOST)

        def counted() -> bool:
            self._tend()
            return self.site.counted_offsets() >= goal

        until(
            counted,
            f"counting goes on to {goal}",
            within=ALIVE_SECONDS,
            why=lambda: f"{self.site.marks()} {self.report}\n" + "\n".join(tail(process.log) for process in self._all),
        )

    def _tend(self) -> None:
        """Start what has ended, and let what was paused go on."""
        self._sampler.check()
        for process, since in list(self._paused.items()):
            if time.monotonic() - since > PAUSE_SECONDS:
                del self._paused[process]
                process.resume()
        for process in self._all:
            if process.running:
                continue
            armed, code = self._armed.pop(process, None), process.ended()
            if code == -signal.SIGKILL and armed is not None:
                self._killed(process, armed.point)
            else:
                without_broker = time.monotonic() - self._broker_killed < OUTAGE_SECONDS
                assert code == ENDED_ITSELF or (code == 1 and without_broker), f"it ended with {code}\n{tail(process.log)}"
                self.report.ended_themselves += 1
            self._start(process)

    def _start(self, process: WorkerProcess) -> None:
        """Start *process* with a new fate."""
        process.bends = {SORT_ROWS: str(SORTED_AFTER_ROWS), **({BUG: self._bug} if self._bug else {})}
        if self._chance.random() < ARMED_SHARE:
            point = self._next_point(process.settings.role)
            process.bends[KILL_AT] = f"{self._chance.randint(1, PASSES_MOST)}:{point}"
            self._armed[process] = Armed(point, time.monotonic())
        process.start()

    def _next_point(self, role: str) -> str:
        """Return a kill point: each comes once before any comes again."""
        points = self._points[role]
        if not points:
            points += COUNTING if role == "count" else SERVING
            self._chance.shuffle(points)
        return points.pop()

    def _strike(self) -> None:
        """Let a fault befall the broker, or a process whose fate is not drawn."""
        free = [
            process
            for process in self._all
            if process not in self._paused
            and not (process in self._armed and time.monotonic() - self._armed[process].since < ARMED_SECONDS_MOST)
        ]
        if not free:
            return
        process = self._chance.choice(free)
        fault = self._chance.choices(list(RANDOM_FAULTS), list(RANDOM_FAULTS.values()))[0]
        if fault == BROKER and self._kafka is not None:
            self._kill_broker(self._kafka)
        elif fault == PAUSE and process is not self.server:
            process.pause()
            self._paused[process] = time.monotonic()
            self.report.paused += 1
        elif fault == STOP:
            self._armed.pop(process, None)
            if process.running:
                # It may not have come to its handler, or be ending itself, as who was paused until it lost its place.
                self.report.stopped.append(process.stop(ends=(0, -signal.SIGTERM, ENDED_ITSELF)))
                self._start(process)
        else:
            self._kill(process)

    def _kill(self, process: WorkerProcess) -> None:
        """Kill *process*; a worker's kill counts when records waited that were there before it."""
        ends = self.site.ends()
        if not process.running:
            return  # its own kill point was faster; it will be tended
        self._armed.pop(process, None)
        process.kill()
        lag = self.site.lag(ends)
        if process is self.server:
            self._killed(process, "server, at random")
        elif lag > 0:
            self.report.lags.append(lag)
            self._killed(process, "worker, at random")
        self._start(process)

    def _kill_broker(self, kafka: OwnKafka) -> None:
        kafka.kill()
        self._broker_killed = time.monotonic()
        self.report.kills[BROKER] += 1
        kafka.start()

    def _killed(self, process: WorkerProcess, where: str) -> None:
        """Note the kill of *process*, look at what it left, and delete that now and then."""
        self.report.kills[where] += 1
        log.info("kill %s: %s; %s plays", self.report.kills.total(), where, f"{self.truth.plays:,}")
        if process is self.server:
            self._compare_file()
        if self._chance.random() < WIPED_SHARE:
            what = "DuckDB" if process is self.server else "RocksDB"
            self.report.wiped[what] += 1
            shutil.rmtree(process.settings.data / self.site.name, ignore_errors=True)
            for file in process.settings.data.glob("warehouse.duckdb*"):
                file.unlink()

    def _compare_file(self) -> None:
        """A killed server's file holds what its own watermarks say."""
        if not (self.server.settings.data / "warehouse.duckdb").exists():
            return
        stored = read_warehouse(self.server.settings.data, self.site.folder / "copy")
        held: Counter[int] = Counter()
        for (partition, *_), plays in stored.daily.items():
            held[partition] += plays
        for partition, mark in stored.watermarks.items():
            below = self.truth.below(partition, mark.next_offset)
            assert (mark.consumed, mark.counted) == below, f"counts differ: the file says {mark}, the topic {below}"
            assert held[partition] == mark.counted, f"counts differ: {held[partition]} plays of {partition} in the file, {mark}"
        self.report.files += 1


def assert_everything_exact(chaos: Chaos) -> None:
    """Every count, wherever it is read, is the truth; and so it is again when all local state is deleted and rebuilt."""
    chaos.calm()
    assert_exact_and_rebuilt(chaos.site, chaos.server)
