"""The links of a day's interactions, by domain."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

HOURS = 24


def linked_domains(interactions: DataFrame) -> DataFrame:
    """One row for each interaction and each domain that it links to, with the number of its links there."""
    nothing = F.array(F.lit(None).cast("string"))
    domains = F.array_except(F.col("targets.domain"), nothing)  # distinct, and compiled, which array_compact is not
    exploded = interactions.select("*", F.explode(domains).alias("domain"))
    return exploded.withColumn("links", links_to(F.col("domain")))


def links_to(domain: Column) -> Column:
    """Of an interaction with one link, the one; Spark does not compile the lambda that counts several."""
    several = F.size(F.filter("targets", lambda target: target["domain"] == domain))
    return F.when(F.size("targets") == 1, 1).otherwise(several).cast("bigint")


def hours() -> Column:
    """Rows in each hour of the day, as an array of 24."""
    return F.array(*(F.count_if(F.col("hour") == F.lit(h)) for h in range(HOURS))).alias("hours")


def hashed(value: str) -> Column:
    """The hash of a value; null for null."""
    return F.when(F.col(value).isNotNull(), F.xxhash64(value))


def sketch(hashes: str, size: int) -> Column:
    """The `size` smallest of the distinct hashes, sorted. It merges: see lib/features/windows.py."""
    return smallest(F.collect_set(hashes), size).alias(hashes)


def smallest(hashes: Column, size: int) -> Column:
    """The `size` smallest distinct ones of an array, sorted."""
    return F.slice(F.sort_array(F.array_distinct(hashes)), 1, size)  # compiled, which array_sort is not
