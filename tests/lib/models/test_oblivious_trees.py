import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.models.domain.oblivious_trees import (
    CUTS,
    PENALTY,
    best_question,
    coded,
    cut_points,
    learn_trees,
    thresholds,
)


def slow_gain(codes: np.ndarray, place: np.ndarray, slope: np.ndarray, bend: np.ndarray, cut: int) -> float:
    """Node by node, on either side of the cut."""
    sides = [(place == node) & ((codes > cut) == above) for node in np.unique(place) for above in (False, True)]
    return float(sum(slope[side].sum() ** 2 / (bend[side].sum() + PENALTY) for side in sides))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 4))
def test_the_best_question_parts_all_nodes_best(seed: int, number: int, nodes: int) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 5, (4, number)).astype(np.uint8)
    place, slope, bend = random.integers(0, nodes, number), random.normal(size=number), random.uniform(size=number)
    shown = np.array([0, 2, 3])
    feature, cut = best_question(codes, shown, place, nodes, slope, bend)
    gains = {(f, c): slow_gain(codes[f], place, slope, bend, c) for f in shown.tolist() for c in range(CUTS)}
    assert gains[feature, cut] >= max(gains.values()) - 1e-6


@given(st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=200))
@settings(deadline=None)
def test_a_code_says_which_thresholds_a_value_is_above(values: list[float]) -> None:
    column = np.array(values, np.float32)
    cuts = [cut_points(column)]
    codes = coded(column, cuts[0])
    assert len(cuts[0]) <= CUTS
    for cut in range(CUTS):
        threshold = thresholds(cuts, np.zeros((1, 1), np.int64), np.array([[cut]]))[0, 0]
        np.testing.assert_array_equal(codes > cut, column > threshold)


def test_trees_learn_what_two_features_tell_together() -> None:
    """Spam where two features are both above zero; the others say nothing, and one of them is constant."""
    values = np.random.default_rng(3).normal(size=(500, 10)).astype(np.float32)
    values[:, 9] = 1
    spam = (values[:, 0] > 0) & (values[:, 1] > 0)
    trees = learn_trees(values, spam, np.ones(500), trees=60, levels=3, rate=0.3, seed=1)
    right = (trees.logits(values) > 0) == spam
    assert right.mean() > 0.98
    assert not (trees.feature[trees.threshold < np.finfo(np.float32).max] == 9).any()


def test_nothing_can_be_learned_from_nothing() -> None:
    for number in (0, 3):
        values = np.ones((number, 2), np.float32)
        trees = learn_trees(values, np.arange(number) == 0, np.ones(number), trees=2, levels=2, rate=0.1, seed=1)
        assert not trees.logits(values).any()


def test_a_heavier_example_pulls_harder() -> None:
    values = np.array([[0], [0], [1]], np.float32)
    spam, weight = np.array([True, False, False]), np.array([3.0, 1.0, 1.0])
    trees = learn_trees(values, spam, weight, trees=5, levels=1, rate=0.5, seed=1)
    low, _, high = trees.logits(values)
    assert low > 0 > high
