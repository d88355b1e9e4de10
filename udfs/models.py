"""Models in Spark: how a version gets to the workers, and what the functions around both kinds share.

Each Python worker loads a version once and keeps it. The files travel as a broadcast, so that workers on other machines
need no path to them.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf

from lib.arrays import Array, Bools
from lib.config import SampleSettings, ScoringSettings
from lib.models.artefacts import Artefact
from lib.sampling import fold
from schemas.scores import REASONS

if TYPE_CHECKING:
    from lib.models.attribution import Reason
    from lib.models.domain.domain_scoring import Scorer

VERDICT = f"score double, fold_scores array<double>, reasons {REASONS}"
ARROW_REASONS = pa.list_(pa.struct([("kind", pa.string()), ("what", pa.string()), ("contribution", pa.float64())]))

OnColumn = Callable[..., Column]
ReasonsOf = Callable[[Any, pa.Table, dict[str, Array]], "list[list[Reason]]"]
loaded: dict[str, "Scorer"] = {}  # of this worker, by the hash of the version's files


def with_verdicts(
    features: DataFrame, key: str, model: Artefact, scoring: ScoringSettings, reasons_of: ReasonsOf
) -> DataFrame:
    """One row a row of `features` (day, the column `key`, and those that the model sees): day, key, score, fold_scores
    and reasons.

    `reasons_of` takes the scorer, rows and their inputs. It runs in the workers.
    """
    find = shipped(features.sparkSession, model)

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorer = find()
        for batch in batches:
            for start in range(0, batch.num_rows, scoring.batch_rows):
                rows = pa.Table.from_batches([batch.slice(start, scoring.batch_rows)])
                yield scored(scorer, rows, key, scoring, reasons_of)

    return features.mapInArrow(score, f"day date, {key} string, {VERDICT}")


def scored(scorer: Any, rows: pa.Table, key: str, scoring: ScoringSettings, reasons_of: ReasonsOf) -> pa.RecordBatch:
    inputs = scorer.encoder.encode(rows)
    scores, fold_scores = scorer.scores(inputs)
    chosen = np.flatnonzero(scores >= scoring.reasons_from)
    some = {name: values[chosen] for name, values in inputs.items()}
    reasons: list[list[dict[str, Any]]] = [[] for _ in scores]
    for place, found in zip(chosen, reasons_of(scorer, rows.take(chosen), some), strict=True):
        reasons[place] = [vars(reason) for reason in found]
    columns = [rows["day"].combine_chunks(), rows[key].combine_chunks(), pa.array(scores)]
    columns += [pa.array(list(fold_scores)), pa.array(reasons, ARROW_REASONS)]
    return pa.RecordBatch.from_arrays(columns, names=["day", key, "score", "fold_scores", "reasons"])


def own_fold_score(kind: str, entity: Column, fold_scores: Column, samples: SampleSettings) -> Column:
    """The score without the labels of the entity's own fold."""
    own = fold(F.lit(kind), entity, salt=samples.salt, folds=samples.folds)
    return F.get(fold_scores, own)


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


def forget_functions(spark: SparkSession, names: Sequence[str]) -> None:
    for name in names:
        spark.sql(f"DROP TEMPORARY FUNCTION IF EXISTS {name}")


def on_columns(kernel: Callable[..., pa.Array], result: str) -> OnColumn:
    made: OnColumn = arrow_udf(kernel, result)  # type: ignore[call-overload]  # goes by the annotations
    return made


def nulls(values: pa.Array) -> Bools:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False))
