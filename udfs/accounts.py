"""The account model in Spark: the verdict on rows of account_features, and account_score for SQL."""

from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from lib.config import ScoringSettings
from lib.models.account.account_columns import COLUMNS, Fields, fields_from
from lib.models.artefacts import Artefact
from udfs.models import OnColumn, forget_functions, nulls, on_columns, shipped, with_verdicts

NO_MODEL = "no account model is active: run winnow train account --day D"
NAME = "account_score"


class NoModel(LookupError):
    """A function for SQL needs a model, and none is in force."""


class NoFeatures(TypeError):
    """What account_score was given cannot be scored; the message says what it takes."""


def with_account_scores(account_features: DataFrame, model: Artefact, scoring: ScoringSettings) -> DataFrame:
    """One row a row of `account_features`: day, account_id, score, fold_scores, reasons (see account_scores)."""

    def reasons(scorer: Any, _: pa.Table, inputs: Any) -> Any:
        from lib.models.account.account_reasons import reasons_of  # noqa: PLC0415 - brings in TensorFlow, for workers only

        return reasons_of(scorer, inputs, at_most=scoring.reasons)

    return with_verdicts(account_features.select("day", "account_id", *COLUMNS), "account_id", model, scoring, reasons)


def register(spark: SparkSession, model: Artefact | None) -> None:
    """Makes account_score(struct) known to SQL: the score of an account with these features, null for null.

    The struct's fields are columns of account_features, in any order; others are passed over, and of those that it
    lacks nothing is known. Without a model, a query that calls it fails and says what to do.
    """
    forget_functions(spark, [NAME])
    spark.udf.register(NAME, refusal() if model is None else account_score(spark, model))


def account_score(spark: SparkSession, model: Artefact) -> OnColumn:
    find = shipped(spark, model)
    fields = fields_from(model.description["encoder"]["fields"])

    def scores_of_structs(structs: pa.Array) -> pa.Array:
        return pa.array(find().row_scores(features_of(structs, fields)), mask=nulls(structs))

    return on_columns(scores_of_structs, "double")


def refusal() -> OnColumn:
    def refuse(structs: pa.Array) -> pa.Array:
        raise NoModel(NO_MODEL)

    return on_columns(refuse, "double")


def features_of(structs: pa.Array, seen: Fields) -> pa.Table:
    """The fields of the structs that the model sees, as columns. Raises NoFeatures where there is none."""
    fields = {field.name for field in structs.type} if pa.types.is_struct(structs.type) else set()
    known = [name for name in seen.names if name in fields]
    if not known:
        raise NoFeatures(f"{NAME} takes a struct of columns of account_features: {NAME}(struct(*))")
    values = dict(zip([field.name for field in structs.type], structs.flatten(), strict=True))
    return pa.table({name: as_taken(values[name], number=name in seen.numbers) for name in known})


def as_taken(values: pa.Array, *, number: bool) -> pa.Array:
    """A query's numbers may be integers or decimals, and a null without a type."""
    return values.cast(pa.float64() if number else pa.list_(pa.string()))
