"""Vendored: fetches the libraries of the page and of its tests from the npm registry, checks them and writes a vendored.json beside each.

`make vendored` gets the listed versions again, of what is not listed yet the newest; `make vendored ARGS=--newest` renews all of them.
"""

import argparse
import base64
import hashlib
import io
import json
import os
import sys
import tarfile
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tables.countries import codes

ROOT = Path(__file__).parent.parent
LIST = "vendored.json"
REGISTRY = "https://registry.npmjs.org"
ANSWER_SECONDS = 60


class Change(NamedTuple):
    """What is done to a file, since a page without a build step and without inline scripts cannot use it as it is."""

    about: str
    make: Callable[[str], str]


class Library(NamedTuple):
    """A package, and what is taken out of it."""

    name: str
    licence_file: str
    files: Mapping[str, str]
    """Path in the package by path here."""
    changes: Mapping[str, Change] = {}


class Unfit(Exception):
    """A package is not what was expected; says which and what."""


LIBRARIES = (
    Library(
        "preact",
        "preact.LICENSE",
        {"preact.mjs": "dist/preact.mjs", "preact-hooks.mjs": "hooks/dist/hooks.mjs"},
        {
            "preact-hooks.mjs": Change(
                'the bare import "preact" reads "./preact.mjs": a page without inline scripts cannot have an import map',
                lambda text: text.replace('from"preact"', 'from"./preact.mjs"').replace("from'preact'", "from'./preact.mjs'"),
            )
        },
    ),
    Library("htm", "htm.LICENSE", {"htm.mjs": "dist/htm.mjs"}),
    Library(
        "uplot",
        "uplot.LICENSE",
        {"uplot.mjs": "dist/uPlot.iife.min.js", "uplot.css": "dist/uPlot.min.css"},
        {
            "uplot.mjs": Change(
                "its one variable is exported at the end: the package minifies no module", lambda text: f"{text}export default uPlot;\n"
            )
        },
    ),
    Library(
        "@fontsource-variable/instrument-sans",
        "instrument-sans.LICENSE",
        {name: f"files/{name}" for name in (f"instrument-sans-{part}-wght-normal.woff2" for part in ("latin", "latin-ext"))},
    ),
    Library(
        "country-flag-icons",
        "country-flag-icons.LICENSE",
        {f"flags/{code}.svg": f"3x2/{code}.svg" for code in sorted(set(codes().values()))},
    ),
)
TEST_LIBRARIES = (Library("axe-core", "axe.LICENSE", {"axe.min.js": "axe.min.js"}),)
FOLDERS = {ROOT / "web" / "static" / "vendor": LIBRARIES, ROOT / "tests" / "browser" / "vendor": TEST_LIBRARIES}


def fetched(url: str) -> bytes:
    """Return what the registry has at *url*."""
    with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - the registry's, over TLS
        return bytes(answer.read())


def taken(library: Library, integrity: str, tarball: bytes) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Yield each file that is kept of *tarball*, the licence last: its path here, its bytes, and what is listed of it.

    Raises:
        Unfit: the tarball is another than *integrity* says, a file is missing in it, or a change finds nothing to change.
    """
    found = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    if found != integrity:
        raise Unfit(f"{library.name}: the tarball is {found}, and {integrity} was promised")
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        there = {str(PurePosixPath(*PurePosixPath(member.name).parts[1:])): member for member in archive if member.isfile()}

        def read(source: str) -> bytes:
            if source not in there:
                raise Unfit(f"{library.name}: it has no file {source} any more")
            return archive.extractfile(there[source]).read()  # type: ignore[union-attr]  # it is a file

        for path, source in library.files.items():
            upstream = kept = read(source)
            about = {}
            if change := library.changes.get(path):
                kept = change.make(upstream.decode()).encode()
                if kept == upstream:
                    raise Unfit(f"{library.name}: {source} holds nothing to change any more: {change.about}")
                about = {"sha256_upstream": hashlib.sha256(upstream).hexdigest(), "change": change.about}
            yield path, kept, {"file": path, "from": source, "sha256": hashlib.sha256(kept).hexdigest(), **about}
        yield library.licence_file, read("LICENSE"), {}


def renewed(library: Library, listed: Mapping[str, Any] | None, registry: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Fetch *library*, in the version that is *listed* or else the newest; return what is to be listed of it, and its files."""
    about = json.loads(fetched(f"{registry}/{library.name}/{listed['version'] if listed else 'latest'}"))
    integrity = about["dist"]["integrity"]
    if listed and listed["tarball_integrity"] != integrity:
        raise Unfit(f"{library.name} {listed['version']}: the registry promises {integrity}, and {listed['tarball_integrity']} is listed")
    files = list(taken(library, integrity, fetched(about["dist"]["tarball"])))
    head = {"name": library.name, "version": about["version"], "licence": about["license"], "licence_file": library.licence_file}
    return {**head, "tarball_integrity": integrity, "files": [entry for *_, entry in files if entry]}, {
        path: body for path, body, _ in files
    }


def written(packages: list[dict[str, Any]]) -> str:
    """Return the list as JSON with a line for each file."""
    whole = []
    for package in packages:
        head = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in package.items() if name != "files")
        files = ",\n".join(f"   {json.dumps(entry)}" for entry in package["files"])
        whole.append(f' {{\n{head},\n  "files": [\n{files}\n  ]\n }}')
    return "[\n" + ",\n".join(whole) + "\n]\n"


def renew(folder: Path, libraries: Iterable[Library], registry: str, *, newest: bool) -> None:
    """Fetch *libraries* into *folder*, where nothing else stays; each in the version listed there, unless the *newest* is asked for.

    Raises:
        Unfit, OSError: nothing was changed.
    """
    listed = {package["name"]: package for package in json.loads((folder / LIST).read_text())} if (folder / LIST).exists() else {}
    fresh = [renewed(library, None if newest else listed.get(library.name), registry) for library in libraries]
    packages = [package for package, _ in fresh]
    files = {LIST: written(packages).encode(), **{path: body for _, bodies in fresh for path, body in bodies.items()}}
    for path in (path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).as_posix() not in files):
        path.unlink()
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    print("\n".join(f"{package['name']} {package['version']}: {len(package['files'])} files" for package in packages))


def main() -> int:
    """Renew what is asked for; return the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--newest", action="store_true", help="the newest version of each, not the listed one")
    newest = options.parse_args().newest
    registry = os.environ.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
    for folder, libraries in FOLDERS.items():
        try:
            renew(folder, libraries, registry, newest=newest)
        except (Unfit, OSError) as error:
            print(f"NOTHING IS RENEWED IN {folder.relative_to(ROOT)}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
