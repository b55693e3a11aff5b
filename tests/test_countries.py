"""Claims about countries: which code a name stands for."""

import re

import pycountry
import pytest

from tables.countries import COMMON_NAMES, UNKNOWN, codes, country_code


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
