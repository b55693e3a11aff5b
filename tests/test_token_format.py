"""Claims about how tokens are written: whatever is packed is read again, no record holds a secret, and what cannot be read is said."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.names import fold
from tables.numbered_names import Names
from web import parameters
from web.grants import Grant, Rows
from web.token_format import TOKEN, VERSION, Revoked, Token, Unreadable, hash_of, id_of, new_token, pack, unpack

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ids = st.builds(lambda: id_of(new_token()))
seconds = st.integers(0, 2**40)


@st.composite
def tokens(draw: st.DrawFn) -> Token:
    artist, country = draw(st.none() | texts), draw(st.none() | st.sampled_from(["ES", "ZZ"]))
    grant = Grant(
        draw(ids),
        frozenset(draw(st.lists(texts))),
        Rows(None if artist is None else fold(artist), country),
        name=draw(texts),
        artist=artist,
        expires=draw(st.none() | seconds),
        rps=draw(st.none() | st.floats(0.001, 1e6)),
    )
    return Token(grant, hash_of(draw(texts)), draw(seconds))


@given(tokens() | st.builds(Revoked, ids, seconds))
def test_a_record_is_read_as_it_was_written(record: Token | Revoked) -> None:
    assert unpack(*pack(record)) == record


@pytest.mark.parametrize("artist", ["´", "¨", "\u0301", " ¨ ", "MØ", "It’s", "№1", "김광석"])
def test_a_token_is_used_for_the_artist_that_it_was_made_for(artist: str) -> None:
    made = Grant("abcdefgh2345", frozenset({"totals"}), Rows(parameters.text.read(artist)), artist=artist)
    used = unpack(*pack(Token(made, "0" * 64, 10)))
    assert isinstance(used, Token)
    assert used.grant == made
    names = Names()
    names.number("")
    assert [names.number(artist)] == names.alike([str(used.grant.rows.artist)]).tolist()


def test_the_records_look_as_they_always_did() -> None:
    grant = Grant("abcdefgh2345", frozenset({"totals", "live"}), Rows("rosalia", "ES"), name="Label", artist="ROSALÍA", expires=20, rps=5.0)
    key, value = pack(Token(grant, "0" * 64, 10))
    assert key == b'["token","abcdefgh2345"]'
    assert value.decode() == (
        f'{{"version":1,"hash":"{"0" * 64}","name":"Label","scopes":["live","totals"],"artist":"ROSALÍA","country":"ES",'
        '"created":10,"expires":20,"rps":5.0}'
    )
    assert pack(Revoked("abcdefgh2345", 30)) == (b'["revoked","abcdefgh2345"]', b'{"version":1,"revoked":30}')


def test_a_token_is_never_made_twice_and_says_its_id() -> None:
    made = [new_token() for _ in range(1_000)]
    assert len({id_of(token) for token in made}) == len({token[-43:] for token in made}) == 1_000
    assert all(TOKEN.fullmatch(token) for token in made)


@given(st.text())
def test_any_text_has_a_hash_and_an_id_or_none(text: str) -> None:
    assert len(hash_of(text)) == 64
    assert id_of(text) == ""


def test_a_hash_is_of_the_id_too() -> None:
    token = new_token()
    assert hash_of(token) != hash_of(token.replace(id_of(token), id_of(new_token())))
    assert token[-43:] not in hash_of(token)


KEY, VALUE = pack(Token(Grant("abcdefgh2345", frozenset({"totals"})), "0" * 64, 10))


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(VALUE) | fields).encode()


@pytest.mark.parametrize(
    "value",
    [
        *(None, b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000),
        *(changed(version=VERSION + 1), changed(version="1"), changed(version=None)),
        *(changed(scopes="totals"), changed(scopes=None), changed(rps=0), changed(rps=-1), changed(rps="5"), changed(rps=float("nan"))),
        *(changed(rps=float("inf")), changed(expires="soon"), changed(expires=float("inf")), changed(artist=7)),
        *(changed(hash=""), changed(hash="ñ" * 64), changed(hash=None)),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_the_token_it_is_about(value: bytes | None) -> None:
    with pytest.raises(Unreadable) as refused:
        unpack(KEY, value)
    assert refused.value.id == "abcdefgh2345"


def test_a_later_version_is_refused_by_its_number() -> None:
    with pytest.raises(Unreadable, match="has the version 2, and this program reads 1: use one as new as what wrote it"):
        unpack(KEY, changed(version=2))


@pytest.mark.parametrize(
    "key", [None, b"", b"{}", b"[]", b'["token"]', b'["token",7]', b'["tokens","abcdefgh2345"]', b'["token","short"]', KEY + b"\n", b"\xff"]
)
def test_a_key_that_names_no_token_is_refused(key: bytes | None) -> None:
    with pytest.raises(Unreadable, match="names no token") as refused:
        unpack(key, VALUE)
    assert refused.value.id is None
