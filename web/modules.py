"""Modules: what a script of the page imports, found by reading it, so that a browser can ask for all at once and not level by level."""

import re
from collections.abc import Iterator
from pathlib import Path

_IMPORTED = re.compile(r"""\b(?:from|import)\s*["'](\.{1,2}/[^"']+)["']""")


def imported_by(script: Path) -> list[Path]:
    """Return the modules that *script* needs, itself not, those first that it imports itself."""
    found = [script.resolve()]
    for module in found:
        found.extend(path for path in dict.fromkeys(_imports(module)) if path not in found)
    return found[1:]


def _imports(module: Path) -> Iterator[Path]:
    for match in _IMPORTED.finditer(module.read_text()):
        yield (module.parent / match[1]).resolve()
