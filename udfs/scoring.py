"""A version of a model, applied to rows of features: in Spark's Python workers, by TensorFlow.

Each worker loads a version once and keeps it. The files travel as a broadcast, so that workers on other machines need
no path to them.
"""

import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.config import SampleSettings, ScoringSettings
from lib.labelling.precedence import resolved_labels
from lib.models.account import account_encoder
from lib.models.artefacts import Artefact
from lib.models.domain import domain_encoder
from lib.sampling import fold
from schemas.scores import REASONS

if TYPE_CHECKING:
    from lib.models.attribution import Reason
    from lib.models.scoring import Scorer

SCORES = f"score double, fold_scores array<double>, reasons {REASONS}"
ARROW_REASONS = pa.list_(pa.struct([("kind", pa.string()), ("what", pa.string()), ("contribution", pa.float64())]))

ReasonsOf = Callable[["Scorer", pa.Table, Any], "list[list[Reason]]"]
loaded: dict[str, "Scorer"] = {}  # of this worker, by the hash of the version's files


def with_domain_scores(domain_features: DataFrame, model: Artefact, scoring: ScoringSettings) -> DataFrame:
    """One row per row of `domain_features`: day, domain, score, fold_scores and reasons (see domain_scores)."""

    def reasons(scorer: Any, rows: pa.Table, inputs: Any) -> Any:
        from lib.models.domain.domain_reasons import reasons_of  # noqa: PLC0415 - TensorFlow, which only workers need

        return reasons_of(scorer, rows, inputs, at_most=scoring.reasons)

    columns = ("day", "domain", *domain_encoder.COLUMNS)
    return with_scores(domain_features.select(*columns), "domain", model, scoring, reasons)


def with_account_scores(account_features: DataFrame, model: Artefact, scoring: ScoringSettings) -> DataFrame:
    """One row per row of `account_features`: day, account_id, score, fold_scores and reasons (see account_scores)."""

    def reasons(scorer: Any, _: pa.Table, inputs: Any) -> Any:
        from lib.models.account.account_reasons import reasons_of  # noqa: PLC0415 - TensorFlow, which only workers need

        return reasons_of(scorer, inputs, at_most=scoring.reasons)

    columns = ("day", "account_id", *account_encoder.COLUMNS)
    return with_scores(account_features.select(*columns), "account_id", model, scoring, reasons)


def score_rows(
    scores: DataFrame, labels: DataFrame, *, key: str, model: Artefact, samples: SampleSettings
) -> DataFrame:
    """`scores` (day, key, score, fold_scores, reasons) as rows of the score table. oof_score, the score without the
    labels of the entity's own fold, is null for an entity without a label; `labels` are those known by the day."""
    labelled = (
        resolved_labels(labels)
        .where(F.col("entity_kind") == model.kind)
        .select(F.col("entity_id").alias(key), F.lit(True).alias("is_labelled"))
    )
    own = fold(F.lit(model.kind), F.col(key), salt=samples.salt, folds=samples.folds)
    return scores.join(labelled, key, "left").select(
        "day",
        key,
        "score",
        F.when(F.col("is_labelled"), F.get("fold_scores", own)).alias("oof_score"),
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
            f"{model.version} was trained with [samples] {trained}, but the settings are {wanted}: "
            f"set them back, or train a new version with `winnow train {model.kind} --day D`"
        )


def with_scores(
    features: DataFrame, key: str, model: Artefact, scoring: ScoringSettings, reasons_of: ReasonsOf
) -> DataFrame:
    """One row per row of `features` (day, the column `key`, and the columns of the model): day, key, score, fold_scores
    and reasons. `reasons_of` takes the scorer, rows and their inputs; it runs in the workers."""
    scorer_in_worker = shipped(features.sparkSession, model)

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorer = scorer_in_worker()
        for batch in batches:
            for start in range(0, batch.num_rows, scoring.batch_rows):
                rows = pa.Table.from_batches([batch.slice(start, scoring.batch_rows)])
                yield scored(scorer, rows, key, scoring, reasons_of)

    return features.mapInArrow(score, f"day date, {key} string, {SCORES}")


def scored(scorer: Any, rows: pa.Table, key: str, scoring: ScoringSettings, reasons_of: ReasonsOf) -> pa.RecordBatch:
    inputs = scorer.encoder.encode(rows)
    scores, fold_scores = scorer.scores(inputs)
    chosen = np.flatnonzero(scores >= scoring.reasons_from)
    reasons: list[list[dict[str, Any]]] = [[] for _ in scores]
    for row, of_row in zip(chosen, reasons_of(scorer, rows.take(chosen), inputs.take(chosen)), strict=True):
        reasons[row] = [vars(reason) for reason in of_row]
    columns = [rows["day"].combine_chunks(), rows[key].combine_chunks(), pa.array(scores)]
    columns += [pa.array(list(fold_scores)), pa.array(reasons, ARROW_REASONS)]
    return pa.RecordBatch.from_arrays(columns, names=["day", key, "score", "fold_scores", "reasons"])


def shipped(spark: SparkSession, model: Artefact) -> Callable[[], Any]:
    """A function that gives a worker its scorer."""
    files: Broadcast[dict[str, bytes]] = spark.sparkContext.broadcast(dict(model.files))
    sha256 = model.sha256
    return lambda: scorer_of(sha256, files)


def scorer_of(sha256: str, files: "Broadcast[dict[str, bytes]]") -> "Scorer":
    """Loads a version the first time.

    A function of the module, because a closure that Spark ships would see a copy of `loaded` and load it each time.
    """
    if sha256 not in loaded:
        loaded[sha256] = load(files.value)
    return loaded[sha256]


def load(files: dict[str, bytes]) -> "Scorer":
    import tensorflow as tf  # noqa: PLC0415 - only workers need it

    if not loaded:  # TensorFlow refuses once it has computed
        tf.config.threading.set_intra_op_parallelism_threads(1)  # Spark already runs a worker for each core
        tf.config.threading.set_inter_op_parallelism_threads(1)
    from lib.models.account.account_scoring import AccountScorer  # noqa: PLC0415
    from lib.models.domain.domain_scoring import DomainScorer  # noqa: PLC0415

    artefact = Artefact(files)
    scorer = {"domain": DomainScorer, "account": AccountScorer}[artefact.kind](artefact)
    _ = scorer.forward
    gc.collect()
    gc.freeze()  # else each task walks all of TensorFlow's objects: 0.2 s
    return scorer
