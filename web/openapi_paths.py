"""OpenAPI paths: those of the server's own, beside the endpoints. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from web.endpoints import CONSERVATION, PER_SECOND, RANKING, REJECTED_LIMIT, Endpoint
from web.openapi_parts import CODED, WHOLE, failures, header_refs
from web.scopes import LIVE, METRICS
from web.subscriptions import EVENTS, MOST_ROWS, MOST_SUBSCRIPTIONS, NAME

Json = dict[str, Any]
FOR_ANY_TOKEN = (401, 429, 503)


class ServerPath(NamedTuple):
    """A path of the server's own, to go into the document as it stands."""

    scope: str
    """What a token must open to see it; empty: it is for all."""
    path: str
    item: Json


def _answered(about: str, content: Json | None = None, headers: Iterable[str] = ()) -> Json:
    body = {"content": content} if content else {}
    return {"description": about, "headers": header_refs(("X-Request-Id", *headers)), **body}


def _json(about: str, schema: Json, headers: Iterable[str] = ()) -> Json:
    return _answered(about, {"application/json": {"schema": schema}}, headers)


def _status(word: str) -> Json:
    return {"type": "object", "properties": {"status": {"const": word}}, "required": ["status"]}


def _operation(name: str, summary: str, responses: Json, statuses: Iterable[int]) -> Json:
    return {"operationId": name, "tags": ["server"], "summary": summary, "responses": {**responses, **failures(statuses)}}


def _get(name: str, summary: str, responses: Json, statuses: Iterable[int] = (), *, public: bool = False) -> Json:
    return {"get": {**_operation(name, summary, responses, statuses), **({"security": []} if public else {})}}


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
_TOKEN = {"type": "object", "properties": {"token": {**_TEXT, "format": "password"}}, "required": ["token"]}
_COOKIE = _answered("Done, with a Set-Cookie.", headers=("Set-Cookie",))
_SESSION = {
    **_get(
        "who",
        "Says who is signed in, and what the token opens.",
        {"200": _json("The token's name, scopes, fixed rows and end.", _WHO)},
        FOR_ANY_TOKEN,
    ),
    "post": {
        **_operation("sign-in", "Trades a token for a cookie that scripts cannot read.", {"204": _COOKIE}, (400, 401, 403, 429, 503)),
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _TOKEN}}},
    },
    "delete": {**_operation("sign-out", "Takes the cookie away.", {"204": _COOKIE}, (403,)), "security": []},
}
_PLACE = {"topic": _TEXT, "partition": WHOLE, "offset": WHOLE, "timestamp": {"type": "integer", "description": "milliseconds since 1970"}}
_REJECTED_ROW = {
    "type": "object",
    "properties": {
        "rejected": {"type": "string", "format": "date-time"},
        "partition": {**WHOLE, "description": "of the topic of rejected records"},
        "offset": WHOLE,
        "source": {"type": "object", "properties": _PLACE, "required": list(_PLACE), "description": "the record that was rejected"},
        "kind": _TEXT,
        "reason": _TEXT,
        "rules": {**WHOLE, "description": "version of the rules that it broke"},
        "value": {**_TEXT, "description": "its beginning, on one line"},
    },
    "required": ["rejected", "partition", "offset", "source", "kind", "reason", "rules", "value"],
}
_REJECTED = {
    "type": "object",
    "properties": {"data": {"type": "array", "items": _REJECTED_ROW}, "rows": WHOLE},
    "required": ["data", "rows"],
}


def server_paths(shown: Sequence[Endpoint]) -> Sequence[ServerPath]:
    """Return them, for a reader to whom these endpoints are *shown*."""
    live = [ServerPath(LIVE, "/live", _live(shown))] if shown else []  # else there is nothing that it could stream
    return (*live, *_OTHERS)


_EVENT = {
    "description": "each event; docs/live.md has the protocol",
    "type": "object",
    "properties": {
        "event": {**_TEXT, "description": f"the name of a subscription, or one of {', '.join(EVENTS)}"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "of a subscription first the whole answer, then changes; a problem document in place of what is not open",
        },
        "id": {**_TEXT, "description": "of as_of, which closes a turn: for Last-Event-ID"},
    },
}


def _live(shown: Sequence[Endpoint]) -> Json:
    names = "|".join(name for endpoint in shown for name in (endpoint.name, *endpoint.aliases))
    one = {
        "title": "ENDPOINT?PARAMETERS",
        "type": "string",
        "pattern": f"^({names})([?].*)?$",
        "description": "an endpoint and its parameters, as behind /v0/pipes/",
    }
    subscriptions = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME.pattern}$", "not": {"enum": list(EVENTS)}},
        "minProperties": 1,
        "maxProperties": MOST_SUBSCRIPTIONS,
        "additionalProperties": one,
    }
    asked = {
        "name": "subscriptions",
        "in": "query",
        "required": True,
        "description": (
            "what the stream carries, each as `NAME=ENDPOINT?PARAMETERS`, the value URL-encoded; NAME is one's own and names its events: "
            f"a letter, then at most 39 letters, digits, `_` and `-`; a `limit` is at most {MOST_ROWS:,}"
        ),
        "style": "form",
        "explode": True,
        "schema": subscriptions,
        "example": _subscriptions(shown),
    }
    again = {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "the id that came last: what is still the same is not sent again",
        "schema": {"type": "string"},
    }
    about = "Server-sent events, until the client or the server ends them."
    return {
        "get": {
            **_operation(
                "live",
                "Any number of answers in one stream of server-sent events: each whole at first, then its changes each second.",
                {"200": _answered(about, {"text/event-stream": {"schema": _EVENT}})},
                (400, 403, 431, *FOR_ANY_TOKEN),
            ),
            "parameters": [asked, again],
        }
    }


def _subscriptions(shown: Sequence[Endpoint]) -> Json:
    """Return an example that is open to whoever is shown these endpoints."""
    usual = {"top": (RANKING, "by=artist&limit=10"), "now": (PER_SECOND, "seconds=10")}
    found = {name: f"{endpoint.name}?{query}" for name, (endpoint, query) in usual.items() if endpoint in shown}
    return found or {"one": shown[0].name}


_OTHERS = (
    ServerPath(
        CONSERVATION.name,
        "/v0/rejected.json",
        {
            "get": {
                **_operation(
                    "rejected",
                    "The newest records that could not be counted, with the reason.",
                    {"200": _json("The records, the newest first.", _REJECTED, CODED)},
                    (400, 403, *FOR_ANY_TOKEN),
                ),
                "parameters": [
                    {
                        "name": REJECTED_LIMIT.name,
                        "in": "query",
                        "description": REJECTED_LIMIT.about,
                        "schema": {**REJECTED_LIMIT.rule.schema, "default": REJECTED_LIMIT.default},
                        "example": int(REJECTED_LIMIT.example),
                    }
                ],
            }
        },
    ),
    ServerPath("", "/session", _SESSION),
    ServerPath(
        "",
        "/openapi.json",
        _get(
            "openapi", "This document: what the token reaches.", {"200": _json("The document.", {"type": "object"}, CODED)}, FOR_ANY_TOKEN
        ),
    ),
    ServerPath("", "/livez", _get("livez", "Whether the process answers.", {"200": _json("It answers.", _status("alive"))}, public=True)),
    ServerPath(
        "",
        "/readyz",
        _get("readyz", "Whether the numbers are complete.", {"200": _json("They are complete.", _status("ready"))}, (503,), public=True),
    ),
    ServerPath(
        METRICS,
        "/metrics",
        _get(
            "metrics",
            "How the server stands, for Prometheus.",
            {"200": _answered("Prometheus' text format.", {"text/plain": {"schema": _TEXT}}, CODED)},
            (*FOR_ANY_TOKEN, 403),
        ),
    ),
)
