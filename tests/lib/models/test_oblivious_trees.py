"""Trees: what CatBoost has fitted is what the leaf tables say, and they learn what they should."""

import numpy as np
import pytest
from catboost import CatBoostClassifier

from lib.config import DomainModelSettings
from lib.models.domain.oblivious_trees import Trees, fit_trees, trees_of

FEW = DomainModelSettings(trees=60, tree_levels=3, tree_rate=0.3)


@pytest.mark.parametrize("levels", [1, 4])
def test_leaf_tables_give_the_logits_of_catboost(levels: int) -> None:
    """Trees of fewer levels than allowed among them: one feature has two values only."""
    random = np.random.default_rng(levels)
    values = random.normal(size=(400, 3)).astype(np.float32)
    values[:, 0] = values[:, 0] > 0
    spam = (values[:, 0] > 0) ^ (random.random(400) < 0.1)
    model = CatBoostClassifier(
        iterations=20, depth=levels, random_seed=1, thread_count=1, allow_writing_files=False, verbose=False
    ).fit(values, spam.astype(int))
    trees = trees_of(model, levels=levels, trees=25)
    unseen = random.normal(size=(300, 3)).astype(np.float32)
    np.testing.assert_allclose(trees.logits(unseen), model.predict(unseen, prediction_type="RawFormulaVal"), atol=1e-5)


def test_trees_learn_what_two_features_tell_together() -> None:
    """Spam where two features are both above zero; the others say nothing, and one of them is constant."""
    values = np.random.default_rng(3).normal(size=(500, 10)).astype(np.float32)
    values[:, 9] = 1
    spam = (values[:, 0] > 0) & (values[:, 1] > 0)
    trees = fit_trees(values, spam, np.ones(500), FEW, seed=1)
    assert ((trees.logits(values) > 0) == spam).mean() > 0.98
    assert not (trees.feature[trees.threshold < np.finfo(np.float32).max] == 9).any()


def test_the_same_examples_give_the_same_trees() -> None:
    values = np.random.default_rng(4).normal(size=(200, 6)).astype(np.float32)
    first, again = (fit_trees(values, values[:, 0] > values[:, 1], np.ones(200), FEW, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.leaf, again.leaf)
    np.testing.assert_array_equal(first.threshold, again.threshold)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_nothing_can_be_learned_from_nothing(number: int) -> None:
    values = np.ones((number, 2), np.float32)
    trees = fit_trees(values, np.arange(number) == 0, np.ones(number), FEW, seed=1)
    assert not trees.logits(values).any()


def test_a_missing_value_counts_as_the_mean() -> None:
    trees = Trees(np.array([[0]]), np.array([[-0.5]], np.float32), np.array([[1.0, 2.0]], np.float32))
    assert trees.logits(np.array([[np.nan], [0.0], [-1.0]], np.float32)).tolist() == [2.0, 2.0, 1.0]


def test_a_heavier_example_pulls_harder() -> None:
    values = np.array([[0], [0], [1]], np.float32)
    one_level = DomainModelSettings(trees=5, tree_levels=1, tree_rate=0.5)
    trees = fit_trees(values, np.array([True, False, False]), np.array([3.0, 1.0, 1.0]), one_level, seed=1)
    low, _, high = trees.logits(values)
    assert low > 0 > high
