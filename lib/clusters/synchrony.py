"""Whether members of a cluster act in the same minutes, against what the hours of the platform alone would give."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.clusters.pairs import Ints, starts

Floats = NDArray[np.float64]
MINUTES = 1440  # of a day


@dataclass(frozen=True)
class Together:
    """Acts on days when other members acted too: how many, how many of them close to another's, how many by chance."""

    acts: int
    close: int
    expected: float

    @property
    def synchrony(self) -> float | None:
        """0 where as many are close as chance gives, 1 where all are; below 0 where members avoid each other."""
        beyond = self.acts - self.expected
        return max(-1.0, (self.close - self.expected) / beyond) if beyond > 1e-9 else None


def together(account: Ints, occasion: Ints, minute: Ints, *, hours: Floats, within: int) -> Together:
    """One element an act: a member's minute of the day on an occasion, which is one value on one day; none twice.

    Acts are close if they are at most `within` minutes apart and of two members. `hours` is the platform's share of
    acts in each hour: of n others who act on the occasion, one is close by chance with a probability of
    1 - exp(-n * share of the minutes that are close).
    """
    order = np.lexsort((account, minute, occasion))
    account, occasion, minute = account[order], occasion[order], minute[order]
    others = in_run(occasion) - in_run_of_both(account, occasion)
    moment = occasion * 4 * MINUTES + minute
    first = np.searchsorted(moment, moment - within, "left")
    last = np.searchsorted(moment, moment + within, "right") - 1
    change = np.concatenate([[0], np.cumsum(account[1:] != account[:-1])]) if len(account) else account
    close = change[first] != change[last]
    chance = 1 - np.exp(-others * hours[minute // 60] / 60 * (2 * within + 1))
    met = others > 0
    return Together(int(met.sum()), int((close & met).sum()), float(chance[met].sum()))


def in_run(sorted_: Ints) -> Ints:
    """For each element, how many are equal to it."""
    count = np.diff(starts(sorted_))
    return np.repeat(count, count)


def in_run_of_both(account: Ints, occasion: Ints) -> Ints:
    """For each element, how many are of its account and its occasion."""
    pairs = np.stack([occasion, account])
    _, place, counts = np.unique(pairs, axis=1, return_inverse=True, return_counts=True)
    return np.asarray(counts[place.ravel()])
