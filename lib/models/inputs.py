"""What a network takes in: for each row some ids, of which there may be any number, and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Array, Bools, Floats32, Ints, Ints32

Row = dict[str, Array]  # the inputs of one row: its ids, its numbers


@dataclass(frozen=True)
class RaggedIds:
    """The ids of each row, one row's after the other's: as TensorFlow's segment operations take them."""

    ids: Ints32  # (k,), without padding
    row: Ints32  # (k,), ascending
    rows: int

    def __len__(self) -> int:
        return self.rows

    def of(self, row: int) -> Ints32:
        return self.slice(row, row + 1).ids

    def slice(self, start: int, stop: int) -> "RaggedIds":
        first, last = np.searchsorted(self.row, [start, stop])
        return RaggedIds(self.ids[first:last], self.row[first:last] - np.int32(start), min(stop, self.rows) - start)

    def take(self, chosen: Ints) -> "RaggedIds":
        """The `chosen` rows, in that order."""
        first = np.searchsorted(self.row, chosen)
        counts = np.searchsorted(self.row, chosen, side="right") - first
        row = np.repeat(np.arange(len(chosen), dtype=np.int32), counts)
        place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        return RaggedIds(self.ids[np.repeat(first, counts) + place], row, len(chosen))

    def padded(self) -> Ints32:
        """(rows, width), width >= 1, 0 after the last id of a row."""
        counts = np.bincount(self.row, minlength=self.rows)
        place = np.arange(len(self.row)) - (np.cumsum(counts) - counts)[self.row]
        padded = np.zeros((self.rows, max(1, int(counts.max(initial=0)))), np.int32)
        padded[self.row, place] = self.ids
        return padded


@dataclass(frozen=True)
class Inputs:
    """Rows for a network, by the names of its inputs."""

    ids: Mapping[str, RaggedIds]
    numbers: Mapping[str, Floats32]  # (n, features), NaN where a number is not known

    def __len__(self) -> int:
        return len(next(iter(self.numbers.values())))

    def slice(self, start: int, stop: int) -> "Inputs":
        ids = {name: ragged.slice(start, stop) for name, ragged in self.ids.items()}
        return Inputs(ids, {name: values[start:stop] for name, values in self.numbers.items()})

    def take(self, chosen: Ints | Bools) -> "Inputs":
        """The `chosen` rows, by a mask or by their numbers."""
        rows = np.arange(len(self))[chosen]
        ids = {name: ragged.take(rows) for name, ragged in self.ids.items()}
        return Inputs(ids, {name: values[rows] for name, values in self.numbers.items()})

    def row(self, number: int) -> Row:
        """Views where they are numbers."""
        ids = {name: ragged.of(number) for name, ragged in self.ids.items()}
        return ids | {name: values[number] for name, values in self.numbers.items()}

    @property
    def padded(self) -> dict[str, Array]:
        """By name, ids 0-padded: as training takes them, which leaves some out at random."""
        return {name: ragged.padded() for name, ragged in self.ids.items()} | dict(self.numbers)


def stacked(rows: Sequence[Row], like: Inputs) -> Inputs:
    """Rows of inputs as `like` has them, put together."""
    ids = {name: ragged([row[name] for row in rows]) for name in like.ids}
    return Inputs(ids, {name: np.stack([row[name] for row in rows]) for name in like.numbers})


def ragged(rows: Sequence[Ints32]) -> RaggedIds:
    row = np.repeat(np.arange(len(rows), dtype=np.int32), [len(ids) for ids in rows])
    return RaggedIds(np.concatenate([np.zeros(0, np.int32), *rows]), row, len(rows))


def no_ids(rows: int) -> RaggedIds:
    return RaggedIds(np.zeros(0, np.int32), np.zeros(0, np.int32), rows)
