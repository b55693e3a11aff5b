"""Claims about names: which texts are one when case, accents and blanks do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.names import fold


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
        *(("Ødegaard", "ødegaard"), ("김광석", fold("김광석")), ("", ""), ("\u00a0", "")),
    ],
)
def test_texts_are_compared_without_case_accents_and_outer_blanks(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_other_letters_stay_other_letters() -> None:
    assert len({fold(text) for text in ("Björk", "Bjork!", "Bjorn", "BJØRK", "비", "B")}) == 6


@given(st.text("aàÀɑßẞﬁIıİ김é\u0301 \t\u00a0Ωϊΐ.-/"))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(max_codepoint=0x24F, exclude_characters="ıİ"), max_size=12))
def test_case_and_blanks_around_make_no_difference(text: str) -> None:
    assert fold(text.upper()) == fold(f"\n{text.lower()} ") == fold(text)
