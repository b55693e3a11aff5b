"""Served: what the server answers for every dimension, each page with the watermarks that say which plays it holds."""

import http.client
import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

from app.audit import CannotProve, FactKey
from app.server_client import detail, get
from app.settings import PORT_MOST

RANKED = ("artist", "song_title", "album_name", "country", "source", "genre")
RANKS = 10_000
RANKS_MOST = 1_000_000
"""Ranks below that are not served."""
FACTS = 50_000
TIMEOUT_SECONDS = 120.0
PATIENCE_SECONDS = 60.0
"""For a server that restarts or catches up; one that never answered is not waited for."""
AGAIN_SECONDS = 1.0

Rows = list[dict[str, Any]]


class Page(NamedTuple):
    """One answer: one snapshot of the server."""

    about: str
    """An endpoint, or what is ranked."""
    rows: Rows
    watermarks: Mapping[int, int]
    first: int = 0
    """Ranks that go before the page."""


class FactPage(NamedTuple):
    """Stored counts: every one after a key, and until another."""

    facts: Mapping[FactKey, int]
    watermarks: Mapping[int, int]
    after: FactKey
    until: FactKey | None
    """None: to the end."""
    credits: Mapping[str, str]
    """What songs were counted under, by external_id."""


BEFORE_ALL: FactKey = ("0001-01-01", "", "", "", -1)


class Asker:
    """Asks the server at *address* (`http://host:port`), as any client would."""

    def __init__(self, address: str, token: str) -> None:
        """Show *token*; connections are made for each question.

        Raises:
            CannotProve: that is no address.
        """
        self.address, self._parts, self._token = address, _parts_of(address), token
        self._answered = False

    def ask(self, endpoint: str, **parameters: str | int) -> tuple[Rows, Mapping[int, int]]:
        """Return an answer's rows and watermarks.

        Raises:
            CannotProve: the server refuses, or does not answer: at once if it never did, else for PATIENCE_SECONDS.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                status, body = self._get(f"{self._parts.path.rstrip('/')}/v0/pipes/{endpoint}.json?{urlencode(parameters)}")
            except (OSError, http.client.HTTPException) as error:
                if self._answered and time.monotonic() < deadline:
                    time.sleep(AGAIN_SECONDS)
                    continue
                raise CannotProve(f"no server answers at {self.address} ({error}): start one, or say where it is with --server") from error
            self._answered = True
            if status == http.HTTPStatus.OK:
                return self._read(body)
            if status not in (http.HTTPStatus.SERVICE_UNAVAILABLE, http.HTTPStatus.TOO_MANY_REQUESTS) or time.monotonic() > deadline:
                raise CannotProve(f"the server at {self.address} answers {status}: {detail(body)}")
            time.sleep(AGAIN_SECONDS)

    def _read(self, body: bytes) -> tuple[Rows, Mapping[int, int]]:
        try:
            answer = json.loads(body)
            return answer["data"], {int(partition): offset for partition, offset in answer["watermarks"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CannotProve(f"what answers at {self.address} is no server of Artist 360: say where it is with --server") from error

    def _get(self, path: str) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return get(kind(str(self._parts.hostname), self._parts.port, timeout=TIMEOUT_SECONDS), path, self._token)


def _parts_of(address: str) -> SplitResult:
    """Return the parts of *address*, each of which can be asked.

    Raises:
        CannotProve: one is missing, or cannot be; an address that may hold a password is not repeated.
    """
    if "@" in address:
        raise CannotProve("the server's address names a user before its @: send http://HOST:PORT, and what opens the server with --token")
    try:
        parts = urlsplit(address if "//" in address else f"http://{address}")
        parts.path.encode("ascii")
        # Both are read only when they are needed, and refuse what they cannot be.
        if parts.scheme in ("http", "https") and parts.hostname and parts.hostname.encode("idna") and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise CannotProve(f"the server's address is {address!r}; send http://HOST:PORT or https://HOST:PORT, with a port from 1 to {PORT_MOST}")


def pages_of_everything(asker: Asker) -> Iterator[Page | FactPage]:
    """Yield what stands in every dimension, the conservation first."""
    for endpoint in ("conservation", "totals", "evolution"):
        yield Page(endpoint, *asker.ask(endpoint))
    for by in RANKED:
        for first in range(0, RANKS_MOST + 1, RANKS):
            rows, watermarks = asker.ask("ranking_by", by=by, limit=RANKS, offset=first)
            yield Page(by, rows, watermarks, first)
            if len(rows) < RANKS:
                break
    yield from _facts(asker)


def _facts(asker: Asker) -> Iterator[FactPage]:
    after, cursor = BEFORE_ALL, ""
    while True:
        rows, watermarks = asker.ask("facts", limit=FACTS, **({"after": cursor} if cursor else {}))
        whole = len(rows) < FACTS
        kept = rows if whole else [row for row in rows if _key(row) != _key(rows[-1])]  # its other credits are on the next page
        facts: dict[FactKey, int] = {}
        for row in kept:
            facts[_key(row)] = facts.get(_key(row), 0) + row["plays"]
        until = None if whole else _key(kept[-1])
        yield FactPage(facts, watermarks, after, until, {row["song_id"]: row["artists"] for row in kept if row["artists"]})
        if until is None:
            return
        after, cursor = until, json.dumps([*until, kept[-1]["artists"]], ensure_ascii=False)


def _key(row: Mapping[str, Any]) -> FactKey:
    date, song, country, source = (sys.intern(row[name]) for name in ("date", "song_id", "country", "source"))  # millions of few names
    return (date, song, country, source, row["partition"])
