"""Which pairs of values accounts share that are rare together: the keys that link them.

Two values that df1 and df2 of N accounts show meet in df1 * df2 / N accounts by chance. The key of both links its c
holders if df1 * df2 <= rare_share * N * c / 2: two accounts if the product is at most rare_share * N, and more accounts
by the same lift. A product of at most 4 always links: nobody else shows them.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Ints, Positions, packed, starts, unpacked
from lib.clusters.incidence import Shown, per_holder
from lib.config import ClusterSettings

ALWAYS = 4  # the product of two values that two accounts alone show
CHUNK = 1 << 17  # candidates that are made together: what fits the processor's cache
TOGETHER = 1 << 25  # candidates that are sorted together: 16 bytes each
AT_ONCE = 2  # parts: to sort, NumPy lets go of Python's lock
MARKS = 24  # bits of a sieve's slots


@dataclass(frozen=True)
class Keys:
    """The keys that link: two values each, and the accounts that show both (sorted; key k from start[k] on)."""

    left: Ints
    right: Ints
    product: Ints
    start: Ints
    holder: Ints

    @property
    def count(self) -> Ints:
        return np.diff(self.start)

    def only(self, chosen: Bools) -> "Keys":
        kept = np.repeat(chosen, self.count)
        start = np.concatenate([[0], np.cumsum(self.count[chosen])])
        return Keys(self.left[chosen], self.right[chosen], self.product[chosen], start, self.holder[kept])


def needed(product: Ints, accounts: int, settings: ClusterSettings) -> Ints:
    """The holders that a key needs to link, at least 2. Of values that are no hubs there are always as many."""
    least = np.ceil(product / per_holder(accounts, settings) - 1e-9).astype(np.int64)
    return np.where(product <= ALWAYS, 2, np.maximum(least, 2))


def common_keys(shown: Shown, settings: ClusterSettings) -> Keys:
    """The keys that link, sorted by their values; `shown` is linkable."""
    parts = 1 + expected_candidates(shown) // TOGETHER
    with ThreadPoolExecutor(AT_ONCE) as threads:
        result = list(threads.map(lambda part: frequent(shown, settings, part, parts), range(parts)))
    account, pair = (np.concatenate([one[side] for one in result]) for side in (0, 1))
    left, right = unpacked(pair)
    product = shown.df[left] * shown.df[right]
    return keys_of_pairs(shown.value_ids[left], shown.value_ids[right], shown.account_ids[account], product)


def expected_candidates(shown: Shown) -> int:
    size = np.diff(starts(shown.account))
    return int((size * (size - 1) // 2).sum())


def frequent(shown: Shown, settings: ClusterSettings, part: int, parts: int) -> tuple[Ints, Ints]:
    """Who holds which pair of values, of the pairs of a part that have enough holders.

    Most have one, so they are counted without their holders, who are looked for once it is known which pairs count.
    """
    pairs = np.sort(np.concatenate([pair for _, pair in candidates(shown, part, parts)] or [np.empty(0, np.int64)]))
    again = pairs[1:][pairs[1:] == pairs[:-1]]
    start = starts(again)
    pairs, count = again[start[:-1]], np.diff(start) + 1
    left, right = unpacked(pairs)
    pairs = pairs[count >= needed(shown.df[left] * shown.df[right], shown.accounts, settings)]
    sieve = Sieve(pairs)
    held = [sieve.passed(*some) for some in candidates(shown, part, parts)] if len(pairs) else []
    account, pair = (np.concatenate([np.empty(0, np.int64), *(one[side] for one in held)]) for side in (0, 1))
    exact = pairs[np.minimum(np.searchsorted(pairs, pair), len(pairs) - 1)] == pair
    return account[exact], pair[exact]


def candidates(shown: Shown, part: int = 0, parts: int = 1) -> Iterator[tuple[Ints, Ints]]:
    """Accounts, and each two of the values that one shows (packed, the smaller first), in chunks.

    `parts` share out the pairs by their smaller value.
    """
    start = starts(shown.account)
    size = np.diff(start)
    for n in np.unique(size[size > 1]).tolist():
        firsts = start[:-1][size == n]
        step = max(1, CHUNK // n)
        for at in range(0, len(firsts), step):
            account = shown.account[firsts[at : at + step]]
            values = shown.value[firsts[at : at + step, None] + np.arange(n)]
            for column in range(n - 1):
                own = values[:, column] % parts == part
                pairs = packed(values[own, column, None], values[own, column + 1 :])
                yield np.repeat(account[own], n - column - 1), pairs.ravel()


class Sieve:
    """Lets some pairs pass, and few others."""

    def __init__(self, pairs: Ints) -> None:
        self.marked = np.zeros(1 << MARKS, np.bool_)
        self.marked[self.slot(pairs)] = True

    def passed(self, account: Ints, pair: Ints) -> tuple[Ints, Ints]:
        chosen = self.marked[self.slot(pair)]
        return account[chosen], pair[chosen]

    def slot(self, pairs: Ints) -> Positions:
        """Fibonacci hashing (Knuth 1998)."""
        mixed = pairs.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return (mixed >> np.uint64(64 - MARKS)).astype(np.intp)


def keys_of_pairs(left: Ints, right: Ints, account: Ints, product: Ints) -> Keys:
    """Of one row per account and two of its values, in any order."""
    order = np.lexsort((account, right, left))
    left, right = left[order], right[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    first = np.flatnonzero(new)
    return Keys(left[first], right[first], product[order[first]], np.append(first, len(order)), account[order])
