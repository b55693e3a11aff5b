"""Console: what `artist360 up` tells whoever started it: a line a stage, and on a terminal one last line that changes in place."""

import os
import shutil
import sys
import time
from typing import TextIO

DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"
CLEAR_LINE = "\r\x1b[2K"
NAME_WIDTH = 9


class Console:
    """Lines of seconds since the start, what it is about, and what happened."""

    def __init__(self, out: TextIO | None = None) -> None:
        """Write to *out*, by default standard output."""
        self._out = out or sys.stdout
        self._started = time.monotonic()
        self._status = False
        self.terminal = self._out.isatty()
        """Whether a person reads along; else it may be a log that others read."""
        self.live = self.terminal and os.environ.get("TERM") != "dumb"
        self._dim, self._bold, self._plain = (DIM, BOLD, PLAIN) if self.live and "NO_COLOR" not in os.environ else ("", "", "")

    def say(self, name: str, line: str) -> None:
        """Write a line about *name*."""
        seconds = f"{time.monotonic() - self._started:7.1f} s"
        self._write(f"{self._dim}{seconds}{self._plain}  {self._bold}{name:<{NAME_WIDTH}}{self._plain}  {line}\n")

    def plain(self, text: str) -> None:
        """Write *text* as it is, on lines of its own."""
        self._write(text + "\n")

    def status(self, name: str, line: str) -> None:
        """Show *line* until the next one, in place; nothing unless somebody watches."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{' ' * 9}  {name:<{NAME_WIDTH}}  {line}"[:width])
            self._status = True

    def _write(self, text: str) -> None:
        # A reader that left (`up | head`) is no reason to stop counting, nor is an encoding without some letter.
        try:
            self._out.write(CLEAR_LINE + text if self._status else text)
            self._out.flush()
        except UnicodeEncodeError:
            self._out.write(text.encode("ascii", "replace").decode())
        except OSError:
            self._out = open(os.devnull, "w")  # noqa: PTH123, SIM115 - lives as long as the process
            self.live = False
        self._status = False
