import numpy as np
import pytest

from lib.metrics import calibration_error, evaluate, figures, thresholds


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
