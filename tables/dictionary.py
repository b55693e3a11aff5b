"""Dictionary: numbers for strings. Facts hold numbers, since merging rows by strings costs four times as much."""

from collections.abc import Iterable, Sequence

import numpy as np

from tables.columns import Array, Columns


class Dictionary:
    """Numbers for strings, in the order of first appearance; what is new is kept until the transaction takes it."""

    def __init__(self, table: str, number_type: str, known: Iterable[tuple[int, str]]) -> None:
        """Go on from what *table* holds, in the order of its numbers."""
        self.table, self.number_type = table, number_type
        self.names = [name for _, name in known]
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self.new: list[str] = []

    def number(self, names: Sequence[str]) -> Array:
        """Return each name's number, giving new names the next ones."""
        try:
            return self._known(names)
        except KeyError:
            for name in names:
                if name not in self.numbers:
                    self.numbers[name] = len(self.names)
                    self.names.append(name)
                    self.new.append(name)
            return self._known(names)

    def take_new(self) -> Columns:
        """Return the rows that the table lacks: number and name."""
        names, self.new = self.new, []
        numbers = np.array([self.numbers[name] for name in names], self.number_type)
        return {"number": numbers, "name": np.array(names, dtype=object)}

    def _known(self, names: Sequence[str]) -> Array:
        return np.fromiter(map(self.numbers.__getitem__, names), self.number_type, len(names))
