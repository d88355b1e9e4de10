"""The domain model's verdict on each active domain."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.aside import StandAside
from lib.config import SampleSettings, ScoringSettings
from lib.labelling.precedence import resolved_labels
from lib.models.artefacts import Artefact
from udfs.domains import own_fold_score, with_domain_scores


def score_domains(
    *,
    domain_features: DataFrame,
    labels: DataFrame,
    day: date,
    scoring: ScoringSettings,
    samples: SampleSettings,
    model: Artefact | None,
) -> DataFrame:
    """One row a row of domain_features. oof_score is null for a domain without a label."""
    if model is None:
        raise StandAside(f"no domain model is in force on {day}: `winnow train domain --day D` makes one from D + 1 on")
    return domain_verdicts(domain_features, labels, model, scoring=scoring, samples=samples)


def domain_verdicts(
    domain_features: DataFrame,
    labels: DataFrame,
    model: Artefact,
    *,
    scoring: ScoringSettings,
    samples: SampleSettings,
) -> DataFrame:
    """Rows of domain_scores, one a row of domain_features, whatever its day; `labels` are those known by then."""
    check_folds(model, samples)
    labelled = (
        resolved_labels(labels)
        .where("entity_kind = 'domain'")
        .select(F.col("entity_id").alias("domain"), F.lit(True).alias("is_labelled"))
    )
    own = own_fold_score(F.col("domain"), F.col("fold_scores"), samples)
    return (
        with_domain_scores(domain_features, model, scoring)
        .join(labelled, "domain", "left")
        .select(
            "day",
            "domain",
            "score",
            F.when(F.col("is_labelled"), own).alias("oof_score"),
            "fold_scores",
            "reasons",
            F.lit(model.version).alias("model_version"),
        )
    )


def check_folds(model: Artefact, samples: SampleSettings) -> None:
    """Raises ValueError where the model's members left out other folds than those of the settings."""
    trained = {name: model.description[name] for name in ("folds", "salt")}
    wanted = {"folds": samples.folds, "salt": samples.salt}
    if trained != wanted:
        raise ValueError(
            f"{model.version} was trained with [samples] {trained}, the settings now say {wanted}: "
            "set them back, or train a new version with `winnow train domain --day D`"
        )
