"""Claims about the modules of a script: all that it imports, each once."""

import re
from pathlib import Path

import pytest

from web.files import STATIC
from web.modules import imported_by
from web.page import shell


def test_imports_are_followed_to_the_end_each_once_the_nearest_first(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    for name, text in {
        "main.js": 'import { a } from "./a.js";\nimport"./b.js";\nconst words = "from here";',
        "a.js": 'import * as c from "./far/c.mjs";\nimport { main } from "./main.js";',
        "b.js": 'export {\n  one,\n  two,\n} from "./a.js";',
        "far/c.mjs": 'import{b}from"../b.js";export default b;',
    }.items():
        (tmp_path / name).write_text(text)
    assert [path.relative_to(tmp_path.resolve()).as_posix() for path in imported_by(tmp_path / "main.js")] == ["a.js", "b.js", "far/c.mjs"]


@pytest.mark.parametrize(("document", "script"), [("index.html", "main.js"), ("docs.html", "docs.js")])
def test_a_document_names_every_module_of_its_script_before_it(document: str, script: str) -> None:
    html = shell(document, "EUR")
    named = re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', html)
    assert len(named) == len(set(named)) == len(imported_by(STATIC / script))
    assert {"markup.js", "vendor/preact.mjs", "vendor/htm.mjs"} <= set(named)
    assert html.index('rel="modulepreload"') < html.index(f'src="/static/{script}"')
