"""Answers: from an endpoint and its parameters to rows, in one snapshot of the warehouse."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import repeat
from typing import Any

import orjson

from tables.following import Freshness
from tables.rates import income
from web.dimensions import INCOME, PREVIOUS, Column
from web.endpoints import Endpoint
from web.grants import EVERY_ROW, Rows
from web.questions import Question, Readable

MONEY = frozenset({INCOME, PREVIOUS[1]})


@dataclass(frozen=True)  # without slots: what is worked out once lies in the instance
class Answer:
    """An answer's rows and what they hold."""

    columns: Sequence[Column]
    rows: list[dict[str, Any]]
    found: int
    """Rows before the limit, or of pages of `facts` at least so many."""
    rows_read: int
    bytes_read: int
    elapsed: float
    as_of: datetime
    watermarks: Mapping[int, int]
    """Next source offset by partition: exactly which plays the rows hold; rows of the live table may hold newer ones."""

    @cached_property
    def rows_json(self) -> bytes:
        """The rows as a JSON array, of which the ETag is made, and the body in JSON."""
        return orjson.dumps(self.rows)

    @cached_property
    def held(self) -> Mapping[str, Any]:
        """The `plays_held` of this answer: for its headers, and in JSON for its body too."""
        return plays_held([self])


def answer(warehouse: Readable, freshness: Freshness, endpoint: Endpoint, values: Mapping[str, Any], visible: Rows) -> Answer:
    """Return the answer to *endpoint* with the read *values*, over the *visible* rows.

    Without an allowance it may take long: call it in a thread then.

    Raises:
        BeyondAllowance: it would look at more than it may.
        Unavailable: there is no warehouse to read at this moment.
    """
    started = time.perf_counter()
    found = endpoint.answer(Question(values, visible, freshness, warehouse))
    columns = found.columns or endpoint.row
    rows = _rows(columns, found.rows)
    rows_read, bytes_read = found.looked.rows, found.looked.bytes
    if visible != EVERY_ROW:  # how much there is beyond them is not for this token to know
        rows_read, bytes_read = len(rows), len(rows) * bytes_read // max(rows_read, 1)
    return Answer(
        columns=columns,
        rows=rows,
        found=len(rows) if found.every is None else found.every,
        rows_read=rows_read,
        bytes_read=bytes_read,
        elapsed=time.perf_counter() - started,
        as_of=datetime.fromtimestamp(freshness.as_of, UTC),
        watermarks=found.watermarks,
    )


def plays_held(answers: Sequence[Answer]) -> Mapping[str, Any]:
    """Return until when, and below which offset of each partition, each of *answers* holds every play: as JSON has it."""
    partitions = sorted({partition for answer in answers for partition in answer.watermarks})
    return {
        "as_of": min(answer.as_of for answer in answers).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "watermarks": {str(partition): min(answer.watermarks.get(partition, 0) for answer in answers) for partition in partitions},
    }


def _rows(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    names = [column.name for column in columns]
    if wrong := {*map(len, rows)} - {len(names)}:  # looked at for all at once: zip's strict= takes as long as the rest of a row
        raise ValueError(f"rows of {wrong} values for the columns {names}")
    named = [dict(pairs) for pairs in map(zip, repeat(names), rows)]
    for name in [column.name for column in columns if column in MONEY]:
        for row in named:
            row[name] = income(row[name])
    return named
