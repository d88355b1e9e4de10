"""Pictures of what a version can do: well-formed, the same each time, and of the right numbers."""

from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from lib.charts import LEAST_RATE, Round, draw_reliability, draw_roc, rounds_chart, score_charts

RANDOM = np.random.default_rng(3)
SPAM = RANDOM.random(200) < 0.3
SCORE = np.clip(SPAM * 0.4 + RANDOM.random(200) * 0.6, 0, 1).round(2)


def test_the_same_scores_give_the_same_file() -> None:
    drawn = score_charts(SCORE, SPAM)
    assert drawn == score_charts(SCORE, SPAM)
    assert ElementTree.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - made here


def test_the_curve_is_the_one_of_scikit_learn() -> None:
    axes = Figure().add_subplot()
    draw_roc(axes, SCORE, SPAM)
    wrong, caught, _ = roc_curve(SPAM, SCORE, drop_intermediate=False)
    x, y = np.asarray(axes.lines[0].get_xydata(), float).T
    np.testing.assert_allclose(x, np.maximum(wrong, LEAST_RATE))
    np.testing.assert_allclose(y, caught)


def test_labels_of_one_class_have_no_curve() -> None:
    axes = Figure().add_subplot()
    draw_roc(axes, np.array([0.1, 0.9]), np.array([True, True]))
    assert not axes.lines


def test_reliability_holds_the_share_of_spam_against_the_score() -> None:
    axes = Figure().add_subplot()
    draw_reliability(axes, np.array([0.1, 0.2, 0.7, 0.9]), np.array([False, False, True, False]))
    assert np.asarray(axes.lines[1].get_xydata()).tolist() == [[0.1, 0], [0.2, 0], [0.7, 1], [0.9, 0]]


def test_rounds_without_figures_are_left_out() -> None:
    rounds = [Round(20, {}), Round(40, {"auc": 0.8}), Round(60, {"auc": 0.9})]
    assert ElementTree.fromstring(rounds_chart(rounds, ("auc", "ap"))).tag.endswith("svg")  # noqa: S314
    assert rounds_chart(rounds, ("auc",)) == rounds_chart(rounds[1:], ("auc",))
