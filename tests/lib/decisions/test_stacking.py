"""The stacking kernel against the definition of its minimum, and what it must do with too little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, logit

from lib.arrays import Floats
from lib.config import FusionSettings
from lib.decisions.stacking import (
    Fusion,
    cross_fitted,
    equal_weights,
    evidence_matrix,
    fit_fusion,
    fit_weights,
    fused_score,
)

SETTINGS = FusionSettings(min_examples=1)
examples = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, (n, 2), elements=st.sampled_from([-6.0, -2.0, -0.5, 0.0, 0.5, 2.0, 6.0])),
        arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0])),
        arrays(np.float64, n, elements=st.sampled_from([0.5, 1.0, 3.0])),
    )
)


def plain_loss(parameters: Floats, x: Floats, is_spam: Floats, importance: Floats) -> float:
    """The loss as a textbook writes it, one example at a time."""
    bias, *weights = parameters
    total = SETTINGS.penalty * (bias**2 + sum((w - 1 / len(weights)) ** 2 for w in weights))
    for row, y, much in zip(x, is_spam, importance, strict=True):
        p = expit(bias + row @ np.array(weights))
        total -= much * np.log(p if y else 1 - p)
    return float(total)


@settings(max_examples=60, deadline=None)
@given(examples)
def test_no_weights_on_a_fine_grid_around_the_fitted_ones_or_far_away_are_better(
    example: tuple[Floats, Floats, Floats],
) -> None:
    fitted = fit_weights(*example, SETTINGS)
    assert (fitted[1:] >= 0).all()
    best = plain_loss(fitted, *example)
    for steps in (np.linspace(-1e-3, 1e-3, 3), np.linspace(-2, 2, 5)):
        for bias in steps:
            for first in steps:
                for second in steps:
                    other = fitted + np.array([bias, first, second])
                    other[1:] = np.maximum(other[1:], 0)
                    assert plain_loss(other, *example) >= best - 1e-9


def test_the_order_of_the_examples_does_not_matter() -> None:
    rng = np.random.default_rng(17)
    x, is_spam = rng.normal(0, 2, (60, 2)), rng.integers(0, 2, 60).astype(np.float64)
    turned = slice(None, None, -1)
    np.testing.assert_allclose(
        fit_weights(x, is_spam, np.ones(60), SETTINGS), fit_weights(x[turned], is_spam[turned], np.ones(60), SETTINGS),
        atol=1e-7,
    )  # fmt: skip


def test_equal_weights_give_the_mean_logit_of_the_detectors_that_are_there() -> None:
    scores = np.array([[0.9, 0.6], [0.9, np.nan], [np.nan, np.nan], [1.0, 0.0]])
    fused = fused_score(equal_weights(("a", "b")), scores, SETTINGS)
    np.testing.assert_allclose(fused, [expit((logit(0.9) + logit(0.6)) / 2), 0.9, 0.5, 0.5])


def test_a_missing_detector_neither_adds_nor_damps_whatever_the_prior() -> None:
    settings = FusionSettings(prior=0.1)
    fused = fused_score(equal_weights(("a", "b")), np.array([[0.3, np.nan], [np.nan, np.nan]]), settings)
    np.testing.assert_allclose(fused, [0.3, 0.1])


def test_a_detector_that_knows_nothing_loses_its_weight_and_none_becomes_negative() -> None:
    good = np.tile([0.95, 0.05, 0.8, 0.2], 30)
    wrong = 1 - good
    is_spam = np.tile([1.0, 0.0, 1.0, 0.0], 30)
    fusion = fit_fusion(("good", "wrong"), np.c_[good, wrong], is_spam, np.ones(120), SETTINGS)
    assert fusion.weights["wrong"] == 0
    assert fusion.weights["good"] > 0.5
    assert fusion.examples == 120


def test_too_few_examples_of_a_class_mean_equal_weights() -> None:
    scores, is_spam = np.full((30, 2), 0.9), np.r_[np.ones(25), np.zeros(5)]
    few = FusionSettings(min_examples=6)
    assert fit_fusion(("a", "b"), scores, is_spam, np.ones(30), few) == Fusion({"a": 0.5, "b": 0.5})


def test_examples_that_no_detector_reaches_are_not_counted() -> None:
    scores = np.r_[np.full((10, 2), 0.9), np.full((10, 2), np.nan)]
    is_spam = np.r_[np.ones(10), np.zeros(10)]
    assert fit_fusion(("a", "b"), scores, is_spam, np.ones(20), SETTINGS).examples == 0


def test_a_detector_by_itself_is_taken_at_its_word() -> None:
    scores, is_spam = np.r_[np.full((10, 1), 0.6), np.full((10, 1), 0.4)], np.r_[np.ones(10), np.zeros(10)]
    assert fit_fusion(("a",), scores, is_spam, np.ones(20), SETTINGS) == Fusion({"a": 1.0})


def test_the_fusion_of_a_fold_never_sees_its_labels() -> None:
    rng = np.random.default_rng(17)
    scores, fold = rng.uniform(size=(80, 2)), np.arange(80) % 4
    is_spam = (scores[:, 0] > 0.5).astype(np.float64)

    def folds(labels: Floats) -> tuple[Fusion, ...]:
        return cross_fitted(("a", "b"), scores, labels, np.ones(80), fold, folds=4, settings=SETTINGS).folds

    turned = np.where(fold == 2, 1 - is_spam, is_spam)
    assert folds(turned)[2] == folds(is_spam)[2]
    assert folds(turned)[1] != folds(is_spam)[1]


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_an_extreme_prior_stays_finite(prior: float) -> None:
    matrix = evidence_matrix(np.array([[0.5, np.nan]]), FusionSettings(prior=prior))
    assert np.isfinite(matrix).all()
