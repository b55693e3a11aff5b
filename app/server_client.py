"""Server client: asks the server whether it is ready and how far the counts are, as any client would."""

import http.client
import json
from typing import Any, NamedTuple

TIMEOUT_SECONDS = 2.0


class Counted(NamedTuple):
    """How far counting is, summed over the partitions."""

    counted: int
    rejected: int
    lag: int


class ServerClient:
    """A client of the server at *host*:*port*."""

    def __init__(self, host: str, port: int, token: str) -> None:
        """Ask with *token*; connections are made for each question."""
        self._host, self._port, self._token = host, port, token

    def reason_not_ready(self) -> str:
        """What the server waits for; "" when it is ready."""
        try:
            status, body = self._get("/readyz")
        except (OSError, http.client.HTTPException):
            return "starting"
        return "" if status == http.HTTPStatus.OK else _detail(body) or f"it answers {status}"

    def counted(self) -> Counted | None:
        """How far counting is; None when the server cannot say."""
        try:
            status, body = self._get("/v0/pipes/conservation.json")
            rows = json.loads(body)["data"] if status == http.HTTPStatus.OK else None
            return rows and Counted(*(sum(int(row[name] or 0) for row in rows) for name in Counted._fields))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return None

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _detail(body: bytes) -> str:
    """What a problem document says, or the first of any other text."""
    try:
        document: Any = json.loads(body)
        return str(document["detail"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace").strip()[:200]
