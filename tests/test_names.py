"""Claims about names: which texts are one when case, accents and blanks do not matter."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.names import (
    BEGINNING_PAIR_BITS,
    BEGINNINGS,
    HEAD_LETTERS,
    LETTER_BITS,
    PAIR_BITS,
    PLAIN_LETTERS,
    beginning_marks,
    fold,
    head,
    marks,
    plain,
)
from web.files import STATIC


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        *(("ROSALÍA", "rosalia"), ("rosalía", "rosalia"), ("ROSALI\u0301A", "rosalia"), ("Tiësto", "tiesto"), ("Ñengo Flow", "nengo flow")),
        *(
            ("  Lil\t Baby\n", "lil baby"),
            ("STRASSE", "strasse"),
            ("straße", "strasse"),
            ("ＡＢＣ", "abc"),
            ("ﬁn", "fin"),
            ("AC/DC", "ac/dc"),
        ),
        *(("№1", "no1"), ("𝐃𝐉", "dj"), ("Trademark™", "trademarktm")),
        *(("Ødegaard", "odegaard"), ("MØ", "mo"), ("ŁÓDŹ", "lodz"), ("Đorđe", "dorde"), ("Ægir", "aegir"), ("Sœur", "soeur")),
        *(("Þór", "thor"), ("Guðný", "gudny"), ("ISIK", "isik"), ("IŞIK ışık", "isik isik"), ("Ħal", "hal"), ("Ŧ", "t")),
        *(("It’s", "it's"), ("it`s ‘x´", "it's 'x'"), ("5′ 3″", "5' 3\""), ("“Heroes”", '"heroes"'), ("a–b—c‐d‑e", "a-b-c-d-e")),
        *(("\u0301", "\u0301"), (" ¨ ", "¨"), ("김광석", fold("김광석")), ("", ""), ("\u00a0", "")),
    ],
)
def test_texts_are_compared_without_case_accents_and_outer_blanks(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_other_letters_stay_other_letters() -> None:
    assert len({fold(text) for text in ("Björk", "Bjork!", "Bjorn", "BJÆRK", "비", "B")}) == 6


@given(st.text() | st.text("aàÀɑßẞﬁIıİøŁ№™𝐃김é\u0301´¨’ \t\u00a0Ωϊΐ.-/"))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_no_letter_of_all_that_there_are_changes_when_it_is_folded_again_or_in_the_other_case() -> None:
    letters = [char for char in map(chr, range(sys.maxunicode + 1)) if not "\ud800" <= char <= "\udfff"]
    folded = list(map(fold, letters))
    assert [char for char, once in zip(letters, folded, strict=True) if fold(once) != once] == []
    assert [char for char, once in zip(letters, folded, strict=True) if {fold(char.upper()), fold(char.lower())} != {once}] == []


def test_a_search_forgives_the_same_letters_and_the_page_marks_them() -> None:
    assert (plain("MØ"), plain("rock’n’røll"), plain("Ægir")) == ("mo", "rock n roll", "aegir")
    written = dict(re.findall(r'(\w): "([a-z]+)"', (STATIC / "matching.js").read_text()))
    assert written == PLAIN_LETTERS | {"ß": "ss"}


@given(st.text(st.characters(max_codepoint=0x24F), max_size=12))
def test_case_and_blanks_around_make_no_difference(text: str) -> None:
    assert fold(text.upper()) == fold(f"\n{text.lower()} ") == fold(text)


LETTERS = "love a"


@st.composite
def misspelt(draw: st.DrawFn) -> tuple[str, str, int]:
    """A text, what is left of it after some typing errors, and how many those are."""
    text = draw(st.text(LETTERS, min_size=1, max_size=12))
    wrong, errors = list(text), draw(st.integers(0, 3))
    for _ in range(errors):
        place, letter = draw(st.integers(0, len(wrong))), draw(st.sampled_from(LETTERS))
        match draw(st.sampled_from(("insert", "delete", "replace", "swap"))):
            case "insert":
                wrong.insert(place, letter)
            case "delete":
                del wrong[place : place + 1]
            case "replace":
                wrong[place : place + 1] = [letter]
            case _:
                wrong[place : place + 2] = wrong[place : place + 2][::-1]
    return text, "".join(wrong), errors


@given(misspelt(), st.sampled_from((PAIR_BITS, BEGINNING_PAIR_BITS)))
def test_a_typing_error_takes_at_most_three_marks_and_one_letter_of_them_in_either_direction(
    texts: tuple[str, str, int], pair_bits: int
) -> None:
    text, wrong, errors = texts
    for one, other in ((text, wrong), (wrong, text)):
        lacking = marks(one, pair_bits) & ~marks(other, pair_bits)
        assert lacking.bit_count() <= 3 * errors
        assert (lacking % (1 << LETTER_BITS)).bit_count() <= errors


@given(st.text("lové 김", max_size=20))
def test_a_beginning_has_the_marks_of_its_letters_and_a_shorter_text_all_of_its_own(text: str) -> None:
    assert beginning_marks(text) == [marks(text[:length], BEGINNING_PAIR_BITS) for length in BEGINNINGS]
    assert max(beginning_marks(text)) < 1 << 64


def test_texts_with_nothing_in_common_share_few_marks() -> None:
    assert (marks("rosalia") & marks("gym tech punk")).bit_count() < 4


@given(*[st.text(st.sampled_from("ab\uffff\U0010ffff"), max_size=5)] * 2)
def test_words_have_one_head_if_their_first_letters_are_the_same(one: str, other: str) -> None:
    assert (head(one) == head(other)) == (one[:HEAD_LETTERS] == other[:HEAD_LETTERS])
    assert head(one) < 1 << 63
