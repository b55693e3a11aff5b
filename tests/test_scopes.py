"""Claims about scopes and grants: a token opens what is listed, by whatever name, and a fixed one never tells of all rows."""

import pytest

from web.endpoints import BY_NAME, ENDPOINTS
from web.grants import ABOUT_EVERY_ROW, EVERYTHING, Grant, Rows
from web.scopes import ANY, PUBLIC, ROUTES, SCOPES, THE_ENDPOINT, needed, read_scope


def test_every_endpoint_is_a_scope_of_its_own_and_no_scope_stands_twice() -> None:
    assert set(SCOPES) == {endpoint.name for endpoint in ENDPOINTS} | {"live", "metrics", EVERYTHING}
    assert len(set(SCOPES)) == len(SCOPES)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_alias_is_the_scope_of_its_endpoint_where_it_is_given_and_where_it_is_asked_for(name: str) -> None:
    assert read_scope(name) == needed(THE_ENDPOINT, {"name": name, "kind": "csv"}) == BY_NAME[name].name


@pytest.mark.parametrize("text", ["", "total", "TOTALS", "**", " totals", "docs"])
def test_what_is_no_scope_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"ranking_by, .*, metrics, or \* for all of them"):
        read_scope(text)


def test_a_name_that_is_no_endpoints_needs_no_scope_and_finds_nothing() -> None:
    assert needed(THE_ENDPOINT, {"name": "nothing", "kind": "json"}) is ANY


def test_no_route_is_public_and_guarded() -> None:
    assert PUBLIC & set(ROUTES) == set()
    assert {scope for scope in ROUTES.values() if scope} <= set(SCOPES)


@pytest.mark.parametrize("scope", SCOPES[:-1])
def test_a_grant_opens_its_scopes_and_no_other(scope: str) -> None:
    opens = {other for other in SCOPES[:-1] if Grant("a", frozenset({scope})).opens(other)}
    assert opens == {scope}
    assert Grant("a", frozenset({EVERYTHING})).opens(scope)
    assert not Grant("a", frozenset()).opens(scope)


@pytest.mark.parametrize("rows", [Rows(artist="rosalia"), Rows(country="ES"), Rows("rosalia", "ES"), Rows(artist="")])
def test_a_fixed_grant_opens_everything_but_what_tells_of_every_row(rows: Rows) -> None:
    for scopes in (SCOPES, (EVERYTHING,)):
        grant = Grant("a", frozenset(scopes), rows)
        assert {scope for scope in SCOPES[:-1] if not grant.opens(scope)} == ABOUT_EVERY_ROW
    assert set(SCOPES) > ABOUT_EVERY_ROW
