"""What is known of accounts beside their clusters: history, other detectors' scores, labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.arrays import Floats
from lib.config import ClusterSettings, SampleSettings
from lib.sampling import fold

HOURS = 24
FACTS = ("is_trusted", "domain_score", "account_score", "is_spam", "weight", "fold")


@dataclass(frozen=True)
class Platform:
    """How many accounts have a long history, and the share of acts in each hour of the day."""

    trusted: int
    hours: Floats


def is_trusted(settings: ClusterSettings) -> Column:
    """Known for long; who was there when the lake began (a null age) is."""
    return F.coalesce(F.col("age_days") >= settings.trusted_days, F.lit(True))


def platform_of(account_features: DataFrame, settings: ClusterSettings) -> Platform:
    sums = [F.sum(F.get("hours", F.lit(hour))).alias(f"hour_{hour}") for hour in range(HOURS)]
    result = account_features.agg(F.count_if(is_trusted(settings)).alias("trusted"), *sums).collect()[0]
    acts = np.array([result[f"hour_{hour}"] or 0 for hour in range(HOURS)], np.float64)
    return Platform(result["trusted"], acts / acts.sum() if acts.sum() else np.full(HOURS, 1 / HOURS))


def facts_of(
    account_ids: Sequence[str],
    *,
    account_features: DataFrame,
    account_scores: DataFrame,
    labels: DataFrame,
    settings: ClusterSettings,
    samples: SampleSettings,
) -> pd.DataFrame:
    """FACTS by account_id, null where unknown; who is not known at all has no row.

    `labels` are resolved.
    """
    session = account_features.sparkSession
    asked = session.createDataFrame(pa.table({"account_id": pa.array(account_ids, pa.string())}))
    features = account_features.select(
        "account_id", is_trusted(settings).alias("is_trusted"), F.col("domain_score_mean").alias("domain_score")
    )
    scores = account_scores.select("account_id", F.col("score").alias("account_score"))
    folds = fold(F.lit("account"), F.col("entity_id"), salt=samples.salt, folds=samples.folds)
    known = labels.where("entity_kind = 'account'").select(
        F.col("entity_id").alias("account_id"), "is_spam", "weight", folds.alias("fold")
    )
    # A row of each table, put together here: joins would sort and shuffle what is looked up once.
    told = features.unionByName(scores, allowMissingColumns=True).unionByName(known, allowMissingColumns=True)
    result = told.join(F.broadcast(asked), "account_id").toPandas()
    return result.groupby("account_id", sort=True).first()
