"""OpenAPI parts: what every document holds beside its paths: problems, headers and tokens. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from web import cookies

Json = dict[str, Any]

FAILURES: Mapping[int, str] = {
    400: "Something in the request is not allowed, such as a parameter's value: the detail names it and says what is.",
    401: "No token, or none that is known here.",
    403: "The token does not open this.",
    404: "There is nothing here: the detail says what there is.",
    405: "The path does not take this method: `Allow` names those that it takes.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    429: "The token asks too often, or has too many streams open; `Retry-After` says when to ask again, in seconds.",
    431: "The request line or a header is too long: the detail says what is allowed.",
    503: "The server is not ready, or has too much to do: the detail says why, `Retry-After` when to ask again, in seconds.",
}
"""What is answered when something is wrong, by status."""
REST = "default"
"""OpenAPI's word for every status that is not named."""
OF_THE_REST = (
    "Whatever else is wrong: 500 when the server failed and has logged why, and what is refused before any path is looked at, such as "
    "400 for what is no HTTP request, 417 for an `Expect` that is not known, 431 for a head that is too long."
)
OF_ALL = (405, 408, 413)
"""What any path may answer: a body is read, and must be small and soon there, whether or not it is asked for."""
OF_ENDPOINTS = (400, 401, 403, 404, 429, 431, 503)
OF_ANSWERS = ("X-As-Of", "X-Watermarks", "ETag", "Vary", "X-Request-Id")
"""Headers of an endpoint's answer."""
CODED = ("Vary", "Content-Encoding")
"""Headers of an answer that may be long."""
_OF_FAILURES: Mapping[int, tuple[str, ...]] = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",), 503: ("Retry-After",)}
"""Headers that come with a status beside the request's id."""


def failures(statuses: Iterable[int]) -> Json:
    """Return the responses that are problems: those *statuses*, those of every path, and the rest."""
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in (*sorted({*statuses, *OF_ALL}), REST)}


def header_refs(names: Iterable[str]) -> Json:
    """Return the headers of those *names*."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def unchanged() -> Json:
    """Return the response to a client that has the rows already."""
    about = "The rows are those of the `If-None-Match`; the headers say until when."
    return {"304": {"description": about, "headers": header_refs(OF_ANSWERS)}}


def _problem(about: str, headers: Iterable[str] = ()) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": about, "headers": header_refs(("X-Request-Id", *headers)), "content": content}


WHOLE = {"type": "integer", "minimum": 0}

COMPONENTS: Mapping[str, Json] = {
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer a360_…"},
        "query": {"type": "apiKey", "in": "query", "name": "token", "description": "for clients that cannot send the header; never logged"},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookies.NAME,
            "description": "for browsers: POST /session trades a token for it",
        },
    },
    "schemas": {
        "Problem": {
            "description": "RFC 9457",
            "type": "object",
            "properties": {
                "type": {"type": "string", "format": "uri-reference"},
                "title": {"type": "string"},
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": {"type": "string", "description": "for a person: what came, what is allowed, what to do"},
                "instance": {"type": "string", "format": "uri-reference", "description": "names the request, as its X-Request-Id does"},
            },
            "required": ["type", "title", "status", "detail"],
        },
        "AsOf": {"description": "every play recorded until then is in the rows", "type": "string", "format": "date-time"},
        "Watermarks": {
            "description": "the next offset by partition: exactly which plays the rows hold",
            "type": "object",
            "propertyNames": {"pattern": "^[0-9]+$"},
            "additionalProperties": WHOLE,
        },
        "Statistics": {
            "type": "object",
            "properties": {
                "elapsed": {"type": "number", "minimum": 0, "description": "seconds"},
                "rows_read": {
                    **WHOLE,
                    "description": "rows of counts looked at, or cells of tables of sums that were kept of earlier questions",
                },
                "bytes_read": WHOLE,
            },
            "required": ["elapsed", "rows_read", "bytes_read"],
            "additionalProperties": False,
        },
    },
    "headers": {
        "X-As-Of": {"required": True, "schema": {"$ref": "#/components/schemas/AsOf"}},
        "X-Watermarks": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Watermarks"}}}},
        "ETag": {"required": True, "schema": {"type": "string"}, "description": "tells these rows in this format from others"},
        "X-Request-Id": {"required": True, "schema": {"type": "string"}, "description": "names the request in the server's log"},
        "Vary": {"schema": {"type": "string"}, "description": "the rows are those of this token, and what is long is compressed for some"},
        "Content-Encoding": {"schema": {"const": "gzip"}, "description": "a long body, for a client whose `Accept-Encoding` names gzip"},
        "Retry-After": {"required": True, "schema": WHOLE, "description": "seconds"},
        "WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}},
        "Allow": {"required": True, "schema": {"type": "string"}, "description": "the methods that the path takes"},
        "Set-Cookie": {"required": True, "schema": {"type": "string"}, "description": f"the cookie `{cookies.NAME}`, or that it is over"},
    },
    "parameters": {
        "If-None-Match": {"name": "If-None-Match", "in": "header", "description": "an ETag that came before", "schema": {"type": "string"}},
    },
    "responses": {
        **{str(status): _problem(about, _OF_FAILURES.get(status, ())) for status, about in FAILURES.items()},
        REST: _problem(OF_THE_REST),
    },
}
