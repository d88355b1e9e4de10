"""Tiles of several days, merged into windows that end on one day or on each of many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.features.tiles import HOURS as HOURS_OF_A_DAY
from schemas.table import Table

HASHES = 2.0**64  # xxhash64 has so many values
HOURS = [f"hour_{hour}" for hour in range(HOURS_OF_A_DAY)]


@dataclass(frozen=True)
class Windows:
    """Lengths in days, which jobs/manifest.py declares: columns in _7d are over `week`, those in _28d over `month`."""

    week: int
    month: int

    @property
    def lengths(self) -> tuple[int, int, int]:
        return 1, self.week, self.month


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


def with_distinct_estimates(rows: DataFrame, sketches: Sequence[str], size: int) -> DataFrame:
    """In place of each array of `sketches`: how many distinct values it stands for; null where none is known.

    Exact while the union holds fewer than `size`; above, the k-minimum-values estimate (Bar-Yossef et al. 2002):
    (k - 1) divided by the share of the hash range that the k smallest take.
    """
    unions = {name: F.slice(F.sort_array(F.array_distinct(F.flatten(name))), 1, size) for name in sketches}
    return rows.withColumns(unions).withColumns({name: estimate(F.col(name), size) for name in sketches})


def estimate(smallest: Column, size: int) -> Column:
    share = (F.element_at(smallest, -1).cast("double") + F.lit(HASHES / 2)) / F.lit(HASHES)
    count = F.size(smallest)
    return F.when(count == size, (F.lit(size) - 1) / share).when(count > 0, count.cast("double"))


def hour_sums() -> list[Column]:
    """Of the tiles' hours, over the window: a column each, HOURS."""
    return [F.sum(F.get("hours", F.lit(hour))).alias(name) for hour, name in enumerate(HOURS)]


def entropy(counts: Sequence[str], whole: str) -> Column:
    """Entropy of counts, whose sum is `whole`: 0 (all in one) to 1 (all alike)."""
    shares = [F.col(count) / F.col(whole) for count in counts]
    bits = [F.when(share > 0, -share * F.log2(share)).otherwise(0.0) for share in shares]
    return reduce(Column.__add__, bits) / F.lit(math.log2(len(counts)))


def typed(table: Table) -> list[Column]:
    """The columns of `table`, cast to what it declares."""
    return [F.col(column.name).cast(column.type).alias(column.name) for column in table.columns]
