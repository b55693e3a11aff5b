"""Claims about the OpenAPI document: valid, complete, made from the endpoints, no wider than the token, and true about what is read."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.application import open_application
from web.endpoints import BY_NAME, ENDPOINTS, Endpoint
from web.formats import FORMATS, SQL_TYPES
from web.grants import EVERYTHING, Grant
from web.openapi import JSON_TYPES, document
from web.page import DASHBOARD
from web.parameters import Parameter, Rule, Written
from web.scopes import LIVE
from web.subscriptions import Subscription, read_subscriptions

Json = dict[str, Any]

EVERYONE = Grant("x", frozenset({EVERYTHING}))
WHOLE: Json = document(ENDPOINTS, EVERYONE.opens, "1.2.3")
RULES = {f"{endpoint.name}.{parameter.name}": parameter.rule for endpoint in ENDPOINTS for parameter in endpoint.params}
FREE_TEXT = ("song", "song_id", "date_from")
"""Parameters of the ranking whose rules are the strings that their schemas say, to the letter."""
BLANK = "\x00\t\n \u0301\ufeff\x1c\u0085\u3000"
DAYS = "(19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]"


def resolved(reference: Json) -> Json:
    """Follow a `$ref`."""
    found: Any = WHOLE
    for part in reference["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def get(path: str) -> Json:
    return dict(WHOLE["paths"][path]["get"])


def parameters(path: str) -> dict[str, Json]:
    return {found["name"]: found for found in map(resolved, get(path)["parameters"])}


def every_reference(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part
        for value in part.values():
            yield from every_reference(value)
    elif isinstance(part, list):
        for value in part:
            yield from every_reference(value)


def test_it_is_openapi_3_1() -> None:
    assert WHOLE["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(WHOLE).validate()
    assert WHOLE["info"]["version"] == "1.2.3"


def test_it_is_the_same_each_time_and_is_json() -> None:
    again = document(ENDPOINTS, Grant("y", frozenset({EVERYTHING})).opens, "1.2.3")
    assert json.dumps(again) == json.dumps(WHOLE)
    assert json.loads(json.dumps(WHOLE)) == WHOLE


def test_every_endpoint_is_there_in_every_format_under_each_of_its_names() -> None:
    paths = {path for path in WHOLE["paths"] if path.startswith("/v0/pipes/")}
    assert paths == {f"/v0/pipes/{name}.{kind}" for name in BY_NAME for kind in FORMATS}
    for name, endpoint in BY_NAME.items():
        for kind, form in FORMATS.items():
            operation = get(f"/v0/pipes/{name}.{kind}")
            assert operation["tags"] == [endpoint.name]
            assert operation.get("x-alias-of") == (endpoint.name if name != endpoint.name else None)
            assert list(operation["responses"]["200"]["content"]) == [form.content_type.split(";")[0]]
    assert {tag["name"] for tag in WHOLE["tags"]} == {*(endpoint.name for endpoint in ENDPOINTS), "server"}


def test_no_two_operations_have_one_id() -> None:
    ids = [operation["operationId"] for item in WHOLE["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_parameter_is_there_under_each_of_its_names(endpoint: Endpoint) -> None:
    for kind in FORMATS:
        found = parameters(f"/v0/pipes/{endpoint.name}.{kind}")
        assert found.pop("If-None-Match")["in"] == "header"
        assert list(found) == [name for parameter in endpoint.params for name in (parameter.name, *parameter.aliases)]
        assert all(parameter["in"] == "query" and parameter["description"] for parameter in found.values())


def allows(schema: Mapping[str, Any], value: Any) -> bool:
    return Draft202012Validator(dict(schema)).is_valid(value)


def schema_of(parameter: Json) -> Json:
    return dict(parameter.get("schema") or parameter["content"]["application/json"]["schema"])


@pytest.mark.parametrize(
    ("endpoint", "parameter"),
    [(endpoint, parameter) for endpoint in ENDPOINTS for parameter in endpoint.params],
    ids=lambda item: item.name,
)
def test_an_example_and_a_default_are_what_the_schema_allows(endpoint: Endpoint, parameter: Parameter) -> None:
    shown = parameters(f"/v0/pipes/{endpoint.name}.json")[parameter.name]
    example = shown["example"] if "example" in shown else shown["content"]["application/json"]["example"]
    assert parameter.example, "a reader learns most from an example"
    parameter.rule.read(parameter.example)
    schema = schema_of(shown)
    assert allows(schema, example)
    if parameter.default is not None:
        assert allows(schema, schema["default"])


def test_what_a_parameter_may_be_is_said_as_it_is_read() -> None:
    shown = parameters("/v0/pipes/ranking_by.csv")
    assert shown["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 20}
    assert (shown["by"]["explode"], shown["by"]["schema"]["default"]) == (False, ["artist"])
    assert (shown["country"]["explode"], shown["country"]["schema"]["maxItems"]) == (True, 100)
    assert {"ES", "ZZ"} <= set(shown["country"]["schema"]["items"]["enum"])
    assert "another name of source" in shown["platform"]["description"]
    assert "schema" not in parameters("/v0/pipes/facts.csv")["after"]
    assert parameters("/v0/pipes/evolution.csv")["compare"]["schema"] == {"type": "string", "enum": ["previous"]}


def test_every_type_of_a_column_has_one_in_json() -> None:
    assert set(JSON_TYPES) == set(SQL_TYPES) >= {column.type for endpoint in ENDPOINTS for column in (*endpoint.asked, *endpoint.row)}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_row_has_its_columns_and_those_that_can_be_asked_for(endpoint: Endpoint) -> None:
    row = WHOLE["components"]["schemas"][f"{endpoint.name}.row"]
    assert set(row["properties"]) == {column.name for column in (*endpoint.asked, *endpoint.row)}
    assert row["required"] == [column.name for column in endpoint.row]


def test_every_answer_of_an_endpoint_says_which_plays_it_holds_and_every_error_is_a_problem() -> None:
    for path in (f"/v0/pipes/{name}.{kind}" for name in BY_NAME for kind in FORMATS):
        responses = get(path)["responses"]
        whole, same = (set(responses[status]["headers"]) for status in ("200", "304"))
        assert {"X-As-Of", "X-Watermarks", "ETag"} <= same == whole - {"Content-Encoding"} < whole
        assert {"400", "401", "403", "404", "405", "408", "413", "429", "431", "503", "default"} == set(responses) - {"200", "304"}
        for status, reference in responses.items():
            if status >= "400":
                assert list(resolved(reference)["content"]) == ["application/problem+json"]
    assert all("Retry-After" in WHOLE["components"]["responses"][status]["headers"] for status in ("429", "503"))


def test_every_path_says_what_comes_of_a_body_and_of_whatever_else_goes_wrong() -> None:
    for operation in (operation for item in WHOLE["paths"].values() for operation in item.values()):
        assert {"405", "408", "413", "default"} <= set(operation["responses"]), operation["operationId"]


def test_the_example_of_the_stream_is_what_its_schema_allows_and_the_server_reads() -> None:
    subscriptions = get("/live")["parameters"][0]
    assert allows(subscriptions["schema"], subscriptions["example"])
    assert not allows(subscriptions["schema"], {"as_of": "totals"})
    assert not allows(subscriptions["schema"], {"top": "nothing?by=artist"})
    assert set(read_subscriptions(list(subscriptions["example"].items()), EVERYONE)) == set(subscriptions["example"])


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_the_example_of_the_stream_asks_for_what_the_token_opens(endpoint: Endpoint) -> None:
    grant = Grant("x", frozenset({LIVE, endpoint.name}))
    subscriptions = document(ENDPOINTS, grant.opens, "1")["paths"]["/live"]["get"]["parameters"][0]
    assert all(isinstance(part, Subscription) for part in read_subscriptions(list(subscriptions["example"].items()), grant).values())
    others = {other.name for other in ENDPOINTS} - {endpoint.name}
    assert not any(allows(subscriptions["schema"], {"one": other}) for other in others)


def test_a_token_that_opens_no_endpoint_has_nothing_to_stream() -> None:
    assert "/live" not in document(ENDPOINTS, Grant("x", frozenset({LIVE})).opens, "1")["paths"]


def test_every_reference_leads_somewhere_and_no_part_is_left_over() -> None:
    used = {reference["$ref"] for reference in every_reference(WHOLE) if resolved(reference)}
    kinds = ("schemas", "parameters", "headers", "responses")
    assert {f"#/components/{kind}/{name}" for kind in kinds for name in WHOLE["components"][kind]} == used


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_token_sees_what_it_opens_and_nothing_of_the_rest(endpoint: Endpoint) -> None:
    seen = document(ENDPOINTS, Grant("x", frozenset({endpoint.name})).opens, "1")
    OpenAPIV31SpecValidator(seen).validate()
    pipes = {path for path in seen["paths"] if path.startswith("/v0/pipes/")}
    assert pipes == {f"/v0/pipes/{name}.{kind}" for name in (endpoint.name, *endpoint.aliases) for kind in FORMATS}
    assert not {"/metrics", "/live"} & set(seen["paths"])
    assert ("/v0/rejected.json" in seen["paths"]) == (endpoint.name == "conservation")
    assert {"/livez", "/readyz", "/session", "/openapi.json"} <= set(seen["paths"])
    others = {other.name for other in ENDPOINTS} - {endpoint.name}
    assert not {key for kind in ("schemas", "parameters") for key in seen["components"][kind] if key.split(".")[0] in others}
    assert not {tag["name"] for tag in seen["tags"]} & others


def test_what_is_open_to_all_asks_for_no_token() -> None:
    open_to_all = {
        operation["operationId"] for item in WHOLE["paths"].values() for operation in item.values() if operation.get("security") == []
    }
    assert open_to_all == {"livez", "readyz", "sign-in", "sign-out"}


async def test_every_route_of_the_server_is_in_it_but_the_pages(tmp_path: Path) -> None:
    async with open_application(tmp_path) as real:
        routes = {(route.method.lower(), route.resource.canonical) for route in real.app.router.routes() if route.resource}
    written = {(method, path) for path, item in WHOLE["paths"].items() for method in item}
    pages = {*DASHBOARD, "/docs", "/static", "/v0/pipes/{name}.{kind}", "/v0/pipes/{name}"}
    assert {(method, path) for method, path in routes if path not in pages and method != "head"} == {
        (method, path) for method, path in written if not path.startswith("/v0/pipes/")
    }


def instances(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that *schema* allows."""
    match schema:
        case {"enum": allowed}:
            found: st.SearchStrategy[Any] = st.sampled_from(allowed)
        case {"prefixItems": items}:
            found = st.tuples(*map(instances, items)).map(list)
        case {"type": "array", "items": items, "minItems": least}:
            found = st.lists(instances(items), min_size=least, max_size=20)
        case {"type": "integer", "minimum": least, "maximum": most}:
            found = st.integers(least, most)
        case {"pattern": pattern, "format": "date"}:
            found = st.dates().map(str) | st.from_regex(pattern.removesuffix("$") + r"\Z")
        case {"format": "date"}:
            found = st.dates().map(str)
        case {"type": "string"}:
            found = st.text(st.characters(codec="utf-8"), max_size=20) | st.text(BLANK, max_size=4)
        case _:
            raise AssertionError(f"no way to make up {schema}")
    return found.filter(lambda value: allows(schema, value))


def as_written(rule: Rule, value: Any) -> str:
    match rule.written:
        case Written.COMMAS:
            return ",".join(value)
        case Written.JSON:
            return json.dumps(value)
    return str(value)


@given(st.data())
def test_whatever_a_schema_allows_can_be_read(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(list(RULES.values())))
    rule.read(as_written(rule, data.draw(instances(rule.schema))))


@pytest.mark.parametrize("name", FREE_TEXT)
@given(
    value=st.text(max_size=3) | st.text(BLANK + "a", max_size=4) | st.from_regex(r"(19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]", fullmatch=True)
)
def test_free_text_is_read_if_and_only_if_its_schema_allows_it(name: str, value: str) -> None:
    rule = RULES[f"ranking_by.{name}"]
    try:
        rule.read(value)
    except ValueError:
        readable = False
    else:
        readable = True
    assert allows(rule.schema, value) is readable
