"""Advisories: fails when a package that requirements.lock pins has a known vulnerability, and says loudly what nobody could tell."""

import json
import subprocess
import sys
from typing import Any, NamedTuple

LOCK = "requirements.lock"
ASK = ("--requirement", LOCK, "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10")


class Verdict(NamedTuple):
    """What the advisories say."""

    found: list[str]
    """Each vulnerability: package, its name, and the versions that mend it."""
    unknown: list[str]
    """Packages that the service does not know."""
    asked: int


def read(report: str) -> Verdict | None:
    """Read what pip-audit reports as JSON; None when that is no report, since the service was not reached."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return None
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    return Verdict(found, [package["name"] for package in packages if "skip_reason" in package], len(packages))


def main() -> int:
    """Ask, print, and return the exit code: 1 for a vulnerability only, since a machine may be offline."""
    done = subprocess.run([sys.executable, "-m", "pip_audit", *ASK], capture_output=True, text=True, check=False)  # noqa: S603 - our own
    verdict = read(done.stdout)
    if verdict is None:
        why = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        print(f"NO PACKAGE WAS AUDITED: the advisory service was not reached. {why[0]}", file=sys.stderr)
        return 0
    if len(verdict.unknown) == verdict.asked:
        print(f"NO PACKAGE WAS AUDITED: the advisory service knows none of the {verdict.asked} in {LOCK}", file=sys.stderr)
    elif verdict.unknown:
        print(f"NOT AUDITED, since the advisory service does not know them: {', '.join(verdict.unknown)}", file=sys.stderr)
    for flaw in verdict.found:
        print(f"VULNERABLE: {flaw}", file=sys.stderr)
    if not verdict.found and len(verdict.unknown) < verdict.asked:
        print(f"No known vulnerability in the {verdict.asked - len(verdict.unknown)} packages of {LOCK}")
    return bool(verdict.found)


if __name__ == "__main__":
    sys.exit(main())
