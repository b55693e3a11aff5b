"""Claims about what `artist360 up` tells whoever started it."""

import io
import socket
from pathlib import Path

import pytest

from app.console import Console
from app.secret import Secret
from app.settings import Settings
from app.up import UpError, refuse_unusable, welcome
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


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid", "a..b", "2001:db8::1", ":::"])
def test_a_host_that_is_not_this_machine_is_not_blamed_on_the_port(host: str) -> None:
    with pytest.raises(UpError) as refused:
        refuse_unusable(host, 6066)
    assert str(refused.value).startswith(f"ARTIST360_WEB_HOST is {host!r}, where the server cannot listen (")
    assert "set it to an address of this machine, such as 127.0.0.1" in str(refused.value)
    assert "port" not in str(refused.value)
    assert "while attempting" not in str(refused.value)


def test_a_taken_port_is_said_once_with_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UpError) as refused:
            refuse_unusable("127.0.0.1", port)
    assert str(refused.value).startswith(
        f"the server cannot listen on 127.0.0.1:{port} (Address already in use): use another port, --port "
    )
    assert str(refused.value).endswith(f" {port + 1}" if port < 65535 else " 6066")
