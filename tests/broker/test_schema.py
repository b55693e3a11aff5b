"""The OpenAPI document against a real server: whatever it allows is answered as it says, whatever it forbids is refused as it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker.worker_process import WorkerProcess
from web.endpoints import BY_NAME

REQUEST_SECONDS = 60
JSON = r"^(?!.*\.(csv|ndjson|parquet)$)(?!.*/evolution\.)"
"""Each endpoint as JSON, and the server's own paths."""
BOUND = [name for name, endpoint in BY_NAME.items() if any(each.needs or each.instead_of or each.not_after for each in endpoint.params)]
# OpenAPI has no words for a parameter that is bound to another one, nor for a query within a query: what it allows there may be refused.
CONFIG = f"""
max-stream-events = 2
[[operations]]
include-path-regex = "/({"|".join(BOUND)})[.]|/live"
checks.positive_data_acceptance.enabled = false
"""
OTHERS = r"\.(csv|ndjson|parquet)$|/evolution\."


@pytest.mark.parametrize(
    ("paths", "phases", "examples"),
    # Coverage tries each edge of each parameter by itself, hundreds a path: once an endpoint is enough, parameters know no formats.
    [(JSON, "examples,coverage,fuzzing", 6), (OTHERS, "examples,fuzzing", 4)],
    ids=["json", "other formats and names"],
)
def test_the_whole_api_keeps_to_its_document(served: WorkerProcess, tmp_path: Path, paths: str, phases: str, examples: int) -> None:
    """All checks: no 5xx, bodies and headers as in their schemas, valid accepted, invalid refused, no answer without a token."""
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json", "-H", f"Authorization: Bearer {served.token}"]
    bounds = ["--phases", phases, "--max-examples", str(examples), "--seed", "1", "--request-timeout", str(REQUEST_SECONDS)]
    done = subprocess.run(
        [*command, *bounds, "--include-path-regex", paths, "--no-color", "--warnings", "off"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, "\n".join(line[:400] for line in done.stdout.splitlines()[-200:]) + done.stderr
    assert re.search("Tested: [1-9]", done.stdout)
