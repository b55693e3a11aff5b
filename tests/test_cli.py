"""Claims about the command line: quick help, one clear message for what a person can mend, exit codes, JSON."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from app.command import INTERRUPTED, Stop
from app.settings import PREFIX, Settings
from tables.songs import COLUMNS, read_songs
from web.token_format import new_token

SECONDS_MOST = 20


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings and no `.env`: an empty folder, and nothing of the machine's environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    return tmp_path


def artist360(*arguments: str | int) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="artist360")


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=SECONDS_MOST)


def test_help_waits_for_no_library() -> None:
    slow = "faust", "aiokafka", "confluent_kafka", "duckdb", "numpy", "rocksdict"
    done = process("-c", f"import sys, app.cli; print([name for name in {slow} if name in sys.modules])")
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "command",
    [
        *("up", "broker", "broker start", "broker stop", "broker status", "produce", "songs", "songs check", "songs generate"),
        *("verify", "rejected", "rejected list", "rejected export", "rejected replay"),
        *("token", "token create", "token list", "token revoke"),
    ],
)
def test_every_command_has_help(command: str) -> None:
    shown = artist360(*command.split(), "--help")
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: artist360 {command}")


def test_the_help_of_up_lists_every_setting() -> None:
    shown = artist360("up", "--help").output
    for item in fields(Settings):
        assert f"{PREFIX}{item.name.upper()} " in shown


def test_a_catalogue_that_was_made_up_is_a_good_one(nowhere: Path) -> None:
    assert artist360("songs", "generate", "--count", 300, "--out", "one.csv").exit_code == 0
    checked = artist360("songs", "check", "one.csv", "--json")
    assert checked.exit_code == 0
    report = json.loads(checked.stdout)
    assert (report["songs"], report["problems"]) == (300, [])
    assert len(read_songs(nowhere / "one.csv")) == 300


def test_the_same_seed_makes_the_same_catalogue(nowhere: Path) -> None:
    for name in ("one.csv", "two.csv"):
        artist360("songs", "generate", "--count", 50, "--seed", 3, "--out", name)
    assert (nowhere / "one.csv").read_bytes() == (nowhere / "two.csv").read_bytes()


def test_a_catalogue_is_not_overwritten_unasked(nowhere: Path) -> None:
    (nowhere / "songs.csv").write_text("mine")
    refused = artist360("songs", "generate")
    assert refused.exit_code == 1
    assert "songs.csv exists" in refused.stderr
    assert (nowhere / "songs.csv").read_text() == "mine"


def test_every_bad_line_is_said(nowhere: Path) -> None:
    lines = [",".join(COLUMNS), "1,a,,Ann,T,,,pop,1", "2,a,,Ann,T,,,pop,1", "3,b,,,T,,,pop,1", "4,c,,Ann,,,,pop,1"]
    (nowhere / "bad.csv").write_text("\n".join(lines))
    checked = artist360("songs", "check", "bad.csv")
    assert checked.exit_code == 1
    assert [line.split(",")[0] for line in checked.output.splitlines()[:3]] == ["line 3", "line 4", "line 5"]
    problems = json.loads(artist360("songs", "check", "bad.csv", "--json").stdout)["problems"]
    assert [(problem["line"], problem["column"]) for problem in problems] == [(3, "external_id"), (4, "artists"), (5, "song_title")]


def test_a_broker_that_does_not_run_is_exit_code_1(nowhere: Path) -> None:
    status = artist360("broker", "status", "--data", "here", "--json")
    assert status.exit_code == 1
    assert json.loads(status.stdout)["running"] is False
    assert json.loads(artist360("broker", "stop", "--data", "here", "--json").stdout) == {"stopped": False}


@pytest.mark.parametrize("command", [("broker", "status"), ("produce",), ("up",), ("token", "list")])
def test_a_bad_setting_is_one_message_without_a_traceback(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTIST360_PARTITIONS", "many")
    refused = artist360(*command)
    assert refused.exit_code == 1
    assert refused.stderr == "Error: ARTIST360_PARTITIONS is 'many'; allowed: a whole number from 1 to 1000\n"


@pytest.mark.parametrize(
    "arguments",
    [("up", "--broker", "nowhere"), ("up", "--port", "0"), ("produce", "--rate", "nan"), ("songs", "check", "none.csv"), ("x",)],
)
def test_a_usage_error_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    refused = process("-m", "app.cli", *arguments)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


CREATE = ("create", "--name", "x", "--scope", "totals")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "--name", "x"), "a token without a scope opens nothing"),
        (("create", "--scope", "totals"), "Missing option '--name'"),
        ((*CREATE, "rankings"), "--scope is 'rankings'; allowed: ranking_by, "),
        ((*CREATE, "--country", "Atlantis"), "--country is 'Atlantis'; allowed: an ISO 3166 alpha-2 code"),
        ((*CREATE, "--artist", " "), "--artist is ' '; allowed: 1 to 200 characters"),
        ((*CREATE, "conservation", "--country", "ES"), "a token with --artist or --country never opens conservation"),
        ((*CREATE, "--name", ""), "--name is ''; allowed: 1 to 100 characters that can be printed"),
        ((*CREATE, "--name", "a\nb"), "--name is 'a\\nb'"),
        *(
            ((*CREATE, "--expires", span), "send a number and a unit: 90d, 12h, 30m or 45s")
            for span in ("90", "0d", "-1d", "1y", "1.5h", "")
        ),
        *(((*CREATE, "--rps", rps), "--rps") for rps in ("0", "-1", "nan", "often")),
        (("revoke", "x"), "that is no token's id"),
    ],
)
def test_a_token_that_cannot_be_made_is_refused_before_anyone_is_asked(arguments: tuple[str, ...], said: str) -> None:
    refused = artist360("token", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_half_a_secret_is_not_shown() -> None:
    assert "a360_abcdefgh2345" not in artist360("token", "revoke", "a360_abcdefgh2345_short").output


def given_token_and_songs(data: Path) -> None:
    (data / "admin.token").write_text(new_token())
    (data / "songs.csv").write_text(",".join(COLUMNS) + "\n")


def test_verify_with_a_mistyped_server_is_exit_code_2_and_one_message(nowhere: Path) -> None:
    given_token_and_songs(nowhere)
    refused = artist360("verify", "--data", ".", "--server", "http://127.0.0.1:99999")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("the server's address is 'http://127.0.0.1:99999'; send http://HOST:PORT")
    told = artist360("verify", "--data", ".", "--server", "http://user:sesame@h", "--json")
    assert (told.exit_code, json.loads(told.stdout)["verdict"]) == (2, "cannot prove")
    assert "sesame" not in told.output


def test_verify_that_fails_by_a_bug_does_not_say_that_a_number_differs() -> None:
    bug = "import app.cli as c, app.verify as v; v.verify = lambda *_: {}['bug']; c.main()"
    failed = process("-c", bug, "verify", "--json")
    assert failed.returncode == 2
    assert "Traceback" in failed.stderr
    assert json.loads(failed.stdout) == {"verdict": "cannot prove", "summary": "KeyError: 'bug'"}


def test_a_bad_catalogue_stops_produce_before_it_connects(nowhere: Path) -> None:
    (nowhere / "bad.csv").write_text("nothing")
    refused = artist360("produce", "--songs", "bad.csv")
    assert refused.exit_code == 1
    assert "bad.csv: 1 problem" in refused.stderr


def test_up_refuses_a_taken_port_before_it_starts_anything(nowhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = process("-m", "app.cli", "up", "--port", str(port), "--data", "here")
    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr
    assert [path.name for path in (nowhere / "here").iterdir()] == ["up.lock"]


def test_a_second_up_with_the_same_data_says_so(nowhere: Path) -> None:
    with (nowhere / "up.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = process("-m", "app.cli", "up", "--data", ".")
    assert refused.returncode == 1
    assert "runs already" in refused.stderr
    assert "process 4711" in refused.stderr


def test_an_up_that_failed_leaves_the_data_free(nowhere: Path) -> None:
    (nowhere / "bad.csv").write_text("nothing")
    for _ in range(2):
        refused = process("-m", "app.cli", "up", "--data", ".", "--songs", "bad.csv", "--broker", "127.0.0.1:1", "--port", str(free_port()))
        assert refused.returncode == 1
        assert "bad.csv: 1 problem" in refused.stderr
        assert (nowhere / "up.lock").read_text() == ""


def test_rates_that_cannot_be_used_are_refused_before_anything_starts(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / "rates.csv").write_text("platform,rate\n")
    monkeypatch.setenv("ARTIST360_RATES", "rates.csv")
    refused = process("-m", "app.cli", "up", "--data", ".", "--broker", "127.0.0.1:1", "--port", str(free_port()))
    assert refused.returncode == 1
    assert f"{nowhere / 'rates.csv'} has the columns platform, rate; it must have platform, country, valid_from, rate" in refused.stderr


def test_the_first_ctrl_c_asks_and_the_second_ends() -> None:
    with Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(5)
        assert stop.interrupted
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_ctrl_c_is_quiet() -> None:
    interrupted = "import signal, app.cli as c; c.report = lambda _: signal.raise_signal(signal.SIGINT); c.main()"
    done = process("-c", interrupted, "broker", "stop", "--json")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (INTERRUPTED, "", "")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
