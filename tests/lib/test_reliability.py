"""Probabilities that are right, too bold and too shy, and what is said of them."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from lib.metrics import recalibration, reliability

RANDOM = np.random.default_rng(11)
TRUTH = RANDOM.beta(0.5, 0.8, size=600)
SPAM = RANDOM.random(600) < TRUTH
EACH = np.arange(600)


def test_right_probabilities_hold() -> None:
    result = reliability(TRUTH, SPAM, EACH, seed=1)
    assert result.holds
    assert result.slope_low < result.slope < result.slope_high
    assert (result.examples, result.spam) == (600, SPAM.sum())


@pytest.mark.parametrize(("factor", "slope"), [(2.0, 0.5), (0.5, 2.0)])
def test_bold_and_shy_ones_do_not(factor: float, slope: float) -> None:
    right = reliability(TRUTH, SPAM, EACH, seed=1)
    result = reliability(expit(factor * logit(TRUTH)), SPAM, EACH, seed=1)
    assert not result.holds
    assert result.slope == pytest.approx(slope * right.slope, rel=1e-3)
    assert not result.slope_low <= 1 <= result.slope_high
    assert result.error > result.error_by_chance


def test_entities_that_are_seen_often_make_the_interval_wider() -> None:
    often = np.repeat(EACH[:150], 4)
    alone = reliability(TRUTH[often], SPAM[often], np.arange(600), seed=1)
    together = reliability(TRUTH[often], SPAM[often], often, seed=1)
    assert together.slope_high - together.slope_low > 1.4 * (alone.slope_high - alone.slope_low)


def test_slope_and_bias_are_those_of_logistic_regression() -> None:
    weight = RANDOM.integers(0, 3, size=600).astype(float)
    line = LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(logit(TRUTH)[:, None], SPAM, sample_weight=weight)
    np.testing.assert_allclose(recalibration(TRUTH, SPAM, weight), [line.coef_[0, 0], line.intercept_[0]], atol=1e-4)


def test_classes_that_stand_apart_still_have_a_slope() -> None:
    slope, _ = recalibration(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]), np.ones(4))
    assert 1 < slope < 50
