"""Two real servers with everything counted, and tokens made for them as an operator makes them."""

import csv
import io
import json
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from app.settings import PREFIX, Settings
from tests.broker.conftest import Plays, open_site
from tests.broker.recount import Recount
from tests.broker.site import Site
from tests.broker.truth import Truth
from tests.broker.waiting import tail, until
from tests.broker.worker_process import ROOT, WorkerProcess

SEEN_SECONDS = 5.0
"""A server knows within one; the machine may be busy."""
TOTALS = "/v0/pipes/totals.json"
COMMAND_SECONDS = 60


class Served(NamedTuple):
    """A site with everything counted, two servers, and the truth."""

    site: Site
    servers: tuple[WorkerProcess, WorkerProcess]
    truth: Truth
    made: list[str]
    """Every token that a test made."""

    @property
    def recount(self) -> Recount:
        return Recount(self.truth.catalogue, self.truth.plays)

    def create(self, *options: str) -> str:
        """Make a token as an operator does, and wait until both servers know it."""
        done = token(self.site, "create", "--json", *(options if "--name" in options else ("--name", "a test", *options)))
        assert done.returncode == 0, done.stderr
        made = str(json.loads(done.stdout)["token"])
        self.made.append(made)
        self.await_everywhere(lambda server: self.knows(server, made), "the server knows the token")
        return made

    def await_everywhere(self, condition: Callable[[WorkerProcess], bool], what: str) -> None:
        for server in self.servers:
            until(partial(condition, server), what, within=SEEN_SECONDS, why=partial(tail, server.log))

    def await_refused(self, made: str) -> None:
        self.await_everywhere(lambda server: server.ask(TOTALS, token=made)[0] == 401, "the server refuses the token")

    def knows(self, server: WorkerProcess, made: str) -> bool:
        """Say whether *server* has read of the token: one that has expired or is revoked is known, too."""
        status, said = server.ask("/v0/pipes/nothing.json", token=made)
        return status != 401 or "not known" not in said["detail"]

    def answer(self, made: str, endpoint: str, **params: Any) -> dict[str, Any]:
        """Return the answer of the second server."""
        status, answer = self.servers[1].ask(f"/v0/pipes/{endpoint}.json?{urllib.parse.urlencode(params, doseq=True)}", token=made)
        assert status == 200, answer
        return answer

    def get(self, made: str, endpoint: str, **params: Any) -> dict[str, Any]:
        """Return the answer of the second server, which is the same in every format."""
        query, answer = urllib.parse.urlencode(params, doseq=True), self.answer(made, endpoint, **params)
        names = [column["name"] for column in answer["meta"]]

        def download(kind: str) -> bytes:
            return self.servers[1].download(f"/v0/pipes/{endpoint}.{kind}?{query}", token=made)[0]

        if endpoint != "evolution_per_second":  # whose newest second differs from one request to the next
            rows = told(names, [row.values() for row in answer["data"]])
            assert told(names, [json.loads(line).values() for line in download("ndjson").splitlines()]) == rows
            header, *lines = csv.reader(io.StringIO(download("csv").decode(), newline=""))
            assert (header, [line[names.index("plays")] for line in lines]) == (names, [str(row["plays"]) for row in answer["data"]])
            parquet = self.site.folder / "answer.parquet"
            parquet.write_bytes(download("parquet"))
            with duckdb.connect() as connection:
                assert told(names, connection.execute("FROM read_parquet(?)", [str(parquet)]).fetchall()) == rows
        return answer


def told(names: Sequence[str], rows: Iterable[Iterable[Any]]) -> list[dict[str, str]]:
    """Return *rows* as text."""
    return [{name: str(value) for name, value in zip(names, row, strict=True)} for row in rows]


def token(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `artist360 token` for the workers of *site*."""
    return run_token(site.worker("commands").settings, *arguments)


def run_token(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `artist360 token`."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "token", *arguments],
        cwd=ROOT,
        env={"PATH": "", f"{PREFIX}ID": settings.id, f"{PREFIX}BROKER": settings.broker},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_SECONDS,
    )


def listed(site: Site) -> dict[str, dict[str, Any]]:
    done = token(site, "list", "--json")
    assert done.returncode == 0, done.stderr
    return {row["id"]: row for row in json.loads(done.stdout)["tokens"]}


def id_in(made: str) -> str:
    return made.split("_")[1]


@contextmanager
def open_served(broker: str, folder: Path, songs_csv: Path, plays: Plays) -> Iterator[Served]:
    """One worker that counts and serves, and one that serves."""
    with open_site(broker, folder, songs_csv) as site:
        site.produce(plays(30_000, seed=31))
        servers = (site.worker("worker-1").start(), site.worker("server-2", role="serve").start())
        for server in servers:
            server.await_ready()
            site.await_served(server)
        yield Served(site, servers, site.truth(), [])
