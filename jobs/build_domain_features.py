"""How each active domain has been used: the features of the domain model."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.manifest import FOUR_WEEKS, WEEK
from lib.config import FeatureSettings, SampleSettings
from lib.features.domain_features import (
    KEY,
    account_counts,
    account_novelty,
    age_in_days,
    exposure,
    first_days,
    lake_age,
    link_samples,
    newest_pages,
    usage,
)
from lib.features.windows import Windows, typed, windowed
from schemas.features import DOMAIN_FEATURES

WINDOWS = Windows(week=WEEK.days, month=FOUR_WEEKS.days)


def build_domain_features(
    *,
    domain_days: DataFrame,
    account_domain_days: DataFrame,
    account_days: DataFrame,
    domain_links: DataFrame,
    first_seen: DataFrame,
    pages: DataFrame,
    impressions: DataFrame,
    days: list[date],
    features: FeatureSettings,
    samples: SampleSettings,
) -> DataFrame:
    """One row per domain and day, for each of `days` on which it had been active lately.

    The same for a day whether it is built alone or with others, so that a model sees in training what it will score.
    """
    seen = exposure(impressions)
    days_with_impressions = seen.select("as_of", F.lit(True).alias("has_impressions")).distinct()
    active = windowed(domain_days, days, length=features.active_days).select(*KEY).distinct()
    joined = (
        active.join(usage(domain_days, days, WINDOWS, sketch_size=samples.sketch_size), on=KEY)
        .join(account_counts(account_domain_days, days, WINDOWS), on=KEY)
        .join(account_novelty(account_domain_days, account_days, first_seen, days, WINDOWS), on=KEY, how="left")
        .join(link_samples(domain_links, days, WINDOWS, size=samples.links_per_domain, salt=samples.salt), on=KEY)
        .join(newest_pages(pages, days), on=KEY, how="left")
        .join(seen, on=KEY, how="left")
        .join(F.broadcast(days_with_impressions), on="as_of", how="left")
        .join(first_days(first_seen, "domain").withColumnRenamed("entity_id", "domain"), on="domain", how="left")
        .crossJoin(F.broadcast(first_seen.agg(F.min("first_day").alias("lake_start"))))
    )
    exposed = F.when(F.col("has_impressions"), F.coalesce("impressions", F.lit(0)))
    return joined.withColumns(
        {
            "day": F.col("as_of"),
            "exposure_1d": exposed.otherwise(F.col("interactions_1d")),
            "new_account_share_7d": F.when(lake_age() >= WINDOWS.week, F.col("new_account_share_7d")),
            "age_days": age_in_days(),
        }
    ).select(*typed(DOMAIN_FEATURES))
