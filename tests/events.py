"""Events: what a client makes of a stream: the answers under their names, kept up by the changes, as docs/live.md says."""

import json
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from typing import Any

Rows = list[dict[str, Any]]


def address(**parts: str) -> str:
    """Return the path of a stream with these subscriptions."""
    return "/live?" + urllib.parse.urlencode(parts)


def applied(rows: Rows, steps: Sequence[Any]) -> Rows:
    """Return what *steps* make of *rows*."""
    after: Rows = []
    for step in steps:
        if isinstance(step, dict):
            after.append(step)
        elif isinstance(step[1], dict):
            after.append({**rows[step[0]], **step[1]})
        else:
            after += rows[step[0] : step[0] + step[1]]
    return after


class Follower:
    """Takes the lines of a stream."""

    def __init__(self) -> None:
        self.whole: dict[str, dict[str, Any]] = {}
        """The last whole answer, or problem, under each name."""
        self.rows: dict[str, Rows] = {}
        self.standing: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.bye: dict[str, Any] = {}
        self.last_id = ""
        self.retry_ms = 0
        self.heartbeats = 0
        self.came: Counter[str] = Counter()
        """How often each event came."""
        self._name = ""
        self._id = ""

    def take(self, line: str) -> None:
        """Take a line without its end."""
        field, _, value = line.partition(": ")
        if field == "":
            self.heartbeats += value != ""
        elif field == "retry":
            self.retry_ms = int(value)
        elif field == "event":
            self._name = value
        elif field == "id":
            self._id = value
        else:
            assert field == "data", line
            self.last_id = self._id
            self.came[self._name] += 1
            self._take_event(self._name, json.loads(value))

    def _take_event(self, name: str, data: dict[str, Any]) -> None:
        if name == "as_of":
            self.standing = data
        elif name == "state":
            self.state = data
        elif name == "bye":
            self.bye = data
        elif "changes" in data:
            self.rows[name] = applied(self.rows[name], data["changes"])
        else:
            self.whole[name] = data
            self.rows[name] = data.get("data", [])
