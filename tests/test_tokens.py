"""Claims about the admin token."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from web.tokens import BadToken, load_or_make_token, new_token


def test_a_token_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    token = load_or_make_token(tmp_path / "data", None)
    assert token == load_or_make_token(tmp_path / "data", None)
    file = tmp_path / "data" / "admin.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["admin.token"]


def test_all_who_make_it_at_once_agree(tmp_path: Path) -> None:
    for run in range(10):
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _, data=tmp_path / str(run): load_or_make_token(data, None), range(8)))) == 1


def test_a_given_token_is_taken_as_it_is(tmp_path: Path) -> None:
    token = new_token()
    assert load_or_make_token(tmp_path, token) == token
    assert list(tmp_path.iterdir()) == []


def test_a_given_file_is_read(tmp_path: Path) -> None:
    token = new_token()
    (tmp_path / "secret").write_text(f"{token}\n")
    assert load_or_make_token(tmp_path / "data", str(tmp_path / "secret")) == token


@pytest.mark.parametrize("given", ["hunter2", "a360_short_secret"])
def test_what_is_no_token_is_refused_and_not_shown(tmp_path: Path, given: str) -> None:
    with pytest.raises(BadToken) as refused:
        load_or_make_token(tmp_path, given)
    assert given not in str(refused.value)


def test_a_file_with_something_else_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "admin.token").write_text("")
    with pytest.raises(BadToken, match=r"admin\.token"):
        load_or_make_token(tmp_path, None)
