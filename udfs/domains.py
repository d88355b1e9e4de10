"""The domain model in Spark: the verdict on rows of domain_features, and functions for SQL.

Each Python worker loads a version once and keeps it. The files travel as a broadcast, so that workers on other machines
need no path to them.
"""

import gc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import arrow_udf

from lib.config import SampleSettings, ScoringSettings
from lib.models.artefacts import PIECES, Artefact
from lib.models.inputs import COLUMNS
from lib.samples import fold
from lib.text.tokens import Pieces, link_pieces, piece_text, split_links
from schemas.scores import REASONS

if TYPE_CHECKING:
    from lib.models.scoring import DomainScorer

NO_MODEL = "no domain model is active: run winnow train domain --day D"
SCORED = f"day date, domain string, score double, fold_scores array<double>, reasons {REASONS}"
ARROW_REASONS = pa.list_(pa.struct([("kind", pa.string()), ("what", pa.string()), ("contribution", pa.float64())]))

OnColumn = Callable[..., Column]
loaded: dict[str, "DomainScorer"] = {}  # of this worker, by the hash of the version's files


def with_domain_scores(domain_features: DataFrame, model: Artefact, scoring: ScoringSettings) -> DataFrame:
    """One row a row of `domain_features`: its day, domain, score, fold_scores and reasons (see domain_scores)."""
    find = shipped(domain_features.sparkSession, model)

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        scorer = find()
        for batch in batches:
            for start in range(0, batch.num_rows, scoring.batch_rows):
                rows = pa.Table.from_batches([batch.slice(start, scoring.batch_rows)])
                yield scored(scorer, rows, scoring)

    return domain_features.select("day", "domain", *COLUMNS).mapInArrow(score, SCORED)


def scored(scorer: "DomainScorer", rows: pa.Table, scoring: ScoringSettings) -> pa.RecordBatch:
    from lib.models.explain import reasons_of  # noqa: PLC0415 - brings in TensorFlow, which only workers need

    inputs = scorer.artefact.encoder.encode(rows)
    scores, fold_scores = scorer.scores(inputs, rows=scoring.batch_rows)
    chosen = np.flatnonzero(scores >= scoring.reasons_from)
    some = {name: values[chosen] for name, values in inputs.items()}
    reasons: list[list[dict[str, Any]]] = [[] for _ in scores]
    for place, found in zip(chosen, reasons_of(scorer, rows.take(chosen), some, at_most=scoring.reasons), strict=True):
        reasons[place] = [vars(reason) for reason in found]
    columns = [rows["day"].combine_chunks(), rows["domain"].combine_chunks(), pa.array(scores)]
    columns += [pa.array(list(fold_scores)), pa.array(reasons, ARROW_REASONS)]
    return pa.RecordBatch.from_arrays(columns, names=["day", "domain", "score", "fold_scores", "reasons"])


def own_fold_score(domain: Column, fold_scores: Column, samples: SampleSettings) -> Column:
    """The score without the labels of the domain's own fold."""
    own = fold(F.lit("domain"), domain, salt=samples.salt, folds=samples.folds)
    return F.get(fold_scores, own)


def register(spark: SparkSession, model: Artefact | None) -> None:
    """Makes link_tokens(url), link_score(url) and domain_score(links) known to SQL.

    The scores are those of a domain of which only these links are known; null for null. Without a model, a query that
    calls one of them fails and says what to do.
    """
    for name, argument, result in FUNCTIONS:
        spark.sql(f"DROP TEMPORARY FUNCTION IF EXISTS {name}")
        if model is None:
            refuse = f"CAST(raise_error('{NO_MODEL}') AS {result})"
            spark.sql(f"CREATE TEMPORARY FUNCTION {name}(x {argument}) RETURNS {result} RETURN {refuse}")
        else:
            spark.udf.register(name, MAKERS[name](spark, model))


def shipped(spark: SparkSession, model: Artefact) -> Callable[[], "DomainScorer"]:
    """A function that gives a worker its scorer."""
    files: Broadcast[dict[str, bytes]] = spark.sparkContext.broadcast(dict(model.files))
    sha256 = model.sha256
    return lambda: scorer_of(sha256, files)


def scorer_of(sha256: str, files: "Broadcast[dict[str, bytes]]") -> "DomainScorer":
    """Loads a version the first time.

    A function of the module, because a closure that Spark ships would see a copy of `loaded` and load it each time.
    """
    if sha256 not in loaded:
        loaded[sha256] = load(files.value)
    return loaded[sha256]


def load(files: dict[str, bytes]) -> "DomainScorer":
    import tensorflow as tf  # noqa: PLC0415 - only workers need it

    if not loaded:  # TensorFlow refuses once it has computed
        tf.config.threading.set_intra_op_parallelism_threads(1)  # Spark already runs a worker for each core
        tf.config.threading.set_inter_op_parallelism_threads(1)
    from lib.models.scoring import DomainScorer  # noqa: PLC0415

    scorer = DomainScorer(Artefact(files))
    _ = scorer.forward
    gc.collect()
    gc.freeze()  # else each task walks all of TensorFlow's objects: 0.2 s
    return scorer


# These are not in iterator form: Spark runs each iterator function of a query in a worker process of its own, which
# would load TensorFlow once more. The model is loaded once a worker all the same.


def link_score(spark: SparkSession, model: Artefact) -> OnColumn:
    find = shipped(spark, model)

    def scores_of_links(urls: pa.Array) -> pa.Array:
        links = urls.cast(pa.string())
        bags = pa.ListArray.from_arrays(np.arange(len(links) + 1, dtype=np.int32), links)
        return pa.array(find().bag_scores(bags), mask=nulls(urls))

    return on_columns(scores_of_links, "double")


def domain_score(spark: SparkSession, model: Artefact) -> OnColumn:
    find = shipped(spark, model)

    def scores_of_bags(bags: pa.Array) -> pa.Array:
        return pa.array(find().bag_scores(bags), mask=nulls(bags))

    return on_columns(scores_of_bags, "double")


def link_tokens(spark: SparkSession, model: Artefact) -> OnColumn:
    """Needs the pieces only, so no TensorFlow."""
    pieces = Pieces(model.files[PIECES])

    def tokens_of_links(urls: pa.Array) -> pa.Array:
        link, piece = link_pieces(pieces, split_links(urls))
        kept = np.array([pieces.says(int(p)) for p in piece], bool)
        texts = pa.array([piece_text(pieces, int(p)) for p in piece[kept]], pa.string())
        ends = np.searchsorted(link[kept], np.arange(len(urls) + 1)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), texts, mask=urls.is_null())

    return on_columns(tokens_of_links, "array<string>")


def on_columns(kernel: Callable[..., pa.Array], result: str) -> OnColumn:
    made: OnColumn = arrow_udf(kernel, result)  # type: ignore[call-overload]  # goes by the annotations
    return made


def nulls(values: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False))


FUNCTIONS = (
    ("link_tokens", "STRING", "ARRAY<STRING>"),
    ("link_score", "STRING", "DOUBLE"),
    ("domain_score", "ARRAY<STRING>", "DOUBLE"),
)
MAKERS = {"link_tokens": link_tokens, "link_score": link_score, "domain_score": domain_score}
