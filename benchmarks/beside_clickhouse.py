"""Each endpoint one question at a time, and the same questions to ClickHouse over the same rows: how long both take, whether both agree."""

import http.client
import importlib.util
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from app.settings import Settings
from benchmarks.processes import Measured
from benchmarks.questions import Asking, Question
from benchmarks.scenarios import Result
from tables.details import SongDetail, song_detail
from tables.names import fold, plain
from tables.songs import read_songs
from tables.warehouse import COUNTED_SONGS
from web.endpoints import CONSERVATION, ENDPOINTS

EACH = 100
"""Questions to each endpoint."""
NEAR = 1e-9
"""How far two incomes may be apart, as a share: ClickHouse adds them up in floating point."""
Rows = list[list[Any]]
Theirs = tuple[float, Rows]
"""Milliseconds, and the rows."""
EXPORT = Path(__file__).with_name("export.sql")


@dataclass(frozen=True)
class Answered:
    """An answer of the server: milliseconds, rows and the moment that it is of."""

    question: Question
    milliseconds: float
    rows: Rows
    as_of: str


def beside_clickhouse(folder: Path, settings: Settings, asking: Asking) -> list[Result]:
    """Ask the server of *settings*, which does not run and has nothing more to count, and ClickHouse; say where they differ."""
    with_clickhouse = importlib.util.find_spec("chdb") is not None
    if with_clickhouse:
        _export(settings, folder)
    else:
        print("NO CLICKHOUSE BESIDE: the package chdb-core is not installed; `make bench` installs it", file=sys.stderr)
    ours = _asked(settings, [asking.of(endpoint.name) for _ in range(EACH) for endpoint in ENDPOINTS])
    theirs = _clickhouse(folder, ours) if with_clickhouse else []
    return [_result(endpoint.name, ours, theirs) for endpoint in ENDPOINTS]


def _result(endpoint: str, ours: Sequence[Answered], theirs: Sequence[Theirs]) -> Result:
    beside: dict[str, float] = {}
    both = [pair for pair in zip(ours, theirs, strict=False) if pair[0].question.endpoint == endpoint]
    if both:
        differing = [(answered, rows) for answered, (_, rows) in both if not _agree(answered, rows)]
        for answered, rows in differing[:1]:
            print(f"ClickHouse answers {answered.question.path} otherwise: {rows[:3]} and not {answered.rows[:3]}", file=sys.stderr)
        beside = {"ClickHouse": statistics.median(milliseconds for _, (milliseconds, _) in both), "differing": float(len(differing))}
    alone = statistics.median(answered.milliseconds for answered in ours if answered.question.endpoint == endpoint)
    return Result(f"alone_{endpoint}", alone, "ms", beside)


def _asked(settings: Settings, questions: Sequence[Question]) -> list[Answered]:
    """Ask the server over one HTTP connection."""
    serving = Measured(settings)
    serving.ready()
    connection = http.client.HTTPConnection("127.0.0.1", settings.web_port)
    token = (settings.data / "admin.token").read_text().strip()
    answers = []
    for question in questions:
        started = time.perf_counter()
        connection.request("GET", question.path, headers={"Authorization": f"Bearer {token}"})
        body = connection.getresponse().read()
        milliseconds = (time.perf_counter() - started) * 1000
        whole = json.loads(body)
        answers.append(Answered(question, milliseconds, [list(row.values()) for row in whole["data"]], whole["as_of"]))
    connection.close()
    serving.stop()
    return answers


def _clickhouse(folder: Path, ours: Sequence[Answered]) -> list[Theirs]:
    """Ask ClickHouse the same, in a process of its own."""
    asked = [(answered.question.endpoint, answered.question.parameters, answered.as_of) for answered in ours]
    (folder / "questions.json").write_text(json.dumps(asked))
    subprocess.run([sys.executable, "-m", "benchmarks.clickhouse", str(folder)], check=True)
    answers: list[Theirs] = [(milliseconds, rows) for milliseconds, rows in json.loads((folder / "clickhouse.json").read_text())]
    return answers


def _export(settings: Settings, folder: Path) -> None:
    """Write the rows of the warehouse as files."""
    assert settings.songs is not None
    songs = read_songs(settings.songs)
    with duckdb.connect(str(settings.data / "warehouse.duckdb"), read_only=True) as warehouse:
        counted = warehouse.execute(COUNTED_SONGS).fetchall()
        details = [(song_id, song_detail(song_id, songs.get(song_id), credit)) for song_id, credit in counted]
        named = [_named(number, *both) for number, both in enumerate(details)]
        columns = {name: np.array([song[name] for song in named]) for name in named[0]}
        texts = {name: column.astype(object) for name, column in columns.items() if column.dtype.kind == "U"}
        warehouse.register("named", columns | texts)
        warehouse.execute(EXPORT.read_text().format(folder=folder))


def _named(number: int, song_id: str, detail: SongDetail) -> dict[str, Any]:
    """Return what ClickHouse is told of a song."""
    texts = {"title": detail.title, "album": detail.album}
    return {
        "song": number,
        "song_id": song_id,
        "matched": detail.matched,
        "credited": detail.credit,
        "artist_count": len(detail.artists),
        **texts,
        "album_artist": detail.album_artist,
        "genre": detail.genre,
        **{f"{name}_folded": fold(getattr(detail, name)) for name in ("title", "album", "album_artist", "genre")},
        **{f"{name}_plain": plain(text) for name, text in texts.items()},
        "artist_names": "/".join(detail.artists),
        "artists_folded": "/".join(map(fold, detail.artists)),
        "artists_plain": "/".join(map(plain, detail.artists)),
    }


def _agree(answered: Answered, theirs: Rows) -> bool:
    """Say whether ClickHouse has the same rows; of the conservation it knows what is stored."""
    ours = answered.rows
    if answered.question.endpoint == CONSERVATION.name:
        names = [column.name for column in CONSERVATION.row]
        ours = [[row[names.index("partition")], row[names.index("stored")]] for row in ours]
    return len(ours) == len(theirs) and all(
        math.isclose(mine, other, rel_tol=NEAR, abs_tol=NEAR) if isinstance(mine, float) else mine == other
        for row, same in zip(ours, theirs, strict=True)
        for mine, other in zip(row, same, strict=True)
    )
