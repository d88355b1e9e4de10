"""How each active domain has been used."""

from datetime import date

from pyspark.sql import DataFrame

from lib.config import FeatureSettings, SampleSettings
from lib.features.domain_features import domain_features


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
    """One row per domain and day, for each of `days`."""
    return domain_features(
        domain_days=domain_days,
        account_domain_days=account_domain_days,
        account_days=account_days,
        domain_links=domain_links,
        first_seen=first_seen,
        pages=pages,
        impressions=impressions,
        days=days,
        active_days=features.active_days,
        sketch_size=samples.sketch_size,
        links_per_domain=samples.links_per_domain,
        salt=samples.salt,
    )
