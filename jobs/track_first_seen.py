"""The accounts and domains that were never seen before."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def track_first_seen(
    *, account_days: DataFrame, domain_days: DataFrame, first_seen: DataFrame, days: list[date]
) -> DataFrame:
    """One row per entity of `days` that `first_seen`, which holds the days before them, does not know."""
    accounts = account_days.select("day", F.lit("account").alias("entity_kind"), F.col("account_id").alias("entity_id"))
    domains = domain_days.select("day", F.lit("domain").alias("entity_kind"), F.col("domain").alias("entity_id"))
    first = accounts.union(domains).groupBy("entity_kind", "entity_id").agg(F.min("day").alias("first_day"))
    return first.join(first_seen, on=["entity_kind", "entity_id"], how="left_anti")
