from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from lib.arrays import Floats
from lib.calibration import (
    ISOTONIC_FROM,
    UNCALIBRATED,
    Calibration,
    fit_calibration,
    fit_line,
    fit_lines,
    isotonic,
    logit,
    platt,
    probability,
)


def drawn(count: int, *, slope: float = 2.0, bias: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    """Raw logits, and labels whose true logit is slope * raw + bias."""
    random = np.random.default_rng(3)
    raw = random.normal(0, 1.5, count)
    return raw, random.random(count) < probability(slope * raw + bias)


def test_platt_agrees_with_its_formula_minimised_by_hand() -> None:
    raw, spam = drawn(400)
    weight = np.linspace(0.5, 1.5, 400)
    result = platt(raw, spam, weight)
    n_spam, n_benign = weight[spam].sum(), weight[~spam].sum()
    target = np.where(spam, (n_spam + 1) / (n_spam + 2), 1 / (n_benign + 2))

    def loss(line: np.ndarray) -> float:
        z = line[0] * raw + line[1]
        return float((weight * (np.logaddexp(0, z) - target * z)).sum())

    slope, bias = minimize(loss, np.array([1.0, 0.0])).x
    np.testing.assert_allclose(
        result.logits(np.array([-3.0, 0.0, 3.0])), slope * np.array([-3, 0, 3]) + bias, atol=0.01
    )


def test_weights_keep_the_share_of_spam() -> None:
    raw, spam = drawn(2000)
    weight = np.where(spam, 3.0, 1.0)
    score = platt(raw, spam, weight).probabilities(raw)
    assert np.average(score, weights=weight) == pytest.approx(np.average(spam, weights=weight), abs=0.01)


@pytest.mark.parametrize("fit", ["platt", "isotonic"])
def test_scores_are_the_true_probabilities_within_the_noise(fit: str) -> None:
    raw, spam = drawn(6000)
    weight = np.ones(len(raw))
    line = platt(raw, spam, weight)
    result = line if fit == "platt" else isotonic(raw, spam, weight, line)
    at = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    np.testing.assert_allclose(result.probabilities(at), probability(2 * at - 1), atol=0.06)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-9, 9), st.booleans()), min_size=4, max_size=30))
def test_a_higher_logit_never_has_a_lower_score(pairs: list[tuple[float, bool]]) -> None:
    raw, spam = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    spam[:2] = [True, False]
    weight = np.ones(len(raw))
    line = platt(raw, spam, weight)
    at = np.linspace(-12, 12, 200)
    for calibration in (line, isotonic(raw, spam, weight, line)):
        logits = calibration.logits(at)
        assert (np.diff(logits) >= 0).all()
        assert logits[-1] > logits[0]
        assert ((calibration.probabilities(at) > 0) & (calibration.probabilities(at) < 1)).all()


def test_a_model_that_ranks_the_wrong_way_is_not_turned_round() -> None:
    raw, spam = drawn(300, slope=-3.0)
    scores = platt(raw, spam, np.ones(300)).probabilities(np.array([-2.0, 2.0]))
    assert scores[0] < scores[1] < scores[0] + 0.02


def test_isotonic_serves_only_where_both_classes_have_enough_domains() -> None:
    raw, spam = drawn(500)
    line = platt(raw, spam, np.ones(500))
    assert fit_calibration(raw, spam, np.ones(500), entities=(ISOTONIC_FROM - 1, ISOTONIC_FROM)) == line
    assert fit_calibration(raw, spam, np.ones(500), entities=(ISOTONIC_FROM, ISOTONIC_FROM)) != line


def test_end_pieces_go_on() -> None:
    calibration = Calibration((0.0, 1.0, 2.0), (0.0, 1.0, 3.0))
    assert calibration.logits(np.array([-2.0, 0.5, 1.5, 4.0, 99.0])).tolist() == [-2.0, 0.5, 2.0, 7.0, 20.0]
    np.testing.assert_allclose(logit(calibration.probabilities(np.array([1.5]))), [2.0])


def test_another_share_of_spam_moves_every_probability_by_bayes_rule() -> None:
    """Half of the examples are spam; where a tenth is, odds are a ninth of what they were."""
    calibration = Calibration((-1.0, 1.0), (-2.0, 2.0)).for_share(0.1, was=0.5)
    before = probability(np.array([-1.0, 0.0, 4.0]))
    odds = before / (1 - before) / 9
    np.testing.assert_allclose(calibration.probabilities(np.array([-0.5, 0.0, 2.0])), odds / (1 + odds))


def test_a_known_share_of_spam_is_met_on_average() -> None:
    random = np.random.default_rng(4)
    spam = random.random(4000) < 0.5
    raw = random.normal(size=4000) + 1.5 * spam
    fitted = fit_calibration(raw, spam, np.ones(4000), entities=(10, 10), spam_share=0.1)
    rare = np.where(spam, 0.1, 0.9)  # the same examples, as they would come
    assert np.average(fitted.probabilities(raw), weights=rare) == pytest.approx(0.1, abs=0.005)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
@settings(deadline=None, max_examples=50)
def test_calibration_never_turns_the_order(examples: list[tuple[float, bool]]) -> None:
    raw, is_spam = np.array([p for p, _ in examples]), np.array([spam for _, spam in examples])
    line = fit_line(raw, is_spam, least=30)
    assert line.values[1] > line.values[0]
    assert len(raw) >= 30 or line == UNCALIBRATED


def test_calibration_finds_the_level_of_the_labels() -> None:
    level = np.linspace(0.05, 0.95, 400)
    true = probability(0.5 * logit(level) - 1)  # the raw score is too sure, and too high
    is_spam = np.random.default_rng(3).random((25, 400)) < true
    line = fit_line(np.tile(level, 25), is_spam.ravel(), least=30)
    assert line.logits(np.array([0.0, 1.0])) == pytest.approx([-1, -0.5], abs=0.1)


def test_a_fold_is_calibrated_by_the_others() -> None:
    rng = np.random.default_rng(5)
    raw, fold = rng.random(90), np.arange(90, dtype=np.int32) % 3
    is_spam = rng.random(90) < raw
    result = fit_lines(raw, is_spam, fold, folds=3, least=60)
    turned = is_spam ^ (fold == 0)
    assert result[0] == fit_lines(raw, turned, fold, folds=3, least=60)[0]
    assert result[1] != fit_lines(raw, turned, fold, folds=3, least=60)[1]
    assert result[1] == fit_line(raw[fold != 1], is_spam[fold != 1], least=60)
    assert result[3] == fit_line(raw, is_spam, least=60)
    assert len(result) == 4


@pytest.mark.parametrize(
    ("raw", "is_spam"),
    [
        (np.linspace(0, 1, 29), np.arange(29) > 14),  # too few labels
        (np.linspace(0, 1, 40), np.arange(40) > 35),  # too few of a class
        (np.linspace(0, 1, 40), np.arange(40) < 20),  # the score is upside down
    ],
)
def test_scores_that_cannot_be_calibrated_stand(raw: Floats, is_spam: Any) -> None:
    assert fit_line(raw, is_spam, least=30) == UNCALIBRATED
    assert UNCALIBRATED.scores(raw) is raw
