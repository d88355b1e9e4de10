"""The domain model's score of each active domain, with reasons."""

from datetime import date

from pyspark.sql import DataFrame

from jobs.contract import SkipJob
from lib.config import SampleSettings, ScoringSettings
from lib.models.artefacts import Artefact
from udfs.scoring import check_folds, score_rows, with_domain_scores


def score_domains(
    *,
    domain_features: DataFrame,
    labels: DataFrame,
    day: date,
    scoring: ScoringSettings,
    samples: SampleSettings,
    model: Artefact | None,
) -> DataFrame:
    """One row per row of domain_features. oof_score is null for a domain without a label."""
    if model is None:
        raise SkipJob(f"no domain model is active on {day}: `winnow train domain --day D` makes one from D + 1 on")
    check_folds(model, samples)
    scores = with_domain_scores(domain_features, model, scoring)
    return score_rows(scores, labels, key="domain", model=model, samples=samples)
