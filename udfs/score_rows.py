"""What the scoring of domains and of accounts share: rows of their score tables."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.config import SampleSettings
from lib.labelling.precedence import resolved_labels
from lib.models.artefacts import Artefact
from udfs.models import own_fold_score


def score_rows(
    verdicts: DataFrame, labels: DataFrame, *, key: str, model: Artefact, samples: SampleSettings
) -> DataFrame:
    """`verdicts` (day, key, score, fold_scores, reasons) as rows of the table. oof_score is null for an entity without
    a label; `labels` are those known by the day."""
    labelled = (
        resolved_labels(labels)
        .where(F.col("entity_kind") == model.kind)
        .select(F.col("entity_id").alias(key), F.lit(True).alias("is_labelled"))
    )
    own = own_fold_score(model.kind, F.col(key), F.col("fold_scores"), samples)
    return verdicts.join(labelled, key, "left").select(
        "day",
        key,
        "score",
        F.when(F.col("is_labelled"), own).alias("oof_score"),
        "fold_scores",
        "reasons",
        F.lit(model.version).alias("model_version"),
    )


def check_folds(model: Artefact, samples: SampleSettings) -> None:
    """Raises ValueError where the model's members left out other folds than those of the settings."""
    trained = {name: model.description[name] for name in ("folds", "salt")}
    wanted = {"folds": samples.folds, "salt": samples.salt}
    if trained != wanted:
        raise ValueError(
            f"{model.version} was trained with [samples] {trained}, the settings now say {wanted}: "
            f"set them back, or train a new version with `winnow train {model.kind} --day D`"
        )
