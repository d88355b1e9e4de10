"""The links of a day's interactions, by domain."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

HOURS = 24


def linked_domains(interactions: DataFrame) -> DataFrame:
    """One row for each interaction and each domain that it links to, with the number of its links there."""
    domains = F.array_distinct(F.array_compact(F.col("targets.domain")))
    exploded = interactions.select("*", F.explode(domains).alias("domain"))
    return exploded.withColumn("links", links_to(F.col("domain")))


def links_to(domain: Column) -> Column:
    return F.size(F.filter("targets", lambda target: target["domain"] == domain)).cast("bigint")


def hours() -> Column:
    """Rows in each hour of the day, as an array of 24."""
    hour = F.hour("event_time")
    return F.array(*(F.count_if(hour == F.lit(h)) for h in range(HOURS)))


def sketch(value: str, size: int) -> Column:
    """The `size` smallest hashes of the distinct values, sorted. It merges: see lib/features/windows.py."""
    known = F.when(F.col(value).isNotNull(), F.xxhash64(value))
    return smallest(F.collect_set(known), size)


def smallest(hashes: Column, size: int) -> Column:
    """The `size` smallest distinct ones of an array, sorted."""
    return F.slice(F.array_sort(F.array_distinct(hashes)), 1, size)
