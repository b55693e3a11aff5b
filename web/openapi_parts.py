"""OpenAPI parts: what every document holds beside the endpoints: problems, headers, tokens, and the server's own paths. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from web import cookies
from web.endpoints import CONSERVATION, REJECTED_LIMIT
from web.scopes import LIVE, METRICS
from web.subscriptions import MOST_SUBSCRIPTIONS

Json = dict[str, Any]

FAILURES: Mapping[int, str] = {
    400: "Something in the request is not allowed, such as a parameter's value: the detail names it and says what is.",
    401: "No token, or none that is known here.",
    403: "The token does not open this.",
    404: "There is nothing here: the detail says what there is.",
    405: "Another method than GET or HEAD.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    429: "The token asks too often; `Retry-After` says when to ask again, in seconds.",
    431: "The request line or a header is too long: the detail says what is allowed.",
    503: "The server is not ready, or has too much to do: the detail says why, `Retry-After` when to ask again, in seconds.",
}
"""What is answered when something is wrong, by status."""
OF_ENDPOINTS = (400, 401, 403, 404, 405, 429, 431, 503)


class ServerPath(NamedTuple):
    """A path of the server's own, to go into the document as it stands."""

    scope: str
    """What a token must open to see it; empty: it is for all."""
    path: str
    item: Json


def failures(statuses: Iterable[int]) -> Json:
    """Return the responses that are problems."""
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def header_refs() -> Json:
    """Return the headers of an answer."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in COMPONENTS["headers"] if name != "Retry-After"}


def unchanged() -> Json:
    """Return the response to a client that has the rows already."""
    return {"304": {"description": "The rows are those of the `If-None-Match`; the headers say until when.", "headers": header_refs()}}


def _problem(status: int, about: str) -> Json:
    names = ("X-Request-Id", "Retry-After") if status in (429, 503) else ("X-Request-Id",)
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": about, "headers": headers, "content": content}


def _json(about: str, schema: Json) -> Json:
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _status(word: str) -> Json:
    return {"type": "object", "properties": {"status": {"const": word}}, "required": ["status"]}


def _operation(name: str, summary: str, responses: Json, statuses: Iterable[int]) -> Json:
    return {"operationId": name, "tags": ["server"], "summary": summary, "responses": {**responses, **failures(statuses)}}


def _get(name: str, summary: str, responses: Json, statuses: Iterable[int] = (), *, public: bool = False) -> Json:
    return {"get": {**_operation(name, summary, responses, statuses), **({"security": []} if public else {})}}


FOR_ANY_TOKEN = (401, 429, 503)
_NOTHING: Json = {"description": "Done."}
_WHOLE = {"type": "integer", "minimum": 0}

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
            "additionalProperties": _WHOLE,
        },
        "Statistics": {
            "type": "object",
            "properties": {
                "elapsed": {"type": "number", "minimum": 0, "description": "seconds"},
                "rows_read": {
                    **_WHOLE,
                    "description": "rows of counts looked at, or cells of tables of sums that were kept of earlier questions",
                },
                "bytes_read": _WHOLE,
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
        "Retry-After": {"required": True, "schema": _WHOLE},
    },
    "parameters": {
        "If-None-Match": {"name": "If-None-Match", "in": "header", "description": "an ETag that came before", "schema": {"type": "string"}},
    },
    "responses": {str(status): _problem(status, about) for status, about in FAILURES.items()},
}

_TEXT, _OR_NONE = {"type": "string"}, ["string", "null"]
_WHO = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "scopes": {"type": "array", "items": _TEXT},
        "artist": {"type": _OR_NONE, "description": "the one that the token is fixed to"},
        "country": {"type": _OR_NONE, "description": "the one that the token is fixed to"},
        "expires": {"type": ["integer", "null"], "description": "seconds since 1970"},
    },
    "required": ["name", "scopes", "artist", "country", "expires"],
}
_TOKEN = {"type": "object", "properties": {"token": _TEXT}, "required": ["token"]}
_SESSION = {
    **_get("who", "Says who is signed in, and what the token opens.", {"200": _json("The token.", _WHO)}, FOR_ANY_TOKEN),
    "post": {
        **_operation(
            "sign-in", "Trades a token for a cookie that scripts cannot read.", {"204": _NOTHING}, (400, 401, 403, 408, 413, 429, 503)
        ),
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _TOKEN}}},
    },
    "delete": {**_operation("sign-out", "Takes the cookie away.", {"204": _NOTHING}, (403,)), "security": []},
}
_PLACE = {"topic": _TEXT, "partition": _WHOLE, "offset": _WHOLE, "timestamp": {"type": "integer", "description": "milliseconds since 1970"}}
_REJECTED_ROW = {
    "type": "object",
    "properties": {
        "rejected": {"type": "string", "format": "date-time"},
        "partition": {**_WHOLE, "description": "of the topic of rejected records"},
        "offset": _WHOLE,
        "source": {"type": "object", "properties": _PLACE, "required": list(_PLACE), "description": "the record that was rejected"},
        "kind": _TEXT,
        "reason": _TEXT,
        "rules": {**_WHOLE, "description": "version of the rules that it broke"},
        "value": {**_TEXT, "description": "its beginning, on one line"},
    },
    "required": ["rejected", "partition", "offset", "source", "kind", "reason", "rules", "value"],
}
_REJECTED = {
    "type": "object",
    "properties": {"data": {"type": "array", "items": _REJECTED_ROW}, "rows": _WHOLE},
    "required": ["data", "rows"],
}
_LIVE = {
    "name": "subscriptions",
    "in": "query",
    "required": True,
    "description": "names of one's own, each with an endpoint and its query; docs/live.md has the protocol",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "minProperties": 1, "maxProperties": MOST_SUBSCRIPTIONS, "additionalProperties": _TEXT},
    "example": {"top": "ranking_by?by=artist&limit=10", "now": "evolution_per_second?seconds=120"},
}
_EVENT = {
    "description": "each event",
    "type": "object",
    "properties": {"event": _TEXT, "data": {"type": "string", "contentMediaType": "application/json"}, "id": _TEXT},
}
_EVENTS = {
    "200": {
        "description": "Server-sent events, until the client or the server ends them.",
        "content": {"text/event-stream": {"schema": _EVENT}},
    }
}

SERVER_PATHS = (
    ServerPath(
        LIVE,
        "/live",
        {
            "get": {
                **_operation("live", "Answers, then their changes each second.", _EVENTS, (400, 403, *FOR_ANY_TOKEN)),
                "parameters": [_LIVE],
            }
        },
    ),
    ServerPath(
        CONSERVATION.name,
        "/v0/rejected.json",
        {
            "get": {
                **_operation(
                    "rejected",
                    "The newest records that could not be counted, with the reason.",
                    {"200": _json("They.", _REJECTED)},
                    (400, 403, *FOR_ANY_TOKEN),
                ),
                "parameters": [
                    {
                        "name": REJECTED_LIMIT.name,
                        "in": "query",
                        "description": REJECTED_LIMIT.about,
                        "schema": {**REJECTED_LIMIT.rule.schema, "default": REJECTED_LIMIT.default},
                    }
                ],
            }
        },
    ),
    ServerPath("", "/session", _SESSION),
    ServerPath(
        "",
        "/openapi.json",
        _get("openapi", "This document: what the token reaches.", {"200": _json("It.", {"type": "object"})}, FOR_ANY_TOKEN),
    ),
    ServerPath("", "/livez", _get("livez", "Whether the process answers.", {"200": _json("It does.", _status("alive"))}, public=True)),
    ServerPath(
        "",
        "/readyz",
        _get("readyz", "Whether the numbers are complete.", {"200": _json("They are.", _status("ready"))}, (503,), public=True),
    ),
    ServerPath(
        METRICS,
        "/metrics",
        _get(
            "metrics",
            "How the server stands, for Prometheus.",
            {"200": {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": _TEXT}}}},
            (*FOR_ANY_TOKEN, 403),
        ),
    ),
)
