"""Thresholds by score and by precision."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.config import PolicySettings, Threshold
from lib.decisions.thresholds import Cut, cuts_of, precise_from
from lib.metrics import wilson_lower

labelled = st.lists(st.tuples(st.sampled_from([0.1, 0.4, 0.6, 0.6, 0.9]), st.booleans()), max_size=40)


def slow_lower(hits: int, trials: int) -> float:
    """The smallest share p that hits/trials is within 1.96 standard errors of, by bisection."""
    low, high = 0.0, hits / trials
    for _ in range(60):
        p = (low + high) / 2
        far = hits / trials - p > 1.959963984540054 * math.sqrt(p * (1 - p) / trials)
        low, high = (p, high) if far else (low, p)
    return low


@given(labelled, st.sampled_from([0.3, 0.5, 0.7, 0.9]))
@example([(0.6, True)] * 3 + [(0.6, False)] * 3, 0.3)  # a score is one, in whichever order its rows come
def test_it_is_the_smallest_score_whose_precision_surely_reaches_the_target(
    rows: list[tuple[float, bool]], precision: float
) -> None:
    def precise(cut: float) -> bool:
        chosen = [is_spam for score, is_spam in rows if score >= cut]
        return slow_lower(sum(chosen), len(chosen)) >= precision

    expected = min((score for score, _ in rows if precise(score)), default=None)
    scores, is_spam = np.array([r[0] for r in rows]), np.array([r[1] for r in rows], dtype=bool)
    assert precise_from(scores, is_spam, precision) == expected


def test_wilson_bound_of_a_known_case() -> None:
    assert wilson_lower(np.array([9]), np.array([10])) == pytest.approx([0.5958], abs=1e-4)


def test_a_cut_says_where_it_comes_from_and_which_actions_are_never_taken() -> None:
    # 40 of 40 spam at .8 surely have a precision of .9; the two labelled accounts reach nothing.
    rows = [("domain", 0.8, True)] * 40 + [("domain", 0.2, False)] * 40 + [("account", 0.9, True)] * 2
    frame = pd.DataFrame(rows, columns=["entity_kind", "score", "is_spam"])
    policy = PolicySettings(act=Threshold(precision=0.9))
    cuts = cuts_of(policy, frame)
    assert cuts["domain"] == (
        Cut("limit_distribution", 0.8, "score >= 0.8, for precision >= 0.9 on 80 labelled domains"),
        Cut("review", 0.5, "score >= 0.5"),
        Cut("monitor", 0.3, "score >= 0.3"),
    )
    never = "suspend never: no score has precision >= 0.9 on 2 labelled accounts"
    assert cuts["account"] == (
        Cut("suspend", None, never),
        Cut("review", 0.5, f"score >= 0.5; {never}"),
        Cut("monitor", 0.3, f"score >= 0.3; {never}"),
    )


def test_without_labelled_scores_a_precision_is_never_reached() -> None:
    nothing = pd.DataFrame(columns=["entity_kind", "score", "is_spam"])
    assert cuts_of(PolicySettings(act=Threshold(precision=0.5)), nothing)["domain"][0].score is None
