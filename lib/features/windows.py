"""Tiles of several days, merged into windows that end on one day or on each of many."""

import math
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.table import Table

HASHES = 2.0**64  # xxhash64 has so many values


def windowed(tiles: DataFrame, days: list[date], *, length: int) -> DataFrame:
    """Each tile once for each of `days` whose window of `length` days it is in.

    Adds `as_of`, the window's last day, and `age`, the tile's days before it. A day that is in many windows is
    repeated, which costs `length` times at most and saves a pass a window.
    """
    ends = F.explode(F.array(*(F.lit(day) for day in days))).alias("as_of")
    near = [F.col("day") <= F.lit(max(days)), F.date_add("day", length) > F.lit(min(days))]
    age = F.date_diff("as_of", "day")
    return tiles.where(near[0] & near[1]).select("*", ends).withColumn("age", age).where(age.between(0, length - 1))


def within(days: int, value: Column) -> Column:
    """`value` in the last `days` days of the window, else null."""
    return F.when(F.col("age") < days, value)


def total(column: str, days: int) -> Column:
    """Sum of `column` over the last `days` days; 0 where there is none."""
    return F.coalesce(F.sum(within(days, F.col(column))), F.lit(0))


def distinct_estimate(sketches: Column, size: int) -> Column:
    """How many distinct values the merged sketches stand for; null where none is known.

    Exact while the union holds fewer than `size`; above, the k-minimum-values estimate (Bar-Yossef et al. 2002):
    (k - 1) divided by the share of the hash range that the k smallest take.
    """
    smallest = F.slice(F.array_sort(F.array_distinct(F.flatten(F.collect_list(sketches)))), 1, size)
    share = (F.element_at(smallest, -1).cast("double") + F.lit(HASHES / 2)) / F.lit(HASHES)
    count = F.size(smallest)
    estimate = F.when(count < size, count.cast("double")).otherwise((F.lit(size) - 1) / share)
    return F.when(count > 0, estimate)


def entropy(histogram: Column, bins: int) -> Column:
    """Entropy of an array of counts, 0 (all in one bin, or none) to 1 (all alike).

    As lambdas over the array, not as an expression for each bin: that would outgrow Spark's compiled methods.
    """
    whole = F.aggregate(histogram, F.lit(0.0), lambda sum_, count: sum_ + F.coalesce(count, F.lit(0)))
    shares = F.transform(F.filter(histogram, lambda count: count > 0), lambda count: F.try_divide(count, whole))
    bits = F.aggregate(shares, F.lit(0.0), lambda sum_, share: sum_ - share * F.log2(share))
    return F.coalesce(bits / F.lit(math.log2(bins)), F.lit(0.0))


def typed(table: Table) -> list[Column]:
    """The columns of `table`, cast to what it declares."""
    return [F.col(column.name).cast(column.type).alias(column.name) for column in table.columns]
