"""Formats: how an answer goes over the wire, each written once as data. Whatever its format, it says which plays it holds."""

import csv
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import orjson

from web.answers import Answer

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
SQL_TYPES = {
    "String": "VARCHAR",
    "UInt64": "UBIGINT",
    "Float64": "DOUBLE",
    "Date": "DATE",
    "DateTime": "TIMESTAMP",
    "Array(UInt64)": "UBIGINT[]",
}


class Format(NamedTuple):
    """A format: its media type, how an answer becomes bytes, and what they are."""

    content_type: str
    write: Callable[[Answer], bytes]
    about: str
    schema: Mapping[str, Any] | None = None
    """The body as JSON Schema has it; None: that of the endpoint's whole answer."""
    slow: bool = False
    """Whether writing it takes milliseconds however few the rows: never in the event loop."""


def as_json(answer: Answer) -> bytes:
    """Return the whole answer, in the shape that clients of Tinybird pipes expect."""
    return orjson.dumps(
        {
            "meta": [{"name": column.name, "type": column.type} for column in answer.columns],
            "data": orjson.Fragment(answer.rows_json),
            "rows": len(answer.rows),
            "rows_before_limit_at_least": answer.found,
            "statistics": {"elapsed": round(answer.elapsed, 6), "rows_read": answer.rows_read, "bytes_read": answer.bytes_read},
            **answer.held,
        }
    )


def as_csv(answer: Answer) -> bytes:
    """Return the rows below a header, as RFC 4180 has it. Text that a spreadsheet would run as a formula gets an apostrophe."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(column.name for column in answer.columns)
    rows.writerows([_harmless(row[column.name]) for column in answer.columns] for row in answer.rows)
    return out.getvalue().encode()


def as_ndjson(answer: Answer) -> bytes:
    """Return one JSON object a line."""
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in answer.rows)


def as_parquet(answer: Answer) -> bytes:
    """Return a Parquet file of the rows, with the types of the columns."""
    names = [column.name for column in answer.columns]
    with tempfile.TemporaryDirectory(prefix="artist360-") as folder, duckdb.connect() as connection:
        path = Path(folder) / "answer.parquet"
        columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in answer.columns)  # names from the endpoints
        connection.execute(f"CREATE TABLE answer ({columns})")
        if answer.rows:
            connection.register("batch", {name: np.array([str(row[name]) for row in answer.rows], object) for name in names})
            connection.execute("INSERT INTO answer SELECT * FROM batch")
        connection.execute("COPY answer TO ? (FORMAT parquet)", [str(path)])
        return path.read_bytes()


FORMATS: Mapping[str, Format] = {
    "json": Format("application/json; charset=utf-8", as_json, "The rows, with their columns, their number and which plays they hold."),
    "csv": Format(
        "text/csv; charset=utf-8; header=present",
        as_csv,
        "The rows below a header. Text that a spreadsheet would run as a formula gets an apostrophe.",
        {"type": "string"},
    ),
    "ndjson": Format("application/x-ndjson; charset=utf-8", as_ndjson, "The rows, one JSON object a line.", {"type": "string"}),
    "parquet": Format(
        "application/vnd.apache.parquet", as_parquet, "A Parquet file of the rows, with the types of the columns.", {}, slow=True
    ),
}


def headers(answer: Answer) -> dict[str, str]:
    """Return which plays the answer holds, for formats that have no place for it."""
    return {"X-As-Of": answer.held["as_of"], "X-Watermarks": orjson.dumps(answer.held["watermarks"]).decode()}


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
