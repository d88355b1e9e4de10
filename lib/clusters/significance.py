"""How likely two values have so many accounts in common by chance: p-values of keys, and q-values over all keys."""

import numpy as np
from scipy.special import pdtrc

from lib.arrays import Floats, Ints
from lib.clusters.incidence import Incidence
from lib.clusters.rare_pairs import Keys, holders_needed
from lib.config import ClusterSettings


def p_values(count: Ints, product: Ints, accounts: int) -> Floats:
    """The probability of at least `count` common accounts of two values that are independent (Poisson)."""
    return np.asarray(pdtrc(count - 1, product / max(accounts, 1)))


def q_values(p: Floats, times: Ints, tests: int) -> Floats:
    """Benjamini and Hochberg 1995: the smallest share of false discoveries at which each is one.

    `p[i]` occurs `times[i]` times among `tests` tests; the others have a p-value of 1. There may be billions of these,
    and scipy.stats.false_discovery_control wants an element for each.
    """
    order = np.argsort(p, kind="stable")
    rank = np.cumsum(times[order])
    adjusted = np.minimum.accumulate((p[order] * tests / rank)[::-1])[::-1]
    q = np.empty(len(p))
    q[order] = np.minimum(adjusted, 1.0)
    return q


def candidate_pairs(df: Ints, times: Ints, accounts: int, settings: ClusterSettings) -> int:
    """How many pairs of values could link at all, whether or not any account has both.

    `df[i]` accounts have each of `times[i]` values.
    """
    total = 0
    for position, (own, number) in enumerate(zip(df, times, strict=True)):
        others, weights = df[position:], times[position:].copy()
        possible = holders_needed(own * others, accounts, settings) <= np.minimum(own, others)
        weights[0] = (number - 1) / 2 if number > 1 else 0  # each two of the same df once
        exact = number * weights.astype(np.float64)
        exact[0] = number * (number - 1) / 2
        total += int(exact[possible].sum())
    return total


def df_counts(incidence: Incidence) -> tuple[Ints, Ints]:
    """The distinct df of values that some account has, and how many values have each."""
    present = np.zeros(len(incidence.df), np.bool_)
    present[incidence.value] = True
    times = np.bincount(incidence.df[present])
    df = np.flatnonzero(times)
    return df.astype(np.int64), times[df].astype(np.int64)


def q_of_keys(keys: Keys, incidence: Incidence, settings: ClusterSettings) -> Floats:
    """The q-value of each key among all candidates of the day."""
    df, times = df_counts(incidence)
    tests = candidate_pairs(df, times, incidence.accounts, settings)
    p = p_values(keys.count, keys.product, incidence.accounts)
    return q_values(p, np.ones(len(p), np.int64), tests)
