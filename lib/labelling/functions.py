"""Labelling functions: what each says of an account, by Spark SQL over its row of account_features.

A function fails on a row as it abstains; a function that cannot be used at all is told with all the others.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NullType

from lib.config import LabellingFunction
from lib.sources.readers import first_sentence
from lib.sources.selection import lenient, listed, tolerant

LETTER = {"spam": "s", "benign": "b"}
ABSTAINED = "."
Functions = Mapping[str, LabellingFunction]


class LabellingError(ValueError):
    """Labelling functions cannot be used; the message names each, and why."""


def with_votes(account_features: DataFrame, functions: Functions) -> DataFrame:
    """`account_features` with a column `pattern`: a letter a function, in their order: s, b, or a point for silence.

    Raises LabellingError that lists each function that cannot be used, and the columns that there are.
    """
    with lenient():
        try:
            return with_pattern(account_features, functions)
        except (PySparkException, LabellingError) as error:
            wrong = "\n".join(mistakes(account_features, functions)) or first_sentence(error)
            columns = f"  the columns are {listed(account_features.columns)}"
            raise LabellingError(f"labelling functions: not usable\n{wrong}\n{columns}") from error


def with_pattern(account_features: DataFrame, functions: Functions) -> DataFrame:
    """Raises PySparkException where an expression cannot be analysed, LabellingError where it should not be used."""
    nobody = account_features.sparkSession.createDataFrame([], account_features.schema)
    check_settled(nobody.select("account_id", *(F.expr(function.when) for function in functions.values())))
    return account_features.withColumn("pattern", F.concat(*(letter(function) for function in functions.values())))


def letter(function: LabellingFunction) -> Column:
    return F.when(tolerant(F.expr(function.when)).cast("boolean"), LETTER[function.vote]).otherwise(ABSTAINED)


def check_settled(found: DataFrame) -> None:
    """Raises LabellingError unless all columns but the first are boolean, and a row by itself settles them.

    Beside a column, Spark takes no aggregate. `found` selects from rows as they stand: the whole plan is looked at.
    """
    kinds = [field.dataType for field in found.schema.fields[1:]]
    if wrong := [kind.simpleString() for kind in kinds if not isinstance(kind, BooleanType | NullType)]:
        raise LabellingError(f"it is {wrong[0]}, not boolean")
    plan: Any = found._jdf.queryExecution().analyzed()
    jvm: Any = found.sparkSession._jvm
    pattern = jvm.org.apache.spark.sql.catalyst.trees.TreePattern
    if plan.containsPattern(pattern.WINDOW()) or plan.containsPattern(pattern.PLAN_EXPRESSION()):
        raise LabellingError("it asks for other rows than the account's own")
    if not plan.deterministic() or plan.containsPattern(pattern.CURRENT_LIKE()):
        raise LabellingError("it changes with the clock or by chance; `day` is the day of the row")


def mistakes(account_features: DataFrame, functions: Functions) -> Iterator[str]:
    """Each function that cannot be used, one a line."""
    for name, function in functions.items():
        try:
            with_pattern(account_features, {name: function})
        except (PySparkException, LabellingError) as error:
            yield f"  labelling.functions.{name}.when = {function.when!r}: {first_sentence(error)}"


def vote_rows(voted: DataFrame, functions: Functions) -> DataFrame:
    """One row of label_votes a vote, of rows that have day, account_id and pattern."""
    cast = [
        F.when(
            F.substring("pattern", place, 1) != ABSTAINED,
            F.struct(F.lit(name).alias("function"), F.lit(function.vote).alias("vote")),
        )
        for place, (name, function) in enumerate(functions.items(), start=1)
    ]
    each = voted.select("day", "account_id", F.explode(F.array_compact(F.array(*cast))).alias("said"))
    return each.select("day", "account_id", "said.function", "said.vote")
