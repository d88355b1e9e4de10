"""Which pairs of values accounts share that are rare together: the keys that link them.

Accounts and values are 64-bit hashes. Two values that df1 and df2 of N accounts show meet in df1 * df2 / N accounts by
chance. The key of both links its c holders if df1 * df2 <= rare_share * N * c / 2: two accounts if the product is at
most rare_share * N, and more accounts by the same lift. A product of at most 4 always links: nobody else shows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.config import ClusterSettings

Ints = NDArray[np.int64]

ALWAYS = 4  # the product of two values that two accounts alone show
CHUNK = 4_000_000  # candidates that are looked at together: 100 bytes each
SKETCH_FROM = 2 * CHUNK  # candidates from which on a sketch of their counts pays
LARGEST_SKETCH = 1 << 26  # counters of 2 bytes


@dataclass(frozen=True)
class Shown:
    """Who shows what, sorted by account, then value; no row twice. `df` is how many accounts show the row's value."""

    account: Ints
    value: Ints
    df: Ints
    accounts: int  # N: all accounts, also those that show nothing which links

    def only(self, chosen: NDArray[np.bool_]) -> "Shown":
        return Shown(self.account[chosen], self.value[chosen], self.df[chosen], self.accounts)


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

    def only(self, chosen: NDArray[np.bool_]) -> "Keys":
        kept = np.repeat(chosen, self.count)
        start = np.concatenate([[0], np.cumsum(self.count[chosen])])
        return Keys(self.left[chosen], self.right[chosen], self.product[chosen], start, self.holder[kept])


def shown_rows(account: Ints, value: Ints) -> Shown:
    """Of rows in any order, some of them twice."""
    order = np.lexsort((value, account))
    account, value = account[order], value[order]
    first = np.ones(len(account), np.bool_)
    first[1:] = (account[1:] != account[:-1]) | (value[1:] != value[:-1])
    account, value = account[first], value[first]
    _, place, counts = np.unique(value, return_inverse=True, return_counts=True)
    accounts = int(np.count_nonzero(np.diff(account))) + 1 if len(account) else 0
    return Shown(account, value, counts[place].astype(np.int64), accounts)


def per_holder(accounts: int, settings: ClusterSettings) -> float:
    """The product that each holder of a key allows: N by the least lift."""
    return max(settings.rare_share / 2 * accounts, min(settings.small_hub, settings.small_share * accounts))


def hub(accounts: int, settings: ClusterSettings) -> float:
    """A value that more accounts show never links."""
    return max(2.0, per_holder(accounts, settings))


def linkable(shown: Shown, settings: ClusterSettings) -> Shown:
    """Without values of one account, without hubs, and of each account the rarest values only."""
    shown = shown.only((shown.df > 1) & (shown.df <= hub(shown.accounts, settings)))
    return shown.only(rank_in_account(shown) < settings.values_per_account)


def rank_in_account(shown: Shown) -> Ints:
    """The place of each row among those of its account, by rarity; ties break on the value."""
    order = np.lexsort((shown.value, shown.df, shown.account))
    start = starts(shown.account)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(start[:-1], np.diff(start))
    return rank


def starts(sorted_: Ints) -> Ints:
    """Where each run of equals begins, and the end."""
    if not len(sorted_):
        return np.zeros(1, np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(sorted_)) + 1, [len(sorted_)]])


def needed(product: Ints, accounts: int, settings: ClusterSettings) -> Ints:
    """The holders that a key needs to link, at least 2."""
    least = np.ceil(product / per_holder(accounts, settings) - 1e-9).astype(np.int64)
    return np.where(product <= ALWAYS, 2, np.maximum(least, 2))


def candidates(shown: Shown, settings: ClusterSettings) -> Iterator[tuple[Ints, Ints]]:
    """Places in `shown` of the two values of each account that could link it, in chunks; the left value is smaller."""
    start = starts(shown.account)
    size = np.diff(start)
    for n in np.unique(size[size > 1]):
        left, right = np.triu_indices(int(n), 1)
        firsts = start[:-1][size == n]
        step = max(1, CHUNK // len(left))
        for at in range(0, len(firsts), step):
            base = firsts[at : at + step, None]
            i, j = (base + left).ravel(), (base + right).ravel()
            need = needed(shown.df[i] * shown.df[j], shown.accounts, settings)
            possible = need <= np.minimum(shown.df[i], shown.df[j])
            yield i[possible], j[possible]


def key_hash(left: Ints, right: Ints) -> NDArray[np.uint64]:
    """One number for two values, in this order (the finalizer of splitmix64, Steele et al. 2014)."""
    mixed = left.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + right.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


class Sketch:
    """An upper bound of how often each key is there: most keys are there too seldom to link, and need no sorting."""

    def __init__(self, expected: int) -> None:
        size = 1 << max(16, int(4 * expected).bit_length())
        self.counts = np.zeros(min(size, LARGEST_SKETCH), np.uint16)

    def add(self, key: NDArray[np.uint64]) -> None:
        np.add.at(self.counts, self.slot(key), np.uint16(1))

    def merge(self, counts: NDArray[np.uint16]) -> None:
        """Adds what another sketch of this size has counted; a count stops at the greatest there is."""
        greatest = np.iinfo(np.uint16).max
        self.counts += np.minimum(counts, greatest - self.counts)

    def at_most(self, key: NDArray[np.uint64]) -> NDArray[np.uint16]:
        return self.counts[self.slot(key)]

    def slot(self, key: NDArray[np.uint64]) -> NDArray[np.intp]:
        return (key & np.uint64(len(self.counts) - 1)).astype(np.intp)


def expected_candidates(shown: Shown) -> int:
    size = np.diff(starts(shown.account))
    return int((size * (size - 1) // 2).sum())


def common_keys(shown: Shown, settings: ClusterSettings) -> Keys:
    """The keys that link, sorted by their values; `shown` is linkable."""
    parts = list(frequent(shown, settings))
    i, j = (np.concatenate([part[side] for part in parts] or [np.empty(0, np.int64)]) for side in (0, 1))
    keys = keys_of_pairs(shown.value[i], shown.value[j], shown.account[i], shown.df[i] * shown.df[j])
    return keys.only(keys.count >= needed(keys.product, shown.accounts, settings))


def keys_of_pairs(left: Ints, right: Ints, account: Ints, product: Ints) -> Keys:
    """Of one row an account and two of its values, in any order."""
    order = np.lexsort((account, right, left))
    left, right = left[order], right[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    first = np.flatnonzero(new)
    return Keys(left[first], right[first], product[order[first]], np.append(first, len(order)), account[order])


def frequent(shown: Shown, settings: ClusterSettings) -> Iterator[tuple[Ints, Ints]]:
    """Candidates, without most of those whose key has too few holders."""
    expected = expected_candidates(shown)
    if expected < SKETCH_FROM:
        yield from candidates(shown, settings)
        return
    sketch = Sketch(expected)
    for i, j in candidates(shown, settings):
        sketch.add(key_hash(shown.value[i], shown.value[j]))
    for i, j in candidates(shown, settings):
        need = needed(shown.df[i] * shown.df[j], shown.accounts, settings)
        enough = sketch.at_most(key_hash(shown.value[i], shown.value[j])) >= need
        yield i[enough], j[enough]
