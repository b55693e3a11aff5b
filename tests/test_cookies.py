"""Claims about cookies: only what was made here counts, until its time is over, and it gives nothing of a token away."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.cookies import NAME, SECONDS, Cookies, value_of
from web.token_format import id_of, new_token

ADMIN = new_token()
ID = id_of(new_token())
NOW = 1_795_417_272.5


def test_a_cookie_stands_for_its_token_until_it_is_over() -> None:
    cookie = Cookies(ADMIN).make(ID, NOW)
    assert Cookies(ADMIN).id_of(cookie, NOW) == ID
    assert Cookies(ADMIN).id_of(cookie, int(NOW) + SECONDS - 1) == ID
    assert Cookies(ADMIN).id_of(cookie, int(NOW) + SECONDS) is None


def test_another_admin_token_ends_every_session() -> None:
    assert Cookies(new_token()).id_of(Cookies(ADMIN).make(ID, NOW), NOW) is None


def test_no_secret_stands_in_it() -> None:
    assert ADMIN[-43:] not in Cookies(ADMIN).make(id_of(ADMIN), NOW)


@given(st.integers(0, 200), st.sampled_from(string.ascii_letters + string.digits + "._-é\n"))
def test_a_cookie_with_any_character_changed_is_none(at: int, char: str) -> None:
    cookie = Cookies(ADMIN).make(ID, NOW)
    changed = cookie[: at % len(cookie)] + char + cookie[at % len(cookie) + 1 :]
    assert changed == cookie or Cookies(ADMIN).id_of(changed, NOW) is None


@pytest.mark.parametrize("change", [lambda cookie: cookie.replace(".", ".0", 1), lambda cookie: cookie + "\n", lambda cookie: cookie + "="])
def test_it_can_be_written_in_one_way_only(change: Callable[[str], str]) -> None:
    cookie = Cookies(ADMIN).make(ID, NOW)
    assert Cookies(ADMIN).id_of(change(cookie), NOW) is None


@given(st.text())
def test_any_text_can_be_asked_for(text: str) -> None:
    assert Cookies(ADMIN).id_of(text, NOW) is None


def test_ours_is_found_among_any_number_of_others_and_the_last_of_several_stands() -> None:
    others = "a;" * 30_000
    assert value_of([f"{others} x{NAME}=no; {NAME}=first", f"b=c; {NAME}=last ;{others}"]) == "last"
    assert value_of([others]) is value_of([]) is None
