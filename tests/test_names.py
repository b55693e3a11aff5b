"""Claims about names: which texts are one when case, accents and blanks do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.names import BEGINNING_PAIR_BITS, BEGINNINGS, LETTER_BITS, PAIR_BITS, beginning_marks, fold, marks


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
