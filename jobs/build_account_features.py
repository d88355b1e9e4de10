"""How each active account has behaved, and what its domains' scores are: the features of the account model."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.manifest import FOUR_WEEKS, WEEK
from lib.config import FeatureSettings, SampleSettings
from lib.features.account_features import KEY, all_categories, categories, link_features, profiles, usage
from lib.features.domain_features import age_in_days, first_days
from lib.features.windows import Windows, typed, windowed
from schemas.features import ACCOUNT_FEATURES

WINDOWS = Windows(week=WEEK.days, month=FOUR_WEEKS.days)


def build_account_features(
    *,
    account_days: DataFrame,
    account_domain_days: DataFrame,
    attribute_days: DataFrame,
    first_seen: DataFrame,
    accounts: DataFrame,
    domain_scores: DataFrame,
    days: list[date],
    features: FeatureSettings,
    samples: SampleSettings,
) -> DataFrame:
    """One row per account and day, for each of `days` on which it had been active lately.

    The same for a day whether it is built alone or with others, so that a model sees in training what it will score.
    """
    active = windowed(account_days, days, length=features.active_days).select(*KEY).distinct()
    born = first_days(first_seen, "account").withColumnRenamed("entity_id", "account_id")
    links = link_features(account_domain_days, domain_scores, days, WINDOWS, spam_from=features.spam_from)
    joined = (
        active.join(usage(account_days, days, WINDOWS, sketch_size=samples.sketch_size), on=KEY)
        .join(links, on=KEY, how="left")
        .join(profiles(accounts, days), on=KEY, how="left")
        .join(categories(attribute_days, days, WINDOWS), on=KEY, how="left")
        .join(born, on="account_id", how="left")
        .crossJoin(F.broadcast(first_seen.agg(F.min("first_day").alias("lake_start"))))
    )
    return joined.withColumns(
        {
            "day": F.col("as_of"),
            "age_days": age_in_days(),
            "categories": all_categories(),
            "domains_28d": F.coalesce("domains_28d", F.lit(0.0)),
        }
    ).select(*typed(ACCOUNT_FEATURES))
