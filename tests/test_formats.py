"""Claims about formats: whatever the format, a reader gets the same rows, and nothing in them runs."""

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.answers import Answer
from web.dimensions import Column
from web.formats import FORMATS, FORMULA, headers

COLUMNS = (
    *(Column("date", "Date"), Column("artist", "String"), Column("plays", "UInt64"), Column("income", "Float64")),
    Column("trend", "Array(UInt64)"),
)
ROWS = [
    {"date": date(2026, 11, 24), "artist": "ROSALÍA", "plays": 12, "income": 0.006516718, "trend": [0, 12, 3]},
    {"date": date(2026, 11, 25), "artist": 'He said "a, b"\nand left', "plays": 2**53, "income": 0.0, "trend": []},
]


def answered(rows: list[dict[str, Any]]) -> Answer:
    as_of = datetime(2026, 11, 24, 12, 0, 0, 250_000, UTC)
    return Answer(COLUMNS, rows, len(rows), 100, 1_000, 0.0012, as_of, {0: 12, 1: 7})


def test_json_is_the_shape_that_tinybird_clients_expect() -> None:
    whole = json.loads(FORMATS["json"].write(answered(ROWS)))
    assert list(whole) == ["meta", "data", "rows", "rows_before_limit_at_least", "statistics", "as_of", "watermarks"]
    assert whole["meta"][1] == {"name": "artist", "type": "String"}
    assert (whole["rows"], whole["as_of"], whole["watermarks"]) == (2, "2026-11-24T12:00:00.250Z", {"0": 12, "1": 7})


def test_every_format_has_the_same_rows(tmp_path: Path) -> None:
    expected = json.loads(FORMATS["json"].write(answered(ROWS)))["data"]
    assert [json.loads(line) for line in FORMATS["ndjson"].write(answered(ROWS)).splitlines()] == expected
    read = list(csv.DictReader(io.StringIO(FORMATS["csv"].write(answered(ROWS)).decode(), newline="")))
    assert read == [{name: str(value) for name, value in row.items()} for row in expected]
    assert rows_of_parquet(FORMATS["parquet"].write(answered(ROWS)), tmp_path) == ROWS


@pytest.mark.parametrize("kind", FORMATS)
def test_an_answer_without_rows_is_one_in_every_format(kind: str, tmp_path: Path) -> None:
    body = FORMATS[kind].write(answered([]))
    if kind == "parquet":
        assert rows_of_parquet(body, tmp_path) == []
    else:
        assert body == {"csv": b"date,artist,plays,income,trend\r\n", "ndjson": b""}.get(kind, body)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_no_text_begins_a_formula_in_a_spreadsheet_and_none_is_lost(text: str) -> None:
    body = FORMATS["csv"].write(answered([{**ROWS[0], "artist": text}])).decode()
    ((_, came, *_),) = list(csv.reader(io.StringIO(body, newline="")))[1:]
    assert not came.startswith(FORMULA)
    assert came.removeprefix("'") == text.removeprefix("'")


def test_headers_say_which_plays_an_answer_holds() -> None:
    assert headers(answered(ROWS)) == {"X-As-Of": "2026-11-24T12:00:00.250Z", "X-Watermarks": '{"0":12,"1":7}'}


def rows_of_parquet(body: bytes, folder: Path) -> list[dict[str, Any]]:
    path = folder / "answer.parquet"
    path.write_bytes(body)
    with duckdb.connect() as connection:
        rows = connection.execute("FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in rows.description or ()]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
