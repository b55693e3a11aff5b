"""Claims about dictionaries: every name has one number."""

from tables.dictionary import Dictionary


def test_a_name_keeps_its_number_and_is_new_once() -> None:
    dictionary = Dictionary("country", "u2", [(0, "ES"), (1, "FR")])
    assert dictionary.number(["FR", "DE", "ES", "DE"]).tolist() == [1, 2, 0, 2]
    assert dictionary.names == ["ES", "FR", "DE"]
    assert {name: column.tolist() for name, column in dictionary.take_new().items()} == {"number": [2], "name": ["DE"]}
    assert dictionary.take_new()["name"].tolist() == []
