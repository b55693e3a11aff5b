"""Dictionary: numbers for strings. Facts hold numbers, since merging rows by strings costs four times as much."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Columns = dict[str, "np.ndarray[Any, Any]"]
"""A relation for DuckDB: arrays of one length, by column."""
BLOCK = 64
"""Songs of one artist that get numbers side by side."""


class Dictionary:
    """Numbers for strings, in the order of first appearance; what is new is kept until the transaction takes it."""

    def __init__(self, table: str, number_type: str, known: Iterable[tuple[int, str]]) -> None:
        """Go on from what *table* holds."""
        self.table, self.number_type = table, number_type
        self.numbers = {name: number for number, name in known}
        self.new: list[str] = []

    def number(self, names: Sequence[str]) -> "np.ndarray[Any, Any]":
        """Return each name's number, giving new names the next ones."""
        try:
            return self._known(names)
        except KeyError:
            for name in names:
                if name not in self.numbers:
                    self._add(name, len(self.numbers))
            return self._known(names)

    def take_new(self) -> Columns:
        """Return the rows that the table lacks: number and name."""
        names, self.new = self.new, []
        numbers = np.array([self.numbers[name] for name in names], self.number_type)
        return {"number": numbers, "name": np.array(names, dtype=object)}

    def _known(self, names: Sequence[str]) -> "np.ndarray[Any, Any]":
        return np.fromiter(map(self.numbers.__getitem__, names), self.number_type, len(names))

    def _add(self, name: str, number: int) -> None:
        self.numbers[name] = number
        self.new.append(name)


class SongDictionary(Dictionary):
    """Numbers for songs, those of an artist side by side: the rows of a sorted rollup that a question needs then lie together."""

    def __init__(self, known: Iterable[tuple[int, str, str]]) -> None:
        """Go on from *known*: each song's number, external_id and credit, which need not be the one that it got its number by."""
        by_number = sorted(known)
        super().__init__("song", "u4", [(number, song) for number, song, _ in by_number])
        last_of_block = {number // BLOCK: (number, credit) for number, _, credit in by_number}
        self._last = {_first(credit): number for number, credit in last_of_block.values()}
        self._next_block = max(last_of_block, default=-1) + 1

    def number_credited(self, songs: Sequence[str], credits_: Sequence[str]) -> "np.ndarray[Any, Any]":
        """Return each song's number; a new one gets the next of its first artist's block, or the first of a new block."""
        try:
            return self._known(songs)
        except KeyError:
            for song, credit in zip(songs, credits_, strict=True):
                if song not in self.numbers:
                    self._add(song, self._next(_first(credit)))
            return self._known(songs)

    def _next(self, artist: str) -> int:
        number = self._last.get(artist, -1) + 1
        if number % BLOCK == 0:
            number = self._next_block * BLOCK
            self._next_block += 1
        self._last[artist] = number
        return number


def _first(credit: str) -> str:
    return credit.partition("/")[0]
