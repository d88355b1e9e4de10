"""Spark SQL expressions that users write: a row on which one fails is null, and all mistakes are reported at once.

Used by [sources.NAME.select], [attributes.NAME] and [labelling.functions.NAME]. The only module of lib that looks into
the analyser of Spark, in `tolerant` and `check_row_alone`; each says why, and has a test that fails when it stops
working.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.session import jvm

SPARK_ERRORS = (PySparkException, Py4JJavaError)  # the latter where a job fails within the analysis
COLUMNS_LISTED = 40  # in an error
NOT_BLANK = r"[^\s\p{Z}\p{Cc}]"


class ExpressionError(ValueError):
    """An expression can be analysed, and should not be used; the message says why."""


@contextmanager
def lenient() -> Iterator[None]:
    """Expressions analysed inside give null for a bad cast or an overflow, wherever and whenever they are run.

    They keep the ANSI mode of the moment of their analysis; ints and strings compare as they do without it.
    """
    conf = SparkSession.active().conf
    before = conf.get("spark.sql.ansi.enabled")
    conf.set("spark.sql.ansi.enabled", "false")
    try:
        yield
    finally:
        conf.set("spark.sql.ansi.enabled", str(before))


def tolerant(column: Column) -> Column:
    """`column`, but null where it raises: without ANSI mode some functions still do, see lib/README.md.

    Spark's own TryEval is under each of its try_ functions, but none of these takes an expression of any type, so it is
    called by its private name. The condition is always true. Spark does not know that, and so it does not evaluate,
    ahead of the catch, what several expressions have in common.
    """
    sql = jvm(SparkSession.active()).org.apache.spark.sql
    expression = sql.classic.ExpressionUtils.expression(column._jc)
    caught = sql.classic.ExpressionUtils.column(sql.catalyst.expressions.TryEval(expression))
    return F.when(F.spark_partition_id() >= 0, Column(caught))


def check_row_alone(selected: DataFrame) -> None:
    """Raises ExpressionError unless each row of `selected` depends on one row, and is the same whenever it is run.

    `selected` selects a column and expressions from rows without a plan of their own; next to a column, Spark allows
    no aggregate. Public API refuses windows (in a filter), subqueries (in a lambda) and chance (in a join), at the
    price of an analysis each, but nothing refuses the clock. So the analysed plan is asked for all four.
    """
    plan: Any = selected._jdf.queryExecution().analyzed()
    pattern = jvm(selected.sparkSession).org.apache.spark.sql.catalyst.trees.TreePattern
    if plan.containsPattern(pattern.WINDOW()) or plan.containsPattern(pattern.PLAN_EXPRESSION()):
        raise ExpressionError("it asks for other rows than the account's own")
    if not plan.deterministic() or plan.containsPattern(pattern.CURRENT_LIKE()):
        raise ExpressionError("it changes with the clock or by chance; `day` is the day of the row")


def mistakes(
    title: str,
    expressions: Mapping[str, str],
    use: Callable[[str], object],
    *,
    columns: Sequence[str],
    error: Exception,
) -> str:
    """What to say of `error`: every one of `expressions` (by its setting in winnow.toml) that `use` refuses.

    A line for each, and a last one with the columns that there are. Where each can be used alone, the error's own.
    """
    lines = []
    for setting, sql in expressions.items():
        try:
            use(sql)
        except (PySparkException, ExpressionError) as refused:
            lines.append(f"  {setting} = {sql!r}: {first_sentence(refused)}")
    if not lines:
        return f"{title}: {first_sentence(error)}"
    return "\n".join([f"{title}: not usable", *lines, f"  the columns are {listed(columns)}"])


def listed(columns: Sequence[str]) -> str:
    more = f" and {len(columns) - COLUMNS_LISTED} more" if len(columns) > COLUMNS_LISTED else ""
    return ", ".join(columns[:COLUMNS_LISTED]) + more


def first_sentence(error: Exception) -> str:
    """The first line of an error of Spark, without the plan and the stack that follow it."""
    text = error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error
    return str(text).strip().split("\n", 1)[0]


def is_blank(value: Column) -> Column:
    """Whether a string is null, or has nothing in it but spaces and control characters."""
    return value.isNull() | ~F.rlike(value, F.lit(NOT_BLANK))
