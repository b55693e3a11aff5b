"""Server client: where this machine's server is asked, whether it is ready and how far the counts are, as any client would."""

import http.client
import json
from typing import Any, NamedTuple

TIMEOUT_SECONDS = 2.0
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not to bind
"""Where a server is asked that binds all addresses of a kind; asyncio keeps IPv4 out of `::`."""


class Counted(NamedTuple):
    """How far counting is, summed over the partitions."""

    counted: int
    rejected: int
    lag: int


def location(host: str, port: int) -> str:
    """Return *host* and *port* as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def server_address(web_host: str, port: int) -> str:
    """Return the URL, without a slash at its end, of the server on this machine that binds *web_host*."""
    return f"http://{location(ANY.get(web_host, web_host), port)}"


def get(connection: http.client.HTTPConnection, path: str, token: str) -> tuple[int, bytes]:
    """Ask for *path* with *token*, and close *connection*; return status and body.

    Raises:
        OSError, HTTPException: there was no whole answer.
    """
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def detail(body: bytes) -> str:
    """Return what a problem document says, or the first of any other text."""
    try:
        document: Any = json.loads(body)
        return str(document["detail"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace").strip()[:200]


class ServerClient:
    """A client of the server on this machine that binds *web_host*:*port*."""

    def __init__(self, web_host: str, port: int, token: str) -> None:
        """Ask with *token*; connections are made for each question."""
        self._host, self._port, self._token = ANY.get(web_host, web_host), port, token

    def reason_not_ready(self) -> str:
        """What the server waits for; "" when it is ready."""
        try:
            status, body = self._get("/readyz")
        except (OSError, http.client.HTTPException):
            return "starting"
        return "" if status == http.HTTPStatus.OK else detail(body) or f"it answers {status}"

    def counted(self) -> Counted | None:
        """How far counting is; None when the server cannot say."""
        try:
            status, body = self._get("/v0/pipes/conservation.json")
            rows = json.loads(body)["data"] if status == http.HTTPStatus.OK else None
            return rows and Counted(*(sum(int(row[name] or 0) for row in rows) for name in Counted._fields))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return None

    def _get(self, path: str) -> tuple[int, bytes]:
        return get(http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS), path, self._token)
