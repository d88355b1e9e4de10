"""Which account linked to which domain within the window, and how much."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

UNITS = 2**30  # an interaction of today: as whole numbers, decayed ones have the same sum in any order


def graph_edges(account_domain_days: DataFrame, *, day: date, window_days: int, half_life_days: float) -> DataFrame:
    """One row per account and a domain that it linked to within the last `window_days` up to `day`.

    The weight is log1p of the interactions, of which one that is `half_life_days` old counts half.
    """
    age = F.date_diff(F.lit(day), "day")
    decayed = F.col("interactions") * F.pow(F.lit(0.5), age / F.lit(half_life_days))
    tiles = account_domain_days.where(age.between(0, window_days - 1) & F.expr("interactions > 0")).select(
        "account_id",
        "domain",
        "day",
        F.round(decayed * UNITS).cast("bigint").alias("units"),
    )
    edges = tiles.repartition("account_id").groupBy("account_id", "domain")  # most pairs are there once
    return (
        edges.agg(F.sum("units").alias("units"), F.max("day").alias("last_day"))
        .where("units > 0")  # with a half-life of minutes, old interactions count nothing at all
        .select(
            F.lit(day).alias("day"),
            "account_id",
            "domain",
            F.log1p(F.col("units") / UNITS).alias("weight"),
            "last_day",
        )
    )


def hub_damped(edges: DataFrame, power: float) -> DataFrame:
    """The edges, each with its weight divided by the number of its domain's accounts to the power of `power`."""
    hubs = edges.groupBy("domain").agg(F.count("*").alias("accounts"))
    weight = F.col("weight") / F.pow("accounts", F.lit(power))
    return edges.join(hubs, "domain").withColumn("weight", weight).select(*edges.columns)
