"""Logs: how a worker writes its lines: as JSON for whoever collects them, as text without colours where nobody looks on."""

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mode.utils.logging import DEFAULT_FORMATTERS


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, what the message is about (`extra={"data": …}`), and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as a line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **getattr(record, "data", {}),
        }
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, default=str)  # ASCII: a path may hold bytes that are no UTF-8, and the line goes on


PLAIN_LINES: Mapping[str, Any] = {"merge": True, "formatters": {"colored": DEFAULT_FORMATTERS["default"]}}
"""For Faust's `logging_config` where no person looks on: choosing colours takes ten times as long as all else of a line."""
JSON_LINES: Mapping[str, Any] = {"merge": True, "formatters": {name: {"()": JsonLines} for name in ("default", "colored")}}
"""For Faust's `logging_config`: its handlers, with this formatter."""


def logging_config(log_format: str, *, looked_on: bool) -> dict[str, Any] | None:
    """Return Faust's `logging_config` for ARTIST360_LOG_FORMAT; *looked_on*: the log goes to somebody's terminal."""
    if log_format == "json":
        return dict(JSON_LINES)
    return None if looked_on else dict(PLAIN_LINES)
