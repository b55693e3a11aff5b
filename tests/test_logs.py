"""Claims about logs: a line a record, JSON where it is asked for, and what a record is about stands in it as data."""

import json
import logging
import sys

import pytest
from mode.utils.logging import setup_logging

from app.logs import JSON_LINES, JsonLines, logging_config


def line(record: logging.LogRecord) -> dict[str, object]:
    written = JsonLines().format(record)
    assert "\n" not in written
    read: dict[str, object] = json.loads(written)
    return read


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger("web").makeRecord("web", logging.WARNING, "a.py", 1, message, arguments, None, extra=extra)


def test_a_line_has_time_level_logger_process_and_message() -> None:
    read = line(record("%s is slow", "totals"))
    assert str(read.pop("time")).endswith("Z")
    assert isinstance(read.pop("process"), int)
    assert read == {"level": "WARNING", "logger": "web", "message": "totals is slow"}


def test_what_a_record_is_about_is_data() -> None:
    read = line(record("request", data={"status": 200, "token": None, "path": "/ñ\n\udcff", "of": {1}}))
    assert (read["status"], read["token"], read["path"], read["of"]) == (200, None, "/ñ\n\udcff", "{1}")


def test_a_traceback_stays_on_its_line() -> None:
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        failed = logging.getLogger("web").makeRecord("web", logging.ERROR, "a.py", 1, "failed", (), sys.exc_info())
    assert "ZeroDivisionError: integer division" in str(line(failed)["traceback"])


def test_faust_writes_its_log_so(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        setup_logging(loglevel="INFO", logfile=sys.stdout, logging_config=dict(JSON_LINES))
        logging.getLogger("web").info("request", extra={"data": {"status": 200}})
        logging.getLogger("web").debug("unseen")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (written,) = capsys.readouterr().err.splitlines()
    assert (json.loads(written)["message"], json.loads(written)["status"]) == ("request", 200)


def test_a_log_that_nobody_looks_on_has_no_colours_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        setup_logging(loglevel="INFO", logfile=sys.stdout, logging_config=logging_config("text", looked_on=False))
        logging.getLogger("web").warning("%s is slow", "totals", extra={"data": {"status": 200}})
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (written,) = capsys.readouterr().err.splitlines()
    assert "WARNING" in written
    assert written.rstrip().endswith("totals is slow status=200")
    assert "\x1b" not in written


def test_a_log_on_a_terminal_is_written_as_faust_does() -> None:
    assert logging_config("text", looked_on=True) is None
    assert logging_config("json", looked_on=True) == JSON_LINES
