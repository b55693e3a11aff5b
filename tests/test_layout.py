"""Claims about the layout: who imports whom, where things live, and that every module says its role."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("app", "tables", "web")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PURE = (
    *("app.events", "app.counting", "app.simulation", "tables.grain", "tables.countries", "tables.songs", "tables.names"),
    *("tables.details", "tables.rates", "web.endpoints", "web.parameters", "web.filters"),
    *("web.grants", "web.scopes", "web.token_format", "web.paces", "web.cookies", "web.openapi", "web.openapi_parts"),
    *("web.openapi_paths", "web.limits", "web.request_ids"),
    *(
        "tables.allowance",
        "tables.columns",
        "tables.merging",
        "tables.counts",
        "tables.levels",
        "tables.day_sums",
        "tables.seconds",
        "tables.counted_songs",
        "tables.numbered_names",
        "tables.prices",
        "tables.dictionary",
        "tables.memory",
    ),
    *(
        "web.selection",
        "web.grouping",
        "web.ranking",
        "web.totals",
        "web.series",
        "web.trends",
        "web.facts",
        "web.finding",
        "web.search",
        "web.dimensions",
    ),
)
IMPURE = {"faust", "duckdb", "aiohttp", "asyncio", "os"}
FOLDERS = {"app", "tables", "web", "tests", "docker", "benchmarks", "docs"}
MAY_IMPORT = {"app": {"app", "web", "tables"}, "web": {"web", "tables"}, "tables": {"tables"}}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "core", "shared"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that *path* imports, anywhere in it; `from a import b` gives a and a.b."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield from (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))


def test_there_is_something_to_look_at() -> None:
    assert {name_of(path) for path in MODULES} >= {*PACKAGES, *PURE, "app.main"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_from_app_over_web_to_tables(path: Path) -> None:
    own = {name.split(".")[0] for name in imports(path)} & {*PACKAGES, "tests", "benchmarks"}
    assert own <= MAY_IMPORT[name_of(path).split(".")[0]]


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_imports_nothing_that_does_io(name: str) -> None:
    found = {imported.split(".")[0] for imported in imports(ROOT / (name.replace(".", "/") + ".py"))}
    assert found & IMPURE == set()


def test_only_the_composition_root_knows_everyone() -> None:
    everyone = {"app.worker", "app.serving", "tables.dimension"}
    assert [name_of(path) for path in MODULES if everyone <= set(imports(path))] == ["app.main"]
    assert [name_of(path) for path in MODULES if "app.main" in imports(path)] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_modules_first_line_says_its_role(path: Path) -> None:
    docstring = ast.get_docstring(tree_of(path))
    assert docstring, "no docstring"
    first = docstring.splitlines()[0]
    assert len(first) >= 20
    assert first.endswith((".", ":")) or docstring.splitlines()[1:2] != [""], first


def test_every_home_has_a_domain_name() -> None:
    places = [path for folder in (*PACKAGES, "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    names = {part.removeprefix("test_") for path in places for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & VAGUE == set()


def test_there_are_no_more_folders_at_the_top() -> None:
    ignored = set(re.findall(r"^/?([\w.-]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE))
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert {name for name in there if not name.endswith(".egg-info")} - ignored - FOLDERS == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_imported_by_star(path: Path) -> None:
    assert not [name for name in imports(path) if name.endswith(".*")]


def test_of_what_is_shown_only_a_format_is_written_by_duckdb() -> None:
    """Answers come from memory: a statement of DuckDB would take longer than most."""
    assert [name_of(path) for path in MODULES if name_of(path).startswith("web.") and "duckdb" in imports(path)] == ["web.formats"]
