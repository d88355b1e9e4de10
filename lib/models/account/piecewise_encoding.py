"""Where numbers stand among known ones, many at a time."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lib.arrays import Floats, Ints

CELLS = 1024  # of equal width between the first knot and the last; there are far fewer knots


@dataclass(frozen=True)
class Places:
    """The places of at least two knots, ascending, are equally far apart, from 0 to 1; see `of`."""

    knots: Floats

    @cached_property
    def cells(self) -> tuple[Ints, Ints]:
        """Of each cell: how many knots after the first lie in cells before it, and how many lie in it."""
        within = np.bincount(self.cell(self.knots[1:]), minlength=CELLS + 1)
        return np.cumsum(within) - within, within

    @cached_property
    def slopes(self) -> Floats:
        return 1 / (len(self.knots) - 1) / np.diff(self.knots)

    def cell(self, values: Floats) -> Ints:
        width = (self.knots[-1] - self.knots[0]) / CELLS
        return np.asarray(((values - self.knots[0]) / width).astype(np.int64))

    def of(self, values: Floats) -> Floats:
        """The place of each value, interpolated between the knots, 0 and 1 beyond them; any for NaN.

        What np.interp says, whose search for the piece of each value takes several times as long: here the value's
        cell tells the piece, but for a comparison with the knot in the cell, where there is one.
        """
        known = np.fmin(np.fmax(values, self.knots[0]), self.knots[-1])
        cell = self.cell(known)
        before, within = self.cells
        piece = before.take(cell)
        piece += known >= self.knots.take(piece + 1, mode="clip")
        crowded = np.flatnonzero(within.take(cell) > 1)
        piece[crowded] = np.searchsorted(self.knots, known[crowded], side="right") - 1
        np.minimum(piece, len(self.knots) - 2, out=piece)
        return np.asarray(self.slopes.take(piece) * (known - self.knots.take(piece)) + piece / (len(self.knots) - 1))
