"""Whether members of a cluster act in the same minutes, against what the hours of the platform alone would give."""

from dataclasses import dataclass

import numpy as np

from lib.arrays import Floats, Ints, numbered, packed, starts

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


def together(
    cluster: Ints, account: Ints, occasion: Ints, minute: Ints, *, clusters: int, hours: Floats, within: int
) -> list[Together]:
    """Of each cluster. One element an act: a member's minute of the day on an occasion, which is one value of the
    cluster on one day; none twice.

    Acts are close if they are at most `within` minutes apart and of two members. `hours` is the platform's share of
    acts in each hour: of n others who act on the occasion, one is close by chance with a probability of
    1 - exp(-n * share of the minutes that are close).
    """
    order = np.lexsort((account, minute, occasion))
    cluster, account, occasion, minute = (column[order] for column in (cluster, account, occasion, minute))
    others = in_run(occasion) - of_account(account, occasion)
    moment = occasion * 4 * MINUTES + minute
    first = np.searchsorted(moment, moment - within, "left")
    last = np.searchsorted(moment, moment + within, "right") - 1
    change = np.concatenate([[0], np.cumsum(account[1:] != account[:-1])]) if len(account) else account
    close = change[first] != change[last]
    chance = 1 - np.exp(-others * hours[minute // 60] / 60 * (2 * within + 1))
    met = others > 0
    acts, near, expected = (
        np.bincount(cluster[met], weights=of_act[met], minlength=clusters).tolist() for of_act in (met, close, chance)
    )
    return [Together(int(a), int(n), e) for a, n, e in zip(acts, near, expected, strict=True)]


def in_run(sorted_: Ints) -> Ints:
    """For each element, how many are equal to it."""
    count = np.diff(starts(sorted_))
    return np.repeat(count, count)


def of_account(account: Ints, occasion: Ints) -> Ints:
    """For each element, how many are of its account and its occasion."""
    both, place = numbered(packed(numbered(account)[1], occasion))
    return np.bincount(place, minlength=len(both)).astype(np.int64)[place]
