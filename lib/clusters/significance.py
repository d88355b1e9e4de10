"""How likely chance alone gives two values so many common accounts."""

import numpy as np
from scipy.special import gammainc

from lib.arrays import Floats, Ints
from lib.clusters.incidence import Shown
from lib.clusters.pairs import Keys, needed
from lib.config import ClusterSettings


def p_values(count: Ints, product: Ints, accounts: int) -> Floats:
    """The probability of at least `count` common accounts of two values that are shown independently (Poisson)."""
    return np.asarray(gammainc(count, product / max(accounts, 1)))


def q_values(p: Floats, times: Ints, tests: int) -> Floats:
    """Benjamini and Hochberg 1995: the smallest share of false discoveries at which each is one.

    `p[i]` came `times[i]` times among `tests` tests; the others have a p-value of 1.
    """
    order = np.argsort(p, kind="stable")
    rank = np.cumsum(times[order])
    adjusted = np.minimum.accumulate((p[order] * tests / rank)[::-1])[::-1]
    q = np.empty(len(p))
    q[order] = np.minimum(adjusted, 1.0)
    return q


def candidate_pairs(df: Ints, times: Ints, accounts: int, settings: ClusterSettings) -> int:
    """How many pairs of values could link at all, whether or not any account shows both.

    `df[i]` accounts show each of `times[i]` values.
    """
    total = 0
    for place, (own, number) in enumerate(zip(df, times, strict=True)):
        others, weights = df[place:], times[place:].copy()
        possible = needed(own * others, accounts, settings) <= np.minimum(own, others)
        weights[0] = (number - 1) / 2 if number > 1 else 0  # each two of the same df once
        exact = number * weights.astype(np.float64)
        exact[0] = number * (number - 1) / 2
        total += int(exact[possible].sum())
    return total


def df_counts(shown: Shown) -> tuple[Ints, Ints]:
    """The distinct df of values that are still shown, and how many values have each."""
    there = np.zeros(len(shown.df), np.bool_)
    there[shown.value] = True
    times = np.bincount(shown.df[there])
    df = np.flatnonzero(times)
    return df.astype(np.int64), times[df].astype(np.int64)


def q_of_keys(keys: Keys, shown: Shown, settings: ClusterSettings) -> Floats:
    """The q-value of each key among all candidates of the day."""
    df, times = df_counts(shown)
    tests = candidate_pairs(df, times, shown.accounts, settings)
    p = p_values(keys.count, keys.product, shown.accounts)
    return q_values(p, np.ones(len(p), np.int64), tests)
