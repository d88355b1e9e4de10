"""The scores of two versions of a model on one day, compared; nothing is stored."""

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.engine.reads import TABLES_OF, check_ran, rows_of
from jobs.engine.workspace import Workspace
from jobs.training.promotion import find_version, load
from lib.config import PolicySettings
from lib.models.artefacts import Artefact
from udfs.scoring import with_account_scores, with_domain_scores

if TYPE_CHECKING:
    from lib.models.score_changes import ScoreChanges

SCORE = {"domain": with_domain_scores, "account": with_account_scores}


class NotComparable(ValueError):
    """The two versions do not score the same kind of entity."""


def compare_versions(workspace: Workspace, first: str, second: str, *, day: date, at_most: int) -> "ScoreChanges":
    """Both versions on the day's features, which it holds whatever model was active."""
    from lib.models.score_changes import compare_scores  # noqa: PLC0415

    models = [load(workspace, find_version(workspace, name)) for name in (first, second)]
    kind = models[0].kind
    if models[1].kind != kind:
        raise NotComparable(f"{first} scores {kind}s, {second} scores {models[1].kind}s")
    features, _, key = TABLES_OF[kind]
    check_ran(workspace, f"build_{features}", day)
    rows = rows_of(workspace, features, day)
    both = scores(workspace, rows, models[0], key, "first").join(scores(workspace, rows, models[1], key, "second"), key)
    result = both.orderBy(key).toArrow()
    return compare_scores(
        result[key].to_pylist(),
        np.asarray(result["first"]),
        np.asarray(result["second"]),
        thresholds=thresholds(workspace.config.policy),
        at_most=at_most,
    )


def scores(workspace: Workspace, features: DataFrame, model: Artefact, key: str, name: str) -> DataFrame:
    without_reasons = workspace.config.scoring.model_copy(update={"reasons_from": 1.0})
    return SCORE[model.kind](features, model, without_reasons).select(key, F.col("score").alias(name))


def thresholds(policy: PolicySettings) -> list[float]:
    """Of the policy, the lower one first; where it names a precision instead of a score, the default."""
    default = PolicySettings()
    scores = ((policy.act.score, default.act.score), (policy.review.score, default.review.score))
    return sorted({score if score is not None else usual for score, usual in scores if usual is not None})
