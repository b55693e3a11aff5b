"""Claims about `faust -A app.main worker` as it is started: what a person can mend ends it with one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.processes import ROOT
from app.settings import PREFIX

SECONDS_MOST = 60


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ROLE": "foo"}, "SettingError: ARTIST360_ROLE is 'foo'; allowed: all or count or serve"),
        ({"NOTHING": "1"}, "SettingError: ARTIST360_NOTHING is not a setting; "),
        ({"ADMIN_TOKEN": "nonsense"}, "BadToken: ARTIST360_ADMIN_TOKEN is neither a token ("),
        ({"RATES": "none.csv"}, "BadRates: none.csv cannot be read"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else "",
)
def test_what_is_set_wrong_ends_a_worker_with_one_line(tmp_path: Path, given: dict[str, str], said: str) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    settings = {PREFIX + name: value for name, value in ({"DATA": str(tmp_path), "LOG_FORMAT": "text"} | given).items()}
    ended = subprocess.run(
        [sys.executable, "-m", "faust", "-A", "app.main", "worker"],
        cwd=tmp_path,  # where there is no `.env`
        env={**plain, **settings, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS_MOST,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(said)
    assert len(ended.stderr.splitlines()) == 1
