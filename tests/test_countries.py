"""Claims about countries: which code a name stands for."""

import re
from unicodedata import combining, normalize

import pycountry
import pytest

from tables.countries import COMMON_NAMES, UNKNOWN, codes, country_asked_for, country_code, names_near


def test_every_code_and_name_of_the_iso_list_stands_for_its_country() -> None:
    for country in pycountry.countries:
        for name in (country.alpha_2, country.alpha_2.lower(), country.name, country.name.upper(), f"  {country.name.lower()}\t"):
            assert country_code(name) == country.alpha_2


@pytest.mark.parametrize("name", COMMON_NAMES)
def test_an_everyday_name_stands_for_a_country_in_any_case(name: str) -> None:
    assert country_code(name) == country_code(name.title()) == country_code(f" {name.upper()} ") == COMMON_NAMES[name]


def test_no_everyday_name_moves_a_country_of_the_iso_list() -> None:
    names = {country.name.casefold(): country.alpha_2 for country in pycountry.countries}
    assert {name: code for name, code in COMMON_NAMES.items() if names.get(name, code) != code} == {}


@pytest.mark.parametrize("name", ["", " ", "ESP", "724", "Narnia", "e", "ES,FR", "\x00", "españa"])
def test_what_is_neither_code_nor_english_name_is_no_country(name: str) -> None:
    assert country_code(name) is None


def test_only_two_letter_codes_come_out_and_unknown_is_none_of_them() -> None:
    assert all(re.fullmatch("[A-Z]{2}", code) for code in codes().values())
    assert UNKNOWN not in codes().values()
    assert country_code(UNKNOWN) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("turkiye", "TR"), ("Tu\u0308rkiye", "TR"), ("CURACAO", "CW"), ("reunion", "RE"), ("aland islands", "AX")),
        *(("cote d'ivoire", "CI"), ("Cote d’Ivoire", "CI"), ("united states  of\tamerica", "US"), ("Trinidad & Tobago", "TT")),
    ],
)
def test_who_asks_for_a_country_need_not_write_its_accents_and_signs_and_plays_are_counted_as_they_were(name: str, code: str) -> None:
    assert country_asked_for(name) == code
    assert country_code(name) is None


@pytest.mark.parametrize("name", sorted(codes()))
def test_who_asks_for_a_country_by_what_it_is_counted_by_gets_it(name: str) -> None:
    bare = "".join(char for char in normalize("NFD", name) if not combining(char))
    assert {country_asked_for(way) for way in (name, name.upper(), bare, f" {name.replace(' ', '  ')} ")} == {codes()[name]}


@pytest.mark.parametrize("name", ["", " ", "ESP", "724", "Narnia", "e", "ES,FR", "\x00", "españa", "&"])
def test_what_is_no_country_is_none_to_who_asks_either(name: str) -> None:
    assert country_asked_for(name) is None


def test_the_names_near_a_misspelt_one_are_few_and_of_different_countries() -> None:
    assert names_near("spian")[0] == "spain"
    assert names_near("Germny")[0] == "germany"
    assert names_near("united stats")[0] == "united states"
    assert names_near("xxxx") == names_near("") == names_near("spain" * 100_000) == []
    assert all(len(names_near(name)) <= 3 for name in codes())
