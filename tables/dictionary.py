"""Dictionary: numbers for strings. Facts hold numbers, since merging rows by strings costs four times as much."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Columns = dict[str, "np.ndarray[Any, Any]"]
"""A relation for DuckDB: arrays of one length, by column."""


class Dictionary:
    """Numbers for strings, in the order of first appearance; what is new is kept until the transaction takes it."""

    def __init__(self, table: str, number_type: str, known: Iterable[tuple[int, str]]) -> None:
        """Go on from what *table* holds."""
        self.table, self.number_type = table, number_type
        self.numbers = {name: number for number, name in known}
        self.new: list[str] = []

    def number(self, names: Sequence[str]) -> "np.ndarray[Any, Any]":
        """Return each name's number, giving new names the next ones."""
        numbers = self.numbers
        try:
            return np.fromiter(map(numbers.__getitem__, names), self.number_type, len(names))
        except KeyError:
            for name in names:
                if name not in numbers:
                    numbers[name] = len(numbers)
                    self.new.append(name)
            return self.number(names)

    def take_new(self) -> Columns:
        """Return the rows that the table lacks: number and name."""
        first = len(self.numbers) - len(self.new)
        names, self.new = self.new, []
        return {"number": np.arange(first, first + len(names), dtype=self.number_type), "name": np.array(names, dtype=object)}
