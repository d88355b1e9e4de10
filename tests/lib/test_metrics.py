"""Figures of scores, and whether probabilities that are right, too high and too low are found to be so."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from lib.metrics import calibration_error, evaluate, figures, recalibration, reliability, thresholds

RANDOM = np.random.default_rng(11)
TRUTH = RANDOM.beta(0.5, 0.8, size=600)
SPAM = RANDOM.random(600) < TRUTH
EACH = np.arange(600)


def test_figures_of_a_case_that_can_be_counted() -> None:
    spam = np.array([True, True, True, False, False])
    score = np.array([0.9, 0.8, 0.3, 0.5, 0.1])
    result = figures(score, spam, np.ones(5))
    assert result["auc"] == pytest.approx(5 / 6)  # of six pairs, one is the wrong way round
    assert result["ap"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert result["recall_at_fpr_001"] == result["recall_at_fpr_01"] == pytest.approx(2 / 3)


def test_a_domain_weighs_once_however_often_it_was_seen() -> None:
    spam = np.array([True, False, False])
    score = np.array([0.6, 0.9, 0.1])
    once = evaluate(score, spam, np.ones(3), np.array([0, 1, 2]), kind="domain", seed=1)
    seen = [0, 1, 1, 1, 1, 2]
    often = evaluate(score[seen], spam[seen], np.ones(6), np.array(seen), kind="domain", seed=1)
    assert often["auc"] == once["auc"] == 0.5
    assert (often["examples"], often["spam_domains"], often["benign_domains"]) == (6, 1, 2)


def test_intervals_hold_the_figure_and_come_out_the_same_again() -> None:
    random = np.random.default_rng(5)
    spam = np.arange(200) % 2 == 0
    score = 1 / (1 + np.exp(-random.normal(np.where(spam, 1, -1), 1)))
    result = evaluate(score, spam, np.ones(200), np.arange(200), kind="domain", seed=1)
    assert result == evaluate(score, spam, np.ones(200), np.arange(200), kind="domain", seed=1)
    assert result["auc_low"] < result["auc"] < result["auc_high"]
    assert 0.02 < result["auc_high"] - result["auc_low"] < 0.12  # the standard error of such an AUC is about 0.02


def test_without_one_of_the_classes_there_are_only_counts() -> None:
    result = evaluate(np.array([0.5]), np.array([True]), np.ones(1), np.array([0]), kind="domain", seed=1)
    assert result == {"examples": 1, "spam_domains": 1, "benign_domains": 0}


def test_calibration_error_is_the_distance_between_score_and_share() -> None:
    score = np.repeat([0.2, 0.8], 500)
    spam = np.tile([True, False], 500)  # half of each
    assert calibration_error(score, spam, np.ones(1000)) == pytest.approx(0.3)
    honest = np.concatenate([np.arange(500) % 5 == 0, np.arange(500) % 5 > 0])
    assert calibration_error(score, honest, np.ones(1000)) == pytest.approx(0, abs=1e-9)


def test_thresholds_let_through_no_more_benign_domains_than_they_say() -> None:
    score = np.linspace(0, 1, 1001)
    spam = np.arange(1001) % 2 == 0
    result = thresholds(score, spam, np.ones(1001))
    assert result["fpr_0.01"] == pytest.approx(0.99, abs=0.003)
    assert (score[~spam] >= result["fpr_0.001"]).mean() <= 0.001


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
