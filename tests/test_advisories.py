"""Claims about the advisories: a vulnerability fails, and no silence passes for a clean answer."""

import json
from collections.abc import Mapping
from types import ModuleType

import pytest

from tests.ci_scripts import FOLDER, load


@pytest.fixture
def advisories() -> ModuleType:
    return load("advisories")


def report(*packages: Mapping[str, object]) -> str:
    """What pip-audit prints."""
    return json.dumps({"dependencies": packages, "fixes": []})


CLEAN = {"name": "yarl", "version": "1.25.1", "vulns": []}
BAD = {
    "name": "aiohttp",
    "version": "3.9.1",
    "vulns": [{"id": "PYSEC-2024-24", "fix_versions": ["3.9.2"], "aliases": [], "description": ""}],
}
UNKNOWN = {"name": "six", "skip_reason": "Dependency not found on PyPI and could not be audited: six (1.17.0)"}


def test_a_vulnerability_is_named_with_the_version_that_mends_it(advisories: ModuleType) -> None:
    assert advisories.read(report(CLEAN, BAD)) == (["aiohttp 3.9.1: PYSEC-2024-24, mended in 3.9.2"], [], 2)


def test_a_package_that_the_service_does_not_know_is_not_clean(advisories: ModuleType) -> None:
    assert advisories.read(report(CLEAN, UNKNOWN)) == ([], ["six"], 2)


@pytest.mark.parametrize("said", ["", "no JSON", "{}"])
def test_no_report_is_no_clean_one(advisories: ModuleType, said: str) -> None:
    assert advisories.read(said) is None


def test_a_machine_without_network_goes_on_and_is_told_that_nothing_was_audited(
    advisories: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # where nobody is: the discard port
    monkeypatch.chdir(FOLDER.parent)
    assert advisories.main() == 0
    assert "NO PACKAGE WAS AUDITED: the advisory service was not reached" in capsys.readouterr().err
