"""Labelling functions: the vote of each on an account, by Spark SQL over its row of account_features.

A function fails on a row as it abstains; the functions that cannot be used at all are reported together.
"""

from collections.abc import Mapping, Sequence

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NullType

from lib.config import LabellingFunction
from lib.expressions import ExpressionError, check_row_alone, lenient, mistakes, tolerant

LETTER = {"spam": "s", "benign": "b"}
ABSTAINED = "."
Functions = Mapping[str, LabellingFunction]


class LabellingError(ValueError):
    """Labelling functions cannot be used; the message names each, and why."""


def with_votes(account_features: DataFrame, functions: Functions) -> DataFrame:
    """`account_features` with a column `pattern`: a letter per function, in their order: s, b, or a point for silence.

    Raises LabellingError that lists each function that cannot be used, and the columns that there are.
    """
    with lenient():
        try:
            return with_pattern(account_features, functions)
        except (PySparkException, ExpressionError) as error:
            message = mistakes(
                "labelling functions",
                {f"labelling.functions.{name}.when": function.when for name, function in functions.items()},
                lambda sql: check(account_features, [sql]),
                columns=account_features.columns,
                error=error,
            )
            raise LabellingError(message) from error


def with_pattern(account_features: DataFrame, functions: Functions) -> DataFrame:
    """Raises PySparkException where an expression cannot be analysed, ExpressionError where it should not be used."""
    check(account_features, [function.when for function in functions.values()])
    return account_features.withColumn("pattern", F.concat(*(letter(function) for function in functions.values())))


def check(account_features: DataFrame, conditions: Sequence[str]) -> None:
    """Raises as with_pattern does. The plan of the features themselves does not matter."""
    no_rows = account_features.sparkSession.createDataFrame([], account_features.schema)
    selected = no_rows.select("account_id", *map(F.expr, conditions))
    types = [field.dataType for field in selected.schema.fields[1:]]
    if wrong := [type_.simpleString() for type_ in types if not isinstance(type_, BooleanType | NullType)]:
        raise ExpressionError(f"it is {wrong[0]}, not boolean")
    check_row_alone(selected)


def letter(function: LabellingFunction) -> Column:
    return F.when(tolerant(F.expr(function.when)).cast("boolean"), LETTER[function.vote]).otherwise(ABSTAINED)


def vote_rows(voted: DataFrame, functions: Functions) -> DataFrame:
    """One row of label_votes per vote, from rows that have day, account_id and pattern."""
    cast = [
        F.when(
            F.substring("pattern", place, 1) != ABSTAINED,
            F.struct(F.lit(name).alias("function"), F.lit(function.vote).alias("vote")),
        )
        for place, (name, function) in enumerate(functions.items(), start=1)
    ]
    each = voted.select("day", "account_id", F.explode(F.array_compact(F.array(*cast))).alias("vote"))
    return each.select("day", "account_id", "vote.function", "vote.vote")
