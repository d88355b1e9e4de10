"""Cached rows of which Spark knows that no two have the same key."""

from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.uniqueness import proven_unique

Make = Callable[[DataFrame], DataFrame]


def summed(pairs: DataFrame) -> DataFrame:
    return pairs.groupBy("a", "b").agg(F.sum("n").alias("n")).select(F.lit(1).alias("day"), "a", "b", "n")


@pytest.mark.parametrize(
    ("make", "key", "known"),
    [
        (summed, ("day", "a", "b"), True),
        (summed, ("a", "b"), True),
        (summed, ("day", "a"), False),  # of one a there may be several b
        (lambda pairs: summed(pairs).where("n > 1").drop("n"), ("a", "b"), True),
        (lambda pairs: summed(pairs).select(F.col("b").alias("a"), F.col("n").alias("b")), ("a", "b"), False),
        (lambda pairs: summed(pairs).select("a", F.left("b", F.lit(1)).alias("b")), ("a", "b"), False),
        (lambda pairs: summed(pairs).unionAll(summed(pairs)), ("a", "b"), False),
        (lambda pairs: pairs, ("a", "b"), False),
    ],
)
def test_what_a_plan_says_of_a_key(spark: SparkSession, make: Make, key: tuple[str, ...], known: bool) -> None:
    pairs = spark.createDataFrame([("x", "y", 1), ("x", "z", 2)], "a string, b string, n int")
    rows = make(pairs).persist()
    assert proven_unique(rows, key) is known
    assert proven_unique(rows.where("a = 'x'").select("a", "b"), key) is known
    rows.unpersist()


def test_of_rows_that_are_not_cached_nothing_is_said(spark: SparkSession) -> None:
    pairs = spark.createDataFrame([("x", "y", 1)], "a string, b string, n int")
    assert not proven_unique(summed(pairs), ("a", "b"))
