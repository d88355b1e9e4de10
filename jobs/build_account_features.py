"""How each active account has behaved, and what its domains' scores are."""

from datetime import date

from pyspark.sql import DataFrame

from lib.config import FeatureSettings, SampleSettings
from lib.features.account_features import account_features


def build_account_features(
    *,
    account_days: DataFrame,
    account_domain_days: DataFrame,
    attribute_days: DataFrame,
    first_seen: DataFrame,
    accounts: DataFrame,
    domain_scores: DataFrame,
    day: date,
    features: FeatureSettings,
    samples: SampleSettings,
) -> DataFrame:
    """One row per account."""
    return account_features(
        account_days=account_days,
        account_domain_days=account_domain_days,
        attribute_days=attribute_days,
        first_seen=first_seen,
        accounts=accounts,
        domain_scores=domain_scores,
        days=[day],
        active_days=features.active_days,
        sketch_size=samples.sketch_size,
    )
