"""Boosted trees on what links look like: each asks the same question of all nodes of a level.

CatBoost trains them (Prokhorenkova et al. 2018). Such a tree is a table of leaves with an index made of a few
comparisons, so that a network can hold it; see layers.ObliviousTrees. They are better on the shape of links than a
network that is trained by gradient descent on some thousand of them.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lib.arrays import Bools, Floats, Floats32, Ints
from lib.config import DomainModelSettings

BORDERS = 31  # of a feature, at most
NEVER = np.finfo(np.float32).max  # no value is above it


@dataclass(frozen=True)
class Trees:
    """An example's logit is the sum of one leaf of each tree; a leaf's number has one bit per level, the first is the
    highest."""

    feature: Ints  # (levels, trees)
    threshold: Floats32  # (levels, trees): the bit is set above it
    leaf: Floats32  # (trees, 2 ** levels)

    def logits(self, values: Floats32) -> Floats:
        """Of examples as fit_trees takes them: (n,)."""
        values = known(values)
        leaf = np.zeros((len(values), self.feature.shape[1]), np.int64)
        for feature, threshold in zip(self.feature, self.threshold, strict=True):
            leaf = 2 * leaf + (values[:, feature] > threshold)
        return np.asarray(self.leaf[np.arange(leaf.shape[1]), leaf].sum(axis=1), np.float64)


def fit_trees(values: Floats32, spam: Bools, weight: Floats, settings: DomainModelSettings, *, seed: int) -> Trees:
    """`values` are (n, features), standardised: what is missing counts as the mean.

    The same examples give the same trees: one thread, and no random part but the features of each tree, which makes
    trees whose errors differ. Trees of zeros where there is nothing to learn.
    """
    values, levels, trees = known(values), settings.tree_levels, settings.trees
    if len(np.unique(spam)) < 2 or not np.ptp(values, axis=0).any():
        return no_trees(levels, trees)
    from catboost import CatBoostClassifier, Pool  # noqa: PLC0415 - takes a second, and scoring does without

    model = CatBoostClassifier(
        iterations=trees,
        depth=levels,
        learning_rate=settings.tree_rate,
        rsm=settings.tree_feature_share,
        l2_leaf_reg=settings.tree_penalty,
        border_count=BORDERS,
        bootstrap_type="No",
        leaf_estimation_method="Newton",
        leaf_estimation_iterations=1,
        boost_from_average=False,
        random_strength=0,
        random_seed=seed,
        thread_count=1,
        allow_writing_files=False,
        verbose=False,
    )
    model.fit(Pool(values, spam.astype(np.int64), weight=weight / weight.mean()))
    return trees_of(model, levels=levels, trees=trees)


def trees_of(model: Any, *, levels: int, trees: int) -> Trees:
    """The trees of a fitted CatBoostClassifier, by way of its JSON: nothing is unpickled.

    Its first split is the lowest bit of a leaf's number, and a tree may have fewer levels than it may have.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trees.json"
        model.save_model(str(path), format="json")
        saved = json.loads(path.read_text())
    result = no_trees(levels, trees)
    scale, [bias] = saved["scale_and_bias"]
    for tree, grown in enumerate(saved["oblivious_trees"]):
        splits = grown["splits"] or []
        for bit, split in enumerate(splits):
            level = levels - 1 - bit
            result.feature[level, tree] = split["float_feature_index"]
            result.threshold[level, tree] = split["border"]
        result.leaf[tree, : 1 << len(splits)] = np.multiply(grown["leaf_values"], scale)
    result.leaf[0] += bias
    return result


def no_trees(levels: int, trees: int) -> Trees:
    feature, threshold = np.zeros((levels, trees), np.int64), np.full((levels, trees), NEVER, np.float32)
    return Trees(feature, threshold, np.zeros((trees, 1 << levels), np.float32))


def known(values: Floats32) -> Floats32:
    return np.where(np.isnan(values), np.float32(0), values)
