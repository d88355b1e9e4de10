"""Labelling functions: what each says of an account, by Spark SQL over its row of account_features.

A function fails on a row as it abstains; a function that cannot be used at all is told with all the others.
"""

from collections.abc import Mapping
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NullType

from lib.config import LabellingFunction
from lib.sources.frames import first_sentence
from lib.sources.select import lenient, listed, tolerant

LETTER = {"spam": "s", "benign": "b"}
ABSTAINED = "."
Functions = Mapping[str, LabellingFunction]


class LabellingError(ValueError):
    """Labelling functions cannot be used; the message names each, and why."""


def with_votes(account_features: DataFrame, functions: Functions) -> DataFrame:
    """`account_features` with a column `pattern`: a letter a function, in their order: s, b, or a point for silence.

    Raises LabellingError.
    """
    with lenient():
        check_functions(account_features, functions)
        letters = [letter(function) for function in functions.values()]
        return account_features.withColumn("pattern", F.concat(*letters))


def letter(function: LabellingFunction) -> Column:
    return F.when(tolerant(F.expr(function.when)), LETTER[function.vote]).otherwise(ABSTAINED)


def check_functions(account_features: DataFrame, functions: Functions) -> None:
    told = [(name, function, mistake(account_features, function.when)) for name, function in functions.items()]
    wrong = [f"  labelling.functions.{name}.when = {f.when!r}: {why}" for name, f, why in told if why]
    if wrong:
        columns = f"\n  the columns are {listed(account_features.columns)}"
        raise LabellingError("labelling functions: not usable\n" + "\n".join(wrong) + columns)


def mistake(account_features: DataFrame, when: str) -> str:
    """Why an expression cannot be a labelling function; empty where it can."""
    try:
        found = account_features.select(F.expr(when).alias("holds"))
        account_features.select(tolerant(F.expr(when)).alias("holds"))  # where no aggregate or generator may stand
    except PySparkException as error:
        return first_sentence(error)
    kind = found.schema["holds"].dataType
    if not isinstance(kind, BooleanType | NullType):
        return f"it is {kind.simpleString()}, not boolean"
    return "" if lasting(found) else "it changes with the clock or by chance; `day` is the day of the row"


def lasting(found: DataFrame) -> bool:
    """Whether the same rows give the same values whenever they are asked for."""
    plan: Any = found._jdf.queryExecution().analyzed()
    clock = found.sparkSession._jvm.org.apache.spark.sql.catalyst.trees.TreePattern.CURRENT_LIKE()  # type: ignore
    return bool(plan.deterministic()) and not plan.containsPattern(clock)


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
