"""OpenAPI: the endpoints as an OpenAPI 3.1 document, made from the same data as the routes. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from web.dimensions import Column
from web.endpoints import Endpoint
from web.formats import FORMATS
from web.openapi_parts import COMPONENTS, OF_ANSWERS, OF_ENDPOINTS, failures, header_refs, unchanged
from web.openapi_paths import server_paths
from web.parameters import MOST_VALUES, Parameter, Written

JSON_TYPES: Mapping[str, Mapping[str, Any]] = {
    "String": {"type": "string"},
    "UInt64": {"type": "integer", "minimum": 0},
    "Float64": {"type": "number"},
    "Array(UInt64)": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    "Date": {"type": "string", "format": "date"},
    "DateTime": {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
        "examples": ["2026-11-24 07:01:12"],
        "description": "UTC",
    },
}
"""What the values of a column are in JSON, by its type."""

ABOUT = (
    "How often songs are played, where, on which service, and what they earn. Every answer says how fresh it is (`as_of`) and exactly "
    "which plays it holds (`watermarks`: the next offset of each partition). A filter matches the whole value without regard to case, "
    "accents and typographic signs; repeated, it means any of its values. `__tb__…`, `from` and `token` are taken and mean nothing to "
    "an endpoint."
)
Json = dict[str, Any]


def document(endpoints: Iterable[Endpoint], opens: Callable[[str], bool], version: str) -> Json:
    """Return the OpenAPI document of those *endpoints*, and of those paths of the server's own, that *opens* says yes to.

    *opens* is asked by scope. The same arguments give the same document, in the same order.
    """
    shown = [endpoint for endpoint in endpoints if opens(endpoint.name)]
    own = {path: item for scope, path, item in server_paths(shown) if not scope or opens(scope)}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Artist 360",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "the server that this document comes from"}],
        "security": [{"bearer": []}, {"query": []}, {"cookie": []}],
        "tags": [*({"name": endpoint.name, "description": endpoint.about} for endpoint in shown), {"name": "server"}],
        "paths": {**{path: item for endpoint in shown for path, item in _paths(endpoint)}, **own},
        "components": {
            **COMPONENTS,
            "schemas": {**COMPONENTS["schemas"], **{name: schema for endpoint in shown for name, schema in _schemas(endpoint)}},
            "parameters": COMPONENTS["parameters"]
            | {
                _component(endpoint, name): _parameter(name, parameter) for endpoint in shown for name, parameter in _named(endpoint.params)
            },
        },
    }


def _paths(endpoint: Endpoint) -> Iterator[tuple[str, Json]]:
    """Yield the path of *endpoint* in each format, under each of its names."""
    for name in (endpoint.name, *endpoint.aliases):
        for kind in FORMATS:
            yield f"/v0/pipes/{name}.{kind}", {"get": _operation(endpoint, name, kind)}


def _operation(endpoint: Endpoint, name: str, kind: str) -> Json:
    alias = {"x-alias-of": endpoint.name, "description": f"Another name of {endpoint.name}."} if name != endpoint.name else {}
    form = FORMATS[kind]
    whole = {"$ref": f"#/components/schemas/{endpoint.name}.answer"}
    content = {form.content_type.partition(";")[0]: {"schema": whole if form.schema is None else form.schema}}
    return {
        "operationId": f"{name}.{kind}",
        "tags": [endpoint.name],
        "summary": endpoint.about,
        **alias,
        "parameters": [
            *({"$ref": f"#/components/parameters/{_component(endpoint, name)}"} for name, _ in _named(endpoint.params)),
            {"$ref": "#/components/parameters/If-None-Match"},
        ],
        "responses": {
            "200": {"description": form.about, "headers": header_refs((*OF_ANSWERS, "Content-Encoding")), "content": content},
            **unchanged(),
            **failures(OF_ENDPOINTS),
        },
    }


def _named(parameters: Sequence[Parameter]) -> Iterator[tuple[str, Parameter]]:
    for parameter in parameters:
        yield from ((name, parameter) for name in (parameter.name, *parameter.aliases))


def _component(endpoint: Endpoint, name: str) -> str:
    return f"{endpoint.name}.{name}"


def _parameter(name: str, parameter: Parameter) -> Json:
    """Return *parameter* under one of its names."""
    one = dict(parameter.rule.schema)
    if parameter.default is not None:
        one["default"] = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    schema = {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_VALUES} if parameter.many else one
    alias = {"x-alias-of": parameter.name} if name != parameter.name else {}
    about = f"another name of {parameter.name}: {parameter.about}" if alias else parameter.about
    if parameter.needs:
        about += f"; needs {' or '.join(parameter.needs)} too"
    example = {"example": _example(parameter)} if parameter.example else {}
    named: Json = {"name": name, "in": "query", **alias, "description": about}
    if parameter.rule.written is Written.JSON:
        return {**named, "content": {"application/json": {"schema": schema, **example}}}
    return {**named, "style": "form", "explode": parameter.rule.written is not Written.COMMAS, "schema": schema, **example}


def _example(parameter: Parameter) -> Any:
    """Return the example as a value of the schema."""
    match parameter.rule.written:
        case Written.JSON:
            return json.loads(parameter.example)
        case Written.COMMAS:
            return parameter.example.split(",")
    one = int(parameter.example) if parameter.rule.schema["type"] == "integer" else parameter.example
    return [one] if parameter.many else one


def _schemas(endpoint: Endpoint) -> Iterator[tuple[str, Json]]:
    """Yield what a row of *endpoint* is, and its whole answer as JSON."""
    columns = (*endpoint.asked, *endpoint.row)
    yield (
        f"{endpoint.name}.row",
        {
            "type": "object",
            "properties": {column.name: JSON_TYPES[column.type] for column in columns},
            "required": [column.name for column in endpoint.row],
            "additionalProperties": False,
        },
    )
    whole = {"type": "integer", "minimum": 0}
    properties = {
        "meta": {"type": "array", "items": _meta(columns), "description": "the columns of the rows, in order"},
        "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{endpoint.name}.row"}},
        "rows": {**whole, "description": "how many rows there are in `data`"},
        "rows_before_limit_at_least": {
            **whole,
            "description": "how many there are without the limit, or at least so many: more than `rows` if there are more",
        },
        "statistics": {"$ref": "#/components/schemas/Statistics"},
        "as_of": {"$ref": "#/components/schemas/AsOf"},
        "watermarks": {"$ref": "#/components/schemas/Watermarks"},
    }
    yield (
        f"{endpoint.name}.answer",
        {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False},
    )


def _meta(columns: Sequence[Column]) -> Json:
    names, types = [column.name for column in columns], sorted({column.type for column in columns})
    properties = {"name": {"type": "string", "enum": names}, "type": {"type": "string", "enum": types}}
    return {"type": "object", "properties": properties, "required": ["name", "type"], "additionalProperties": False}
