"""Boosted trees on what links look like: each asks the same question of all nodes of a level.

Such trees (Prokhorenkova et al. 2018, CatBoost) are a table each, with an index made of a few comparisons, so that a
network can hold them; see layers.ObliviousTrees. They say more of the shape of links than a network does that
is trained by gradient descent on some thousand of them.
"""

from dataclasses import dataclass

import numpy as np

from lib.arrays import Bools, Bytes, Floats, Floats32, Ints

CUTS = 31  # of a feature, at most, between about equally many examples
LOOKED_AT = 0.3  # of the features, at random, for each tree: trees that differ err apart
PENALTY = 0.3  # added to the weight in a leaf: few examples say little


@dataclass(frozen=True)
class Trees:
    """An example's logit is the sum of one leaf of each tree; its number has a bit a level, the first the highest."""

    feature: Ints  # (levels, trees)
    threshold: Floats32  # (levels, trees): the bit is set above it
    leaf: Floats32  # (trees, 2 ** levels)

    def logits(self, values: Floats32) -> Floats:
        """Of examples as learn_trees takes them: (n,)."""
        values = known(values)
        place = np.zeros((len(values), self.feature.shape[1]), np.int64)
        for feature, threshold in zip(self.feature, self.threshold, strict=True):
            place = 2 * place + (values[:, feature] > threshold)
        return np.asarray(self.leaf[np.arange(place.shape[1]), place].sum(axis=1), np.float64)


def learn_trees(
    values: Floats32, spam: Bools, weight: Floats, *, trees: int, levels: int, rate: float, seed: int
) -> Trees:
    """Newton's steps of the log loss (Friedman 2001, Greedy function approximation), each `rate` of its length.

    `values` are (n, features), standardised: what is missing counts as the mean.
    """
    values = known(values)
    random = np.random.default_rng(seed)
    cuts = [cut_points(column) for column in values.T]
    codes = np.stack([coded(column, points) for column, points in zip(values.T, cuts, strict=True)])
    useful = np.flatnonzero([len(points) for points in cuts])
    weight = weight / weight.mean() if len(weight) else weight
    feature, cut = np.zeros((2, levels, trees), np.int64)
    leaves = np.zeros((trees, 1 << levels), np.float32)
    logit = np.zeros(len(spam))
    for tree in range(trees if len(useful) else 0):
        chance = 1 / (1 + np.exp(-logit))
        slope, bend = weight * (spam - chance), weight * chance * (1 - chance)
        shown = np.sort(random.choice(useful, max(1, round(LOOKED_AT * len(useful))), replace=False))
        place = np.zeros(len(spam), np.int64)
        for level in range(levels):
            feature[level, tree], cut[level, tree] = best_question(codes, shown, place, 1 << level, slope, bend)
            place = 2 * place + (codes[feature[level, tree]] > cut[level, tree])
        sums = [np.bincount(place, each, minlength=1 << levels) for each in (slope, bend)]
        leaves[tree] = rate * sums[0] / (sums[1] + PENALTY)
        logit += leaves[tree][place]
    return Trees(feature, thresholds(cuts, feature, cut), leaves)


def best_question(codes: Bytes, shown: Ints, place: Ints, nodes: int, slope: Floats, bend: Floats) -> tuple[int, int]:
    """The feature, and the code above which its bit is set, that part the examples of all nodes best."""
    key = ((np.arange(len(shown))[:, None] * nodes + place) * (CUTS + 1) + codes[shown]).ravel()
    shape = (len(shown), nodes, CUTS + 1)
    gain = np.zeros((len(shown), CUTS))
    below = [
        np.bincount(key, np.tile(each, len(shown)), minlength=int(np.prod(shape))).reshape(shape).cumsum(axis=2)
        for each in (slope, bend)
    ]
    total = [each[:, :, -1:] for each in below]
    for sums, weights in zip((below[0], total[0] - below[0]), (below[1], total[1] - below[1]), strict=True):
        gain += (sums**2 / (weights + PENALTY)).sum(axis=1)[:, :-1]
    best = int(np.round(gain, 9).argmax())
    return int(shown[best // CUTS]), best % CUTS


def known(values: Floats32) -> Floats32:
    return np.where(np.isnan(values), np.float32(0), values)


def cut_points(column: Floats32) -> Floats32:
    """Ascending, each halfway between two values that are there."""
    distinct = np.unique(column)
    if len(distinct) > CUTS + 1:
        distinct = np.unique(np.quantile(column, np.linspace(0, 1, CUTS + 1)))
    return ((distinct[1:].astype(np.float64) + distinct[:-1]) / 2).astype(np.float32)


def coded(column: Floats32, points: Floats32) -> Bytes:
    """How many of the cut points each value is above."""
    return np.searchsorted(points, column, side="left").astype(np.uint8)


def thresholds(cuts: list[Floats32], feature: Ints, cut: Ints) -> Floats32:
    """Where a feature has fewer cut points than the code, nothing is above."""
    table = np.full((len(cuts), CUTS + 1), np.finfo(np.float32).max)
    for row, points in zip(table, cuts, strict=True):
        row[: len(points)] = points
    return np.asarray(table[feature, cut])
