"""Logs: the lines of a worker's log as JSON objects, for whoever collects them. Faust's own format needs nothing of this."""

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


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


JSON_LINES: Mapping[str, Any] = {"merge": True, "formatters": {name: {"()": JsonLines} for name in ("default", "colored")}}
"""For Faust's `logging_config`: its handlers, with this formatter."""
