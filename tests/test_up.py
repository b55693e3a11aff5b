"""Claims about what `artist360 up` tells whoever started it."""

import io
from pathlib import Path

import pytest

from app.console import Console
from app.secret import Secret
from app.settings import Settings
from app.up import welcome
from web.token_format import new_token

TOKEN = new_token()


class Terminal(io.StringIO):
    """A place where a person reads along."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_link_that_signs_in(tmp_path: Path) -> None:
    said = welcome(Settings(data=tmp_path), TOKEN, terminal=True)
    assert said == f"\n  Dashboard  http://127.0.0.1:6066/\n  Sign in    http://127.0.0.1:6066/#token={TOKEN}\n"


def test_a_log_gets_the_file_that_holds_the_token(tmp_path: Path) -> None:
    said = welcome(Settings(data=tmp_path), TOKEN, terminal=False)
    assert said == f"\n  Dashboard  http://127.0.0.1:6066/\n  Sign in    with the token in {tmp_path / 'admin.token'}\n"
    given = tmp_path / "given"
    given.write_text(TOKEN)
    assert f"with the token in {given}\n" in welcome(Settings(data=tmp_path, admin_token=Secret(given)), TOKEN, terminal=False)


def test_a_log_gets_no_token_that_is_the_setting_itself(tmp_path: Path) -> None:
    said = welcome(Settings(data=tmp_path, admin_token=Secret(TOKEN)), TOKEN, terminal=False)
    assert TOKEN not in said
    assert "with the token that ARTIST360_ADMIN_TOKEN is\n" in said


def test_a_terminal_that_shows_no_status_is_one_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert Console(Terminal()).terminal
    assert not Console(Terminal()).live
    assert not Console(io.StringIO()).terminal
