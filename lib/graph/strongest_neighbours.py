"""Where a score comes from: the neighbours that pass on the most spam mass.

Of the spam mass x of a node, a S_ud x_u came from account u to domain d, and a S_ud x_d from domain d to account u.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from lib.arrays import Bools, Floats, Ints, Positions

SHARES = 10**9  # steps of shares, when they are ranked: what differs by less is a tie, and ties break on the name


@dataclass(frozen=True)
class Strongest:
    """The strongest givers of each receiver, the receivers in order, each one's givers from the strongest on."""

    receiver: Positions
    giver: Positions
    order: Ints  # minus the rounded share, by which the givers are sorted
    edge: Positions  # the position of the pair in the matrix's data


def strongest(given: csr_array, scale: Floats, *, keep: int) -> Strongest:
    """The `keep` greatest positive entries of each row of `given` (receivers x givers, with sorted indices).

    Shares are entries over their row's `scale`; ties break on the giver's position.
    """
    receiver = np.repeat(np.arange(given.shape[0]), np.diff(given.indptr))
    usable = np.flatnonzero(given.data > 0)
    receiver = receiver[usable]
    order = -np.rint(given.data[usable] / scale[receiver] * SHARES).astype(np.int64)
    chosen = smallest_of_each(receiver, order, keep=keep)
    edge, receiver, order = usable[chosen], receiver[chosen], order[chosen]
    sorting = sorted_by(receiver, order)
    edge = edge[sorting]
    return Strongest(receiver[sorting], given.indices[edge].astype(np.intp), order[sorting], edge)


def smallest_of_each(group: Positions, value: Ints, *, keep: int) -> Bools:
    """Which are among the `keep` smallest of their group, of equal values the first; `group` ascends."""
    chosen = np.ones(len(group), np.bool_)
    count = np.diff(np.flatnonzero(np.diff(group, prepend=-1)), append=len(group))
    large = np.repeat(count > keep, count)
    chosen[large] = False
    count, positions, left = count[count > keep], np.flatnonzero(large), value[large]
    start = np.cumsum(count) - count
    for _ in range(keep if len(count) else 0):
        least = np.flatnonzero(left == np.repeat(np.minimum.reduceat(left, start), count))
        first = least[np.flatnonzero(np.diff(np.searchsorted(start, least, "right"), prepend=0))]
        chosen[positions[first]] = True
        left[first] = np.iinfo(np.int64).max
    return chosen


def sorted_by(group: Positions, order: Ints) -> Positions:
    """The positions of the rows by group, then order, then place. One number for both is half the work of two sorts."""
    return np.argsort((group << 33) + order, kind="stable")  # shares are below 8, and groups below a billion
