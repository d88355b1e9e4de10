"""What analysts call in Spark SQL: registered_domain, link_tokens, link_score, domain_score and account_score.

The functions are not in iterator form: Spark runs each iterator function of a query in a worker process of its own,
which would load TensorFlow once more. The model is loaded once per worker all the same.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, SparkSession
from pyspark.sql.pandas.functions import arrow_udf

from lib.arrays import Bools
from lib.config import TargetSettings
from lib.models.account.account_encoder import Fields, fields_from
from lib.models.artefacts import PIECES, Artefact
from lib.text.link_parts import split_links
from lib.text.targets import target_column
from lib.text.tokens import Pieces, link_pieces, piece_text
from udfs.scoring import shipped

OnColumn = Callable[..., Column]


class NoModel(LookupError):
    """A function needs a model, and none is active."""


class NoFeatures(TypeError):
    """account_score cannot score what it was given; the message names what it takes."""


def register_target_function(spark: SparkSession, targets: TargetSettings) -> None:
    """Makes registered_domain(url) known to `spark`. Null for null, and for what no browser would open."""
    spark.udf.register("registered_domain", target_column(targets))


def register_domain_functions(spark: SparkSession, model: Artefact | None) -> None:
    """Makes link_tokens(url), link_score(url) and domain_score(links) known to SQL.

    The scores are those of a domain of which only these links are known; null for null. Without a model, a query that
    calls one of them fails, and the message names the command to run.
    """
    for name, argument, result, make in DOMAIN_FUNCTIONS:
        spark.sql(f"DROP TEMPORARY FUNCTION IF EXISTS {name}")
        if model is None:
            refuse = f"CAST(raise_error('{no_model('domain')}') AS {result})"
            spark.sql(f"CREATE TEMPORARY FUNCTION {name}(x {argument}) RETURNS {result} RETURN {refuse}")
        else:
            spark.udf.register(name, make(spark, model))


def register_account_functions(spark: SparkSession, model: Artefact | None) -> None:
    """Makes account_score(struct) known to SQL: the score of an account with these features, null for null.

    The struct's fields are columns of account_features, in any order; others are passed over, and those that it lacks
    are unknown. Without a model, a query that calls it fails, and the message names the command to run.
    """
    spark.sql("DROP TEMPORARY FUNCTION IF EXISTS account_score")
    spark.udf.register("account_score", refusal() if model is None else account_score(spark, model))


def no_model(kind: str) -> str:
    return f"no {kind} model is active: run winnow train {kind} --day D"


def link_score(spark: SparkSession, model: Artefact) -> OnColumn:
    scorer_in_worker = shipped(spark, model)

    def scores_of_links(urls: pa.Array) -> pa.Array:
        links = urls.cast(pa.string())
        samples = pa.ListArray.from_arrays(np.arange(len(links) + 1, dtype=np.int32), links)
        return pa.array(scorer_in_worker().link_sample_scores(samples), mask=nulls(urls))

    return arrow_function(scores_of_links, "double")


def domain_score(spark: SparkSession, model: Artefact) -> OnColumn:
    scorer_in_worker = shipped(spark, model)

    def scores_of_samples(samples: pa.Array) -> pa.Array:
        return pa.array(scorer_in_worker().link_sample_scores(samples), mask=nulls(samples))

    return arrow_function(scores_of_samples, "double")


def link_tokens(spark: SparkSession, model: Artefact) -> OnColumn:
    """Needs the pieces only, so no TensorFlow."""
    pieces = Pieces(model.files[PIECES])

    def tokens_of_links(urls: pa.Array) -> pa.Array:
        link, piece = link_pieces(pieces, split_links(urls))
        kept = np.array([pieces.says(int(p)) for p in piece], bool)
        texts = pa.array([piece_text(pieces, int(p)) for p in piece[kept]], pa.string())
        ends = np.searchsorted(link[kept], np.arange(len(urls) + 1)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(ends), texts, mask=urls.is_null())

    return arrow_function(tokens_of_links, "array<string>")


DOMAIN_FUNCTIONS = (
    ("link_tokens", "STRING", "ARRAY<STRING>", link_tokens),
    ("link_score", "STRING", "DOUBLE", link_score),
    ("domain_score", "ARRAY<STRING>", "DOUBLE", domain_score),
)


def account_score(spark: SparkSession, model: Artefact) -> OnColumn:
    scorer_in_worker = shipped(spark, model)
    fields = fields_from(model.description["encoder"]["fields"])

    def scores_of_structs(structs: pa.Array) -> pa.Array:
        return pa.array(scorer_in_worker().row_scores(features_of(structs, fields)), mask=nulls(structs))

    return arrow_function(scores_of_structs, "double")


def refusal() -> OnColumn:
    def refuse(structs: pa.Array) -> pa.Array:
        raise NoModel(no_model("account"))

    return arrow_function(refuse, "double")


def features_of(structs: pa.Array, fields: Fields) -> pa.Table:
    """The fields of the structs that the model takes, as columns. Raises NoFeatures where there is none.

    A query's numbers may be integers or decimals, and a null without a type.
    """
    names = {field.name for field in structs.type} if pa.types.is_struct(structs.type) else set()
    known = [name for name in fields.names if name in names]
    if not known:
        raise NoFeatures("account_score takes a struct of columns of account_features: account_score(struct(*))")
    values = dict(zip([field.name for field in structs.type], structs.flatten(), strict=True))
    type_of = {name: pa.float64() if name in fields.numbers else pa.list_(pa.string()) for name in known}
    return pa.table({name: values[name].cast(type_of[name]) for name in known})


def arrow_function(kernel: Callable[..., pa.Array], result: str) -> OnColumn:
    function: OnColumn = arrow_udf(kernel, result)  # type: ignore[call-overload]  # goes by the annotations
    return function


def nulls(values: pa.Array) -> Bools:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False))
