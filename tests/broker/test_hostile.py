"""Hostile input over real HTTP: each parameter bent in every way is read as data or refused by name, and nothing gets out or breaks."""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from tests.broker.worker_process import WorkerProcess
from web.endpoints import ENDPOINTS, Endpoint
from web.guard import HEADERS
from web.parameters import Parameter

HUGE = "9" * 50_000
SQL = ("' OR 1=1 --", "x'; DROP TABLE daily; --", "1 UNION SELECT * FROM daily", "$artist", "{where}", "%' OR '%'='", "x') OR true --")
CRLF = ("x\r\nX-Injected: yes", "x\r\n\r\n<script>", "\nSet-Cookie: artist360=x", "x\u2028X-Injected: yes")
PATHS = ("../../admin.token", "..\\..\\admin.token", "/etc/passwd", "file:///etc/passwd", "\x00", "a\x00b")
ALPHABETS = ("١٢", "２０２６-１１-２３", "аrtist", "ＥＳ", "ΑΡ", "김광석", "🎵", "\u202egnihton", "e\u0301" * 90)
TEMPLATES = ("${7*7}", "{{7*7}}", "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0")
BENT = ("", " ", "-1", "1e9", "NaN", "null", "true", "[]", "{}", HUGE, *SQL, *CRLF, *PATHS, *ALPHABETS, *TEMPLATES)


class Got(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def problem(self) -> str:
        """Return what the problem document says, which it is."""
        assert self.headers["content-type"].startswith("application/problem+json"), self
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        return str(document["detail"])


class Client:
    """Sends what it is told to, as it stands, over one connection."""

    def __init__(self, server: WorkerProcess) -> None:
        self._connection = HTTPConnection("127.0.0.1", server.settings.web_port, timeout=60)
        self._token = server.token

    def get(self, path: str, **headers: str) -> Got:
        self._connection.putrequest("GET", path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in {"Authorization": f"Bearer {self._token}", **headers}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        with self._connection.getresponse() as response:
            return Got(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    def ask(self, endpoint: Endpoint, query: str) -> Got:
        """Ask with a *query* that is encoded already."""
        got = self.get(f"/v0/pipes/{endpoint.name}.json?{query}")
        assert "x-injected" not in got.headers, query[:200]
        assert "set-cookie" not in got.headers, query[:200]
        assert {name: got.headers.get(name.lower()) for name in HEADERS} == HEADERS, query[:200]
        return got

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def client(served: WorkerProcess) -> Iterator[Client]:
    opened = Client(served)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def unharmed(served: WorkerProcess) -> Iterator[None]:
    """Fail a test after which the server does not hold what it held."""
    before = served.get("facts")["data"], served.conservation()
    yield
    assert (served.get("facts")["data"], served.conservation()) == before


def reads(parameter: Parameter, value: str) -> bool:
    try:
        parameter.rule.read(value)
    except ValueError:
        return False
    return True


EACH = pytest.mark.parametrize(
    ("endpoint", "name", "parameter"),
    [
        pytest.param(endpoint, name, parameter, id=f"{endpoint.name}-{name}")
        for endpoint in ENDPOINTS
        for parameter in endpoint.params
        for name in (parameter.name, *parameter.aliases)
    ],
)


@EACH
def test_a_bent_value_is_data_or_a_400_that_names_its_parameter(
    client: Client, endpoint: Endpoint, name: str, parameter: Parameter
) -> None:
    refused = 0
    for value in (sent for bent in BENT for sent in (bent, quote(bent, safe=""))):  # the second arrives encoded twice
        got = client.ask(endpoint, f"{name}={quote(value, safe='')}")
        if reads(parameter, value):
            assert got.status == 200, (value[:100], got)
        else:
            refused += 1
            assert got.status == 400, (value[:100], got)
            assert re.match(rf"{name} is '|{name} is \"", got.problem()), got.problem()
            assert len(got.body) < 1_000
    assert refused


@EACH
def test_a_value_that_is_repeated_is_one_of_several_or_a_400_that_names_its_parameter(
    client: Client, endpoint: Endpoint, name: str, parameter: Parameter
) -> None:
    one = f"{name}={quote(parameter.example, safe='')}"
    needed = [f"&{other.name}={other.example}" for other in endpoint.params if other.name in parameter.needs]
    assert all(client.ask(endpoint, one + other).status == 200 for other in needed or [""])
    assert client.ask(endpoint, f"{one}&{one}").status == (200 if parameter.many else 400)
    most = client.ask(endpoint, "&".join([one] * 101))
    assert most.status == 400
    assert most.problem().startswith(f"{name} is given ")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize(
    "name", ["x", "LIMIT", "limit[]", "limit ", "__proto__", "select", "artist'--", "a\r\nX-Injected: yes", "\x00", "аrtist"]
)
def test_a_parameter_that_there_is_not_is_a_400_that_names_it(client: Client, endpoint: Endpoint, name: str) -> None:
    for written in (quote(name, safe=""), quote(quote(name, safe=""), safe="")):
        got = client.ask(endpoint, f"{written}=1")
        assert got.status == 400, name
        assert "is not a parameter of this endpoint" in got.problem()


def test_free_text_that_looks_like_sql_matches_nothing_instead_of_everything(client: Client) -> None:
    for endpoint in ENDPOINTS:
        for parameter in endpoint.params:
            for value in SQL if parameter.many else ():
                got = client.ask(endpoint, f"{parameter.name}={quote(value, safe='')}")
                if got.status == 200:
                    plays = sum(row.get("plays", 0) for row in json.loads(got.body)["data"])
                    assert plays == 0, (endpoint.name, parameter.name, value)


def test_bytes_that_are_no_utf_8_break_nothing(client: Client) -> None:
    for endpoint in ENDPOINTS:
        for parameter in endpoint.params:
            for value in ("%FF", "%C3", "%ED%A0%80", "%F5%80%80%80", "%", "%zz", "+", "%2B"):
                assert client.ask(endpoint, f"{parameter.name}={value}").status in (200, 400)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/v0/pipes/nothing.json",
            "/v0/pipes/totals.xml",
            "/v0/pipes/totals",
            "/v0/pipes/totals.json/",
            "/v0/pipes/.json",
            "/v0/pipes/totals.",
        ),
        *(
            "/v0/pipes/../../admin.token",
            "/v0/pipes/..%2f..%2fadmin.token",
            "/v0/pipes/%2e%2e%2f%2e%2e%2fadmin.token",
            "/v0/pipes/totals.json%00",
        ),
        *(
            "/v0/pipes/..%252f..%252fadmin.json",
            "/v0/pipes/facts.sql",
            "/v0/pipes/totals.json.csv",
            "/v0/pipes/TOTALS.json",
            "/v0/pipes/totals.JSON",
        ),
        *("/static/../../admin.token", "/static/..%2f..%2f..%2fweb%2fguard.py", "/static/%2e%2e/guard.py", "/static/..%5c..%5cguard.py"),
        *(
            "/static//etc/passwd",
            "/static/%2fetc%2fpasswd",
            "/static/docs.html%00.js",
            "//v0/pipes/totals.json",
            "/docs/../v0/pipes/none.json",
        ),
        *("/v0/pipes/totals.json;x=1", "/v0/pipes/%0d%0aX-Injected:%20yes.json", "/v0/pipes/' OR 1=1 --.json".replace(" ", "%20")),
        *("/table/", "/router/", "/stats/", "/graph", "/admin.token", "/.env", "/.git/config"),
    ],
)
def test_no_path_leads_out(client: Client, path: str) -> None:
    got = client.get(path)
    assert got.status in (400, 403, 404), got
    assert got.problem()
    assert "x-injected" not in got.headers
    assert b"a360_" not in got.body
    assert b"root:" not in got.body


@pytest.mark.parametrize("value", ["x", "' OR 1=1 --", "a360_' OR '1'='1", "Bearer a360_x\u00ff", "Bearer " + "a" * 8_000, "Basic YTpi"])
def test_no_header_stands_for_a_token(client: Client, value: str) -> None:
    got = client.get("/v0/pipes/totals.json", Authorization=value)
    assert got.status == 401
    assert value not in got.problem()


@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-Host", "X-Forwarded-For", "X-Original-URL", "X-HTTP-Method-Override", "Accept", "Range"]
)
@pytest.mark.parametrize("path", ["/v0/pipes/totals.json", "/openapi.json", "/docs", "/nothing"])
def test_no_header_comes_back(client: Client, path: str, name: str) -> None:
    got = client.get(path, **{name: "evil.example"})
    assert got.status == (404 if path == "/nothing" else 200)
    assert b"evil.example" not in got.body
    assert "evil.example" not in str(got.headers)
