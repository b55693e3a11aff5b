"""Claims about tokens: the admin's file, and which of the others open what, until when."""

import random
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.grants import Grant
from web.token_format import Revoked, Token, hash_of, id_of, new_token
from web.tokens import BadToken, Refused, Tokens, load_or_make_token


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


# -- the collection -----------------------------------------------------------------------------------------------------

ADMIN = new_token()
NOW = 1_795_417_272.0


def kept(token: str, *scopes: str, expires: int | None = None) -> Token:
    return Token(Grant(id_of(token), frozenset(scopes), expires=expires), hash_of(token), 0)


def complete(*records: Token | Revoked) -> Tokens:
    tokens = Tokens(ADMIN)
    tokens.take(records)
    tokens.complete = True
    return tokens


def test_a_token_that_is_known_opens_its_grant_and_no_other_text_does() -> None:
    token = new_token()
    tokens = complete(kept(token, "totals"))
    assert tokens.open(token, NOW).scopes == {"totals"}
    for other in (token[:-1], f"{token}x", token.upper(), "", "\ud800", "ñandú", new_token(), token.replace(id_of(token), id_of(ADMIN))):
        with pytest.raises(Refused, match="not known here"):
            tokens.open(other, NOW)


def test_the_admin_token_opens_everything_whatever_the_topic_says() -> None:
    tokens = Tokens(ADMIN)
    tokens.take([Revoked(id_of(ADMIN), 0), kept(ADMIN, "totals", expires=0)])
    assert tokens.open(ADMIN, NOW).opens("conservation")
    assert tokens.reopen(id_of(ADMIN), NOW).opens("conservation")


def test_a_token_expires_at_its_second() -> None:
    token = new_token()
    tokens = complete(kept(token, "totals", expires=int(NOW)))
    assert tokens.open(token, NOW - 0.001).opens("totals")
    for moment in (NOW, NOW + 1e9):
        with pytest.raises(Refused, match="has expired"):
            tokens.open(token, moment)
        with pytest.raises(Refused, match="has expired"):
            tokens.reopen(id_of(token), moment)


def test_before_all_is_read_no_token_but_the_admins_is_known() -> None:
    token = new_token()
    tokens = Tokens(ADMIN)
    tokens.take([kept(token, "totals")])
    with pytest.raises(Refused):
        tokens.open(token, NOW)
    with pytest.raises(Refused):
        tokens.reopen(id_of(token), NOW)


MADE = [new_token() for _ in range(3)]
history = st.lists(
    st.sampled_from([*(kept(token, scope) for token in MADE for scope in ("totals", "live")), *(Revoked(id_of(each), 1) for each in MADE)])
)


@given(history, st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_revoked_token_stays_so_in_whatever_order_and_parts_its_records_come(
    records: list[Token | Revoked], chance: random.Random, parts: int
) -> None:
    chance.shuffle(records)
    tokens = complete()
    for start in range(parts):
        tokens.take(records[start::parts])
    for token in MADE:
        ids = {record.grant.id for record in records if isinstance(record, Token)}
        revoked = {record.id for record in records if isinstance(record, Revoked)}
        if id_of(token) in ids - revoked:
            assert tokens.open(token, NOW).id == id_of(token)
        else:
            with pytest.raises(Refused, match="revoked" if id_of(token) in ids else "not known"):
                tokens.open(token, NOW)


def test_the_first_revocation_says_since_when() -> None:
    token = new_token()
    tokens = complete(kept(token), Revoked(id_of(token), 5), Revoked(id_of(token), 9))
    assert tokens.known.revoked[id_of(token)].at == 5


def test_what_others_read_meanwhile_is_whole() -> None:
    token = new_token()
    tokens = complete(kept(token, "totals"))
    before = tokens.known
    tokens.take([Revoked(id_of(token), 5)])
    assert (id_of(token) in before.revoked, id_of(token) in tokens.known.revoked) == (False, True)
