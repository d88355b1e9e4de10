"""The account model's score of each active account, with reasons."""

from datetime import date

from pyspark.sql import DataFrame

from jobs.contract import SkipJob
from lib.config import SampleSettings, ScoringSettings
from lib.models.artefacts import Artefact
from udfs.scoring import check_folds, score_rows, with_account_scores


def score_accounts(
    *,
    account_features: DataFrame,
    labels: DataFrame,
    day: date,
    scoring: ScoringSettings,
    samples: SampleSettings,
    model: Artefact | None,
) -> DataFrame:
    """One row per row of account_features. oof_score is null for an account without a label."""
    if model is None:
        raise SkipJob(f"no account model is active on {day}: `winnow train account --day D` makes one from D + 1 on")
    check_folds(model, samples)
    scores = with_account_scores(account_features, model, scoring)
    return score_rows(scores, labels, key="account_id", model=model, samples=samples)
