"""Platforms with planted groups of accounts, for the clusters."""

import numpy as np

from lib.arrays import Ints

VARIETY = (0.02, 0.3, 0.1, 0.005, 0.5, 0.05, 0.2, 0.01, 0.4, 0.15)  # values of each attribute, by account


def planted(
    *, accounts: int, groups: int, sizes: tuple[int, int] = (5, 60), loyal: float = 0.85, seed: int = 0
) -> tuple[Ints, Ints, Ints, Ints]:
    """account, attribute and value of each row, and the group of each account (-1 for most).

    Everybody shows a value of each of ten attributes, some values much oftener than others. A group shares three to six
    of them: each member shows each of these with probability `loyal`; some groups rotate over a few values.
    """
    rng = np.random.default_rng(seed)
    values = np.stack([background(rng, accounts, max(20, int(accounts * share))) for share in VARIETY], axis=1)
    group = np.full(accounts, -1, np.int64)
    order = rng.permutation(accounts)
    for number in range(groups):
        size = int(np.exp(rng.uniform(*np.log(sizes))))
        members, order = order[:size], order[size:]
        group[members] = number
        for attribute in rng.choice(len(VARIETY), rng.integers(3, 7), replace=False):
            rotating = rng.choice([1, 1, 1, 2, 3])
            loyal_ones = members[rng.random(size) < loyal]
            values[loyal_ones, attribute] = 10**9 + 10 * number + rng.integers(0, rotating, len(loyal_ones))
    rows = np.arange(accounts * len(VARIETY))
    return rows // len(VARIETY), rows % len(VARIETY), values.ravel(), group


def background(rng: np.random.Generator, accounts: int, values: int) -> Ints:
    """Values with frequencies that fall as a power of their rank."""
    weight = 1 / np.arange(1, values + 1) ** 0.8
    return rng.choice(values, accounts, p=weight / weight.sum()).astype(np.int64)
