"""Which account linked to which domain within the window, and how much."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def graph_edges(account_domain_days: DataFrame, *, day: date, window_days: int, half_life_days: float) -> DataFrame:
    """One row an account and a domain that it linked to within the last `window_days` up to `day`.

    The weight is log1p of the interactions, of which one that is `half_life_days` old counts half.
    """
    age = F.date_diff(F.lit(day), "day")
    decayed = F.sum(F.col("interactions") * F.pow(F.lit(0.5), age / F.lit(half_life_days)))
    return (
        account_domain_days.where(age.between(0, window_days - 1) & F.expr("interactions > 0"))
        .groupBy("account_id", "domain")
        .agg(F.log1p(decayed).alias("weight"), F.max("day").alias("last_day"))
        .where("weight > 0")  # with a half-life of minutes, old interactions count nothing at all
        .select(F.lit(day).alias("day"), "account_id", "domain", "weight", "last_day")
    )


def hub_damped(edges: DataFrame, power: float) -> DataFrame:
    """The edges, each with its weight divided by the number of its domain's accounts to the power of `power`."""
    hubs = edges.groupBy("domain").agg(F.count("*").alias("accounts"))
    weight = F.col("weight") / F.pow("accounts", F.lit(power))
    return edges.join(hubs, "domain").select("day", "account_id", "domain", weight.alias("weight"), "last_day")
