"""Scopes: what a token can open, by name, and which of them each route needs; a route that is not listed here is open to nobody."""

from collections.abc import Mapping

from web.endpoints import BY_NAME, CONSERVATION, ENDPOINTS
from web.grants import EVERYTHING
from web.page import DASHBOARD

LIVE = "live"
METRICS = "metrics"
SCOPES = (*(endpoint.name for endpoint in ENDPOINTS), LIVE, METRICS, EVERYTHING)
"""Every scope that a token can have."""

PUBLIC = frozenset({*DASHBOARD, "/docs", "/livez", "/readyz", "/session", "/static"})
"""Routes that need no token, by the name that the router has for them. `/session` looks at tokens by itself."""
THE_ENDPOINT = ""
"""The scope is the endpoint that the route's `name` stands for."""
ANY: str | None = None
"""Any valid token will do: what it then shows is what the token opens."""
ROUTES: Mapping[str, str | None] = {
    "/v0/pipes/{name}.{kind}": THE_ENDPOINT,
    "/v0/pipes/{name}": ANY,  # says what is missing
    "/v0/rejected.json": CONSERVATION.name,  # what it counts as rejected, one by one
    "/live": LIVE,
    "/metrics": METRICS,
    "/openapi.json": ANY,
}
"""The scope that each other route needs. `/live` looks for itself whether the endpoints that it shows are open, too."""


def needed(scope: str | None, parts: Mapping[str, str]) -> str | None:
    """Return the scope that a route with *scope* in `ROUTES` needs when its placeholders are *parts*; None: none.

    A name that is no endpoint's needs none either: the answer is that there is none such.
    """
    if scope != THE_ENDPOINT:
        return scope
    endpoint = BY_NAME.get(parts["name"])
    return endpoint.name if endpoint else ANY


def read_scope(text: str) -> str:
    """Return the scope that *text* names; an endpoint's alias stands for the endpoint.

    Raises:
        ValueError: there is none; says what is allowed.
    """
    scope = BY_NAME[text].name if text in BY_NAME else text
    if scope not in SCOPES:
        raise ValueError(f"{', '.join(SCOPES[:-1])}, or {EVERYTHING} for all of them")
    return scope
