"""Launch criteria, and how two versions' scores are compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lib.config import PromotionSettings
from lib.models.promotion_gate import ChampionAndChallenger, GateResult, check_minimums, check_regression, differences
from lib.models.score_changes import Crossing, Mover, compare_scores

GOOD = {
    "auc": 0.9, "ap": 0.8, "recall_at_fpr_01": 0.5, "calibration_error": 0.05, "spam_domains": 30, "benign_domains": 90,
}  # fmt: skip


def test_a_version_that_meets_every_minimum_has_nothing_against_it() -> None:
    assert check_minimums(GOOD, "domain", PromotionSettings(min_auc=0.9, min_ap=0.8)) == GateResult()


def test_every_minimum_that_is_missed_is_told() -> None:
    asked = PromotionSettings(min_auc=0.95, min_ap=0.9, min_recall_at_fpr_01=0.6, max_calibration_error=0.04)
    assert check_minimums(GOOD, "domain", asked).misses == (
        "auc is 0.900, at least 0.95 is asked",
        "ap is 0.800, at least 0.9 is asked",
        "recall_at_fpr_01 is 0.500, at least 0.6 is asked",
        "calibration_error is 0.050, at most 0.04 is allowed",
    )


@pytest.mark.parametrize("metrics", [{}, {**GOOD, "spam_domains": 19}, {"spam_domains": 50, "benign_domains": 50}])
def test_figures_of_too_few_entities_hold_no_version_back(metrics: dict[str, float]) -> None:
    result = check_minimums(metrics, "domain", PromotionSettings(min_auc=0.99))
    assert result.misses == ()
    assert "minimums are not checked" in result.remarks[0]


def contest(entities: int, *, noise: tuple[float, float], days: int = 2) -> ChampionAndChallenger:
    """Every second entity is spam; each side sees the truth through noise of its own. Each has an example a day."""
    random = np.random.default_rng(5)
    spam = np.repeat(np.arange(entities) % 2 == 0, days)
    challenger, champion = (spam + width * random.normal(size=len(spam)) for width in noise)
    entity = np.repeat(np.arange(entities), days)
    return ChampionAndChallenger(spam, np.ones(len(spam)), entity, challenger, champion)


def test_a_version_that_ranks_clearly_worse_is_held_back_and_one_that_does_not_is_not() -> None:
    settings = PromotionSettings()
    worse = check_regression(contest(100, noise=(2.0, 0.3)), "champion-1", "domain", settings, seed=1)
    assert [miss.split()[0] for miss in worse.misses] == ["auc", "ap"]
    assert "where champion-1 has" in worse.misses[0]
    assert check_regression(contest(100, noise=(0.3, 2.0)), "champion-1", "domain", settings, seed=1) == GateResult()
    alike = check_regression(contest(100, noise=(1.0, 1.0)), "champion-1", "domain", settings, seed=1)
    assert alike == GateResult()
    few = check_regression(contest(38, noise=(2.0, 0.3)), "champion-1", "domain", settings, seed=1)
    assert (few.misses, len(few.remarks)) == ((), 1)


def test_versions_that_say_the_same_differ_by_nothing() -> None:
    same = contest(60, noise=(0.5, 0.5))
    twice = ChampionAndChallenger(same.spam, same.weight, same.entity, same.champion, same.champion)
    assert all(ours == theirs and high == 0 for ours, theirs, high in differences(twice, seed=1).values())


pairs = st.integers(0, 8).flatmap(
    lambda n: st.tuples(*(arrays(np.float64, n, elements=st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0])) for _ in "ab"))
)


@settings(deadline=None)
@given(pairs, st.sampled_from([0.3, 0.5, 0.9]))
def test_crossings_count_each_entity_on_the_sides_where_it_stands(
    scores: tuple[np.ndarray, np.ndarray], threshold: float
) -> None:
    first, second = scores
    names = [f"d{n}" for n in range(len(first))]
    result = compare_scores(names, first, second, thresholds=[threshold], at_most=3)
    sides = [(a >= threshold, b >= threshold) for a, b in zip(first, second, strict=True)]
    expected = Crossing(threshold, sides.count((True, True)), sides.count((True, False)), sides.count((False, True)))
    assert result.crossings == (expected,)
    assert len(result.movers) == min(3, len(names))


def test_the_largest_changes_come_first_and_equals_by_name() -> None:
    result = compare_scores(
        ["c", "b", "a", "same"],
        np.array([0.1, 0.9, 0.4, 0.5]),
        np.array([0.6, 0.4, 0.8, 0.5]),
        thresholds=[],
        at_most=3,
    )
    assert result.movers == (Mover("b", 0.9, 0.4), Mover("c", 0.1, 0.6), Mover("a", 0.4, 0.8))
    assert result.mean_change == pytest.approx(0.35)
    assert result.rank_correlation == pytest.approx(-0.8)


def test_a_version_that_gives_all_the_same_score_has_no_order_to_compare() -> None:
    assert compare_scores(["a", "b"], np.zeros(2), np.ones(2), thresholds=[], at_most=0).rank_correlation is None
