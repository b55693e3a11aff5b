"""Claims about the vendored files: each is the one that is listed, and what fetches them takes nothing that was not promised."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from tables.countries import UNKNOWN, codes
from tests.application import open_application
from tests.ci_scripts import load
from web.files import STATIC

VENDOR, TEST_VENDOR = STATIC / "vendor", Path(__file__).parent / "browser" / "vendor"
HTM = {"package/dist/htm.mjs": b"export default 1;", "package/LICENSE": b"Apache"}


@pytest.fixture
def vendored() -> ModuleType:
    return load("vendored")


def tarball(files: dict[str, bytes]) -> tuple[str, bytes]:
    """Return a package's integrity, as the registry has it, and the package."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, body in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(body)
            archive.addfile(about, io.BytesIO(body))
    return "sha512-" + base64.b64encode(hashlib.sha512(out.getvalue()).digest()).decode(), out.getvalue()


@pytest.mark.parametrize("folder", [VENDOR, TEST_VENDOR], ids=["page", "tests"])
def test_every_vendored_file_is_the_one_that_is_listed(folder: Path) -> None:
    packages = json.loads((folder / "vendored.json").read_text())
    listed = {entry["file"]: entry["sha256"] for package in packages for entry in package["files"]}
    licences = {package["licence_file"] for package in packages}
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert listed == {name: hashlib.sha256(body).hexdigest() for name, body in found.items() if name not in licences | {"vendored.json"}}
    assert licences <= set(found)


def test_there_is_a_flag_of_every_country_that_plays_can_come_from_and_no_other() -> None:
    assert {path.stem for path in (VENDOR / "flags").iterdir()} == set(codes().values()) - {UNKNOWN}


def test_no_flag_runs_or_fetches_anything() -> None:
    for path in (VENDOR / "flags").iterdir():
        text = path.read_text().lower()
        assert not [word for word in ("<script", "href", "url(http", "<style", "style=", "<image") if word in text], path.name


async def test_a_flag_is_served_as_an_image_and_a_missing_one_is_a_problem(tmp_path: Path) -> None:
    async with open_application(tmp_path) as served:
        async with served.client.get("/static/vendor/flags/ES.svg") as flag:
            assert (flag.status, flag.content_type) == (200, "image/svg+xml")
            assert await flag.read() == (VENDOR / "flags" / "ES.svg").read_bytes()
        for path in ("/static/vendor/flags/QQ.svg", "/static/vendor/flags", "/static/vendor/flags/"):
            async with served.client.get(path) as missing:
                assert missing.status in (403, 404), path
                assert missing.content_type == "application/problem+json"


def test_a_package_gives_the_files_that_are_taken_and_its_licence(vendored: ModuleType) -> None:
    library = vendored.Library("htm", "htm.LICENSE", {"htm.mjs": "dist/htm.mjs"})
    taken = list(vendored.taken(library, *tarball(HTM)))
    assert [(path, body) for path, body, _ in taken] == [("htm.mjs", b"export default 1;"), ("htm.LICENSE", b"Apache")]
    assert taken[0][2] == {"file": "htm.mjs", "from": "dist/htm.mjs", "sha256": hashlib.sha256(b"export default 1;").hexdigest()}


def test_a_package_that_is_not_the_promised_one_is_refused(vendored: ModuleType) -> None:
    library = vendored.Library("htm", "htm.LICENSE", {"htm.mjs": "dist/htm.mjs"})
    integrity, _ = tarball(HTM)
    with pytest.raises(vendored.Unfit, match="was promised"):
        list(vendored.taken(library, integrity, tarball({**HTM, "package/dist/htm.mjs": b"evil()"})[1]))


def test_a_file_or_a_place_to_change_that_is_gone_is_refused(vendored: ModuleType) -> None:
    gone = vendored.Library("htm", "htm.LICENSE", {"htm.mjs": "dist/other.mjs"})
    with pytest.raises(vendored.Unfit, match=r"no file dist/other\.mjs"):
        list(vendored.taken(gone, *tarball(HTM)))
    changed = vendored.Library("htm", "l", {"htm.mjs": "dist/htm.mjs"}, {"htm.mjs": vendored.Change("why", lambda text: text)})
    with pytest.raises(vendored.Unfit, match="nothing to change"):
        list(vendored.taken(changed, *tarball(HTM)))


@pytest.mark.parametrize("folder", [VENDOR, TEST_VENDOR], ids=["page", "tests"])
def test_the_list_is_written_as_it_stands(vendored: ModuleType, folder: Path) -> None:
    text = (folder / "vendored.json").read_text()
    assert vendored.written(json.loads(text)) == text
