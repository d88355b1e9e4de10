"""The score from which on an action is taken: given in the settings, or found from the precision that is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.arrays import Floats
from lib.config import PolicySettings, Threshold
from lib.metrics import wilson_lower
from lib.wording.decision_wording import precision_threshold, score_threshold

ACT = {"account": "suspend", "domain": "limit_distribution"}


@dataclass(frozen=True)
class Cut:
    """One action's threshold for one kind of entity."""

    action: str
    score: float | None  # None: no score reaches the precision that is asked for, so the action is never taken
    text: str  # such as "score >= 0.9"


def cuts_of(policy: PolicySettings, labelled: pd.DataFrame) -> dict[str, tuple[Cut, ...]]:
    """By kind of entity the cuts from the strictest action to the mildest.

    `labelled` has the out-of-fold fused scores: entity_kind, is_spam, score.
    """
    return {
        kind: with_impossible(
            tuple(
                cut_of(action, threshold, kind, labelled[labelled["entity_kind"] == kind])
                for action, threshold in ((act, policy.act), ("review", policy.review), ("monitor", policy.monitor))
            )
        )
        for kind, act in ACT.items()
    }


def cut_of(action: str, threshold: Threshold, kind: str, labelled: pd.DataFrame) -> Cut:
    if threshold.score is not None:
        return Cut(action, threshold.score, score_threshold(threshold.score))
    assert threshold.precision is not None
    score = precise_from(
        labelled["score"].to_numpy(np.float64), labelled["is_spam"].to_numpy(np.bool_), threshold.precision
    )
    return Cut(action, score, precision_threshold(action, score, threshold.precision, len(labelled), kind))


def with_impossible(cuts: Sequence[Cut]) -> tuple[Cut, ...]:
    """Each text also names the stricter actions that can never be taken."""
    never = [cut.text for cut in cuts if cut.score is None]
    return tuple(
        Cut(cut.action, cut.score, "; ".join([cut.text, *never]) if cut.score is not None else cut.text) for cut in cuts
    )


def precise_from(scores: Floats, is_spam: np.ndarray, precision: float) -> float | None:
    """The smallest of `scores` such that those from it on are spam with at least `precision` (lower bound of the 95%
    Wilson interval); None where there is none."""
    order = np.argsort(-scores, kind="stable")
    spam, total = np.cumsum(is_spam[order]), np.arange(1, len(scores) + 1)
    last_of_ties = np.r_[np.diff(scores[order]) != 0, True][: len(scores)]
    enough = (wilson_lower(spam, total) >= precision) & last_of_ties
    return float(scores[order][np.flatnonzero(enough)[-1]]) if enough.any() else None


def lowest_score(cuts: Mapping[str, Sequence[Cut]]) -> float:
    """The lowest score that any cut reacts to; 2 where none does."""
    return min((cut.score for of_kind in cuts.values() for cut in of_kind if cut.score is not None), default=2.0)
