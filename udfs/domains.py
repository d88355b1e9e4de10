"""The domain model in Spark: the verdict on rows of domain_features, and functions for SQL."""

from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from lib.config import ScoringSettings
from lib.models.artefacts import PIECES, Artefact
from lib.models.domain.domain_encoder import COLUMNS
from lib.text.link_parts import split_links
from lib.text.tokens import Pieces, link_pieces, piece_text
from udfs.models import OnColumn, forget_functions, nulls, on_columns, shipped, with_verdicts

NO_MODEL = "no domain model is active: run winnow train domain --day D"


def with_domain_scores(domain_features: DataFrame, model: Artefact, scoring: ScoringSettings) -> DataFrame:
    """One row a row of `domain_features`: day, domain, score, fold_scores and reasons (see domain_scores)."""

    def reasons(scorer: Any, rows: pa.Table, inputs: Any) -> Any:
        from lib.models.domain.domain_reasons import reasons_of  # noqa: PLC0415 - brings in TensorFlow, which only workers need

        return reasons_of(scorer, rows, inputs, at_most=scoring.reasons)

    return with_verdicts(domain_features.select("day", "domain", *COLUMNS), "domain", model, scoring, reasons)


def register(spark: SparkSession, model: Artefact | None) -> None:
    """Makes link_tokens(url), link_score(url) and domain_score(links) known to SQL.

    The scores are those of a domain of which only these links are known; null for null. Without a model, a query that
    calls one of them fails and says what to do.
    """
    forget_functions(spark, list(MAKERS))
    for name, argument, result in FUNCTIONS:
        if model is None:
            refuse = f"CAST(raise_error('{NO_MODEL}') AS {result})"
            spark.sql(f"CREATE TEMPORARY FUNCTION {name}(x {argument}) RETURNS {result} RETURN {refuse}")
        else:
            spark.udf.register(name, MAKERS[name](spark, model))


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


FUNCTIONS = (
    ("link_tokens", "STRING", "ARRAY<STRING>"),
    ("link_score", "STRING", "DOUBLE"),
    ("domain_score", "ARRAY<STRING>", "DOUBLE"),
)
MAKERS = {"link_tokens": link_tokens, "link_score": link_score, "domain_score": domain_score}
