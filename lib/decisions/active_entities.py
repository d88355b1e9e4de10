"""Who was active in the week: the accounts and domains that get a fused score."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def active_entities(
    *, account_days: DataFrame, domain_features: DataFrame, impressions: DataFrame, day: date
) -> DataFrame:
    """One row per account of `account_days` or a domain of `domain_features`: entity_kind, entity_id, interactions_1d,
    accounts_7d, exposure_1d."""
    domains = domain_features.select(
        F.lit("domain").alias("entity_kind"),
        F.col("domain").alias("entity_id"),
        F.col("interactions_1d").cast("bigint"),
        F.col("accounts_7d").cast("bigint"),
        "exposure_1d",
    )
    return active_accounts(account_days, impressions, day).unionByName(domains)


def active_accounts(account_days: DataFrame, impressions: DataFrame, day: date) -> DataFrame:
    on_the_day = F.sum(F.when(F.col("day") == F.lit(day), F.col("interactions")).otherwise(0))
    accounts = account_days.groupBy("account_id").agg(on_the_day.alias("interactions_1d"))
    told = impressions.where("account_id IS NOT NULL")
    seen = told.groupBy("account_id").agg(F.sum("impressions").alias("seen"))
    return accounts.join(seen, "account_id", "left").select(
        F.lit("account").alias("entity_kind"),
        F.col("account_id").alias("entity_id"),
        "interactions_1d",
        F.lit(1).cast("bigint").alias("accounts_7d"),
        exposure(told=not told.isEmpty()).alias("exposure_1d"),
    )


def exposure(*, told: bool) -> Column:
    """Impressions of the account's content; its interactions where the source does not tell whose content was seen."""
    return F.coalesce("seen", F.lit(0)).cast("bigint") if told else F.col("interactions_1d")
