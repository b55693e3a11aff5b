"""Problems: every error as an RFC 9457 document that says what came, what is allowed and what to do."""

import math
from collections.abc import Mapping

import orjson
from aiohttp import web

from web.request_ids import request_id

PATH_SHOWN = 100
"""So many characters of a path that came: it may have tens of thousands."""


class Problem(Exception):
    """An answer other than 200. *detail* is for a person."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Take the parts of the document."""
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, headers or {}

    def document(self) -> bytes:
        """Return the document, one line of JSON."""
        body = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        if instance := request_id():
            body["instance"] = f"urn:request:{instance}"
        return orjson.dumps(body)

    def response(self) -> web.Response:
        """Return the document as an answer."""
        return web.Response(status=self.status, body=self.document(), content_type="application/problem+json", headers=dict(self.headers))


def bad_request(detail: str) -> Problem:
    """The client asked for something that cannot be answered."""
    return Problem(400, "Bad request", detail)


def unauthorized(detail: str) -> Problem:
    """No token, or one that is not known."""
    return Problem(401, "No valid token", detail, {"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> Problem:
    """The token is good, and not for this."""
    return Problem(403, "Not open to this token", detail)


def too_many(detail: str, wait_seconds: float) -> Problem:
    """The token may ask again after *wait_seconds*."""
    return Problem(429, "Too many requests", detail, {"Retry-After": str(math.ceil(wait_seconds))})


def not_ready(detail: str) -> Problem:
    """The numbers are not complete yet."""
    return Problem(503, "Not ready", detail, {"Retry-After": "1"})


def too_busy(detail: str, wait_seconds: int) -> Problem:
    """The server has as much to do as it takes on; it may be worth asking again after *wait_seconds*."""
    return Problem(503, "Too busy", detail, {"Retry-After": str(wait_seconds)})


def internal_error() -> Problem:
    """The server failed; what of stands in its log only."""
    return Problem(500, "Internal error", "the server failed at this request and has logged why")


def from_http(error: web.HTTPException, path: str) -> Problem:
    """Return aiohttp's own error as a problem."""
    details = {
        404: f"there is nothing at {path[:PATH_SHOWN]}",
        405: f"{path[:PATH_SHOWN]} does not take this method; allowed: {error.headers.get('Allow', '')}",
        413: "the body is too large",
    }
    kept = {name: value for name, value in error.headers.items() if name in ("Allow", "Location")}
    return Problem(error.status, error.reason, details.get(error.status, error.text or error.reason), kept)
