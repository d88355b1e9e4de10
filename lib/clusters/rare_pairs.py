"""Which pairs of values accounts share that are rare together: the keys that link them.

A key is a pair of values. Two values that df1 and df2 of N accounts have are expected together in df1 * df2 / N of
them. Their key links the c accounts that have both, its holders, if df1 * df2 <= rare_share * N * c / 2: two accounts
if the product is at most rare_share * N, and more accounts by the same lift. A product of at most 4 always links: no
other account has either value.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Ints, Positions, is_first, packed, starts, unpacked
from lib.clusters.incidence import Incidence, product_per_holder
from lib.config import ClusterSettings

ALWAYS = 4  # the product of two values that the same two accounts have
CHUNK = 1 << 17  # candidates that are made together: what fits the processor's cache
TOGETHER = 1 << 25  # candidates that are sorted together: 16 bytes each
THREADS = 2  # NumPy sorts without Python's lock
MARKS = 24  # bits of the slots of a PairFilter


@dataclass(frozen=True)
class Keys:
    """Keys, two values each, and the accounts that have both (ascending; those of key k from start[k] on)."""

    left: Ints
    right: Ints
    product: Ints
    start: Ints
    holder: Ints

    @property
    def count(self) -> Ints:
        """How many accounts hold each."""
        return np.diff(self.start)

    def holders(self, key: int) -> Ints:
        return self.holder[self.start[key] : self.start[key + 1]]

    def star_links(self) -> tuple[Ints, Ints]:
        """Links from each key's first holder to each other of its holders: they join all of them."""
        first = np.repeat(self.start[:-1], self.count)
        position = np.arange(len(self.holder))
        return self.holder[first[position != first]], self.holder[position != first]

    def only(self, chosen: Bools) -> "Keys":
        kept = np.repeat(chosen, self.count)
        start = np.concatenate([[0], np.cumsum(self.count[chosen])])
        return Keys(self.left[chosen], self.right[chosen], self.product[chosen], start, self.holder[kept])


def holders_needed(product: Ints, accounts: int, settings: ClusterSettings) -> Ints:
    """The holders that a key needs to link, at least 2. Of values that are no hubs there are always as many."""
    least = np.ceil(product / product_per_holder(accounts, settings) - 1e-9).astype(np.int64)
    return np.where(product <= ALWAYS, 2, np.maximum(least, 2))


def linking_keys(incidence: Incidence, settings: ClusterSettings) -> Keys:
    """The keys that link, sorted by their values; `incidence` is linkable."""
    parts = 1 + expected_candidates(incidence) // TOGETHER
    with ThreadPoolExecutor(THREADS) as threads:
        result = list(threads.map(lambda part: holders_in_part(incidence, settings, part, parts), range(parts)))
    account, pair = (np.concatenate([one[side] for one in result]) for side in (0, 1))
    left, right = unpacked(pair)
    product = incidence.df[left] * incidence.df[right]
    return keys_from_rows(
        incidence.value_ids[left], incidence.value_ids[right], incidence.account_ids[account], product
    )


def expected_candidates(incidence: Incidence) -> int:
    size = np.diff(starts(incidence.account))
    return int((size * (size - 1) // 2).sum())


def holders_in_part(incidence: Incidence, settings: ClusterSettings, part: int, parts: int) -> tuple[Ints, Ints]:
    """Accounts and the pairs that they hold, of the pairs of a part that have enough holders.

    Most pairs have one holder. So pairs are counted first, and holders are collected for those that have enough.
    """
    pairs = np.sort(np.concatenate([pair for _, pair in candidates(incidence, part, parts)] or [np.empty(0, np.int64)]))
    repeated = pairs[1:][pairs[1:] == pairs[:-1]]
    start = starts(repeated)
    pairs, count = repeated[start[:-1]], np.diff(start) + 1
    left, right = unpacked(pairs)
    pairs = pairs[count >= holders_needed(incidence.df[left] * incidence.df[right], incidence.accounts, settings)]
    likely = PairFilter(pairs)
    passed = [likely.passed(*chunk) for chunk in candidates(incidence, part, parts)] if len(pairs) else []
    account, pair = (np.concatenate([np.empty(0, np.int64), *(one[side] for one in passed)]) for side in (0, 1))
    exact = pairs[np.minimum(np.searchsorted(pairs, pair), len(pairs) - 1)] == pair
    return account[exact], pair[exact]


def candidates(incidence: Incidence, part: int = 0, parts: int = 1) -> Iterator[tuple[Ints, Ints]]:
    """Accounts, and each two values of theirs (packed, the smaller first), in chunks.

    Pairs belong to one of `parts` by their smaller value.
    """
    start = starts(incidence.account)
    size = np.diff(start)
    for n in np.unique(size[size > 1]).tolist():
        firsts = start[:-1][size == n]
        step = max(1, CHUNK // n)
        for at in range(0, len(firsts), step):
            account = incidence.account[firsts[at : at + step]]
            values = incidence.value[firsts[at : at + step, None] + np.arange(n)]
            for column in range(n - 1):
                in_part = values[:, column] % parts == part
                pairs = packed(values[in_part, column, None], values[in_part, column + 1 :])
                yield np.repeat(account[in_part], n - column - 1), pairs.ravel()


class PairFilter:
    """Lets the given pairs pass, and few others: a Bloom filter of one hash function."""

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


def keys_from_rows(left: Ints, right: Ints, account: Ints, product: Ints) -> Keys:
    """Of one row per account and two of its values, in any order."""
    order = np.lexsort((account, right, left))
    left, right = left[order], right[order]
    first = np.flatnonzero(is_first(left) | is_first(right))
    return Keys(left[first], right[first], product[order[first]], np.append(first, len(order)), account[order])
