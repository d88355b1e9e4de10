"""What is known of accounts apart from their clusters (history, other detectors' scores, labels), and of each cluster's
members together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.arrays import Floats
from lib.clusters.cluster_summary import Baseline, ClusterSummary
from lib.clusters.value_lookup import ValueLookup
from lib.config import ClusterSettings, SampleSettings
from lib.sampling import fold

HOURS = 24
MEMBER_COLUMNS = ("is_trusted", "domain_score", "account_score", "is_spam", "weight", "fold")


@dataclass(frozen=True)
class Platform:
    """How many accounts have a long history, and the share of actions in each hour of the day."""

    trusted: int
    hours: Floats


def is_trusted(settings: ClusterSettings) -> Column:
    """Known for long; an account from before the lake began (a null age) is."""
    return F.coalesce(F.col("age_days") >= settings.trusted_days, F.lit(True))


def platform_of(account_features: DataFrame, settings: ClusterSettings) -> Platform:
    sums = [F.sum(F.get("hours", F.lit(hour))).alias(f"hour_{hour}") for hour in range(HOURS)]
    row = account_features.agg(F.count_if(is_trusted(settings)).alias("trusted"), *sums).collect()[0]
    actions = np.array([row[f"hour_{hour}"] or 0 for hour in range(HOURS)], np.float64)
    return Platform(row["trusted"], actions / actions.sum() if actions.sum() else np.full(HOURS, 1 / HOURS))


def member_rows(
    account_ids: Sequence[str],
    *,
    account_features: DataFrame,
    account_scores: DataFrame,
    labels: DataFrame,
    settings: ClusterSettings,
    samples: SampleSettings,
) -> pd.DataFrame:
    """MEMBER_COLUMNS by account_id, null where unknown; an account of which nothing is known has no row.

    `labels` are resolved.
    """
    wanted = account_features.sparkSession.createDataFrame(pa.table({"account_id": pa.array(account_ids, pa.string())}))
    features = account_features.select(
        "account_id", is_trusted(settings).alias("is_trusted"), F.col("domain_score_mean").alias("domain_score")
    )
    scores = account_scores.select("account_id", F.col("score").alias("account_score"))
    folds = fold(F.lit("account"), F.col("entity_id"), salt=samples.salt, folds=samples.folds)
    labelled = labels.where("entity_kind = 'account'").select(
        F.col("entity_id").alias("account_id"), "is_spam", "weight", folds.alias("fold")
    )
    # One row per table and account, combined by pandas: joins would sort and shuffle what is looked up once.
    rows = features.unionByName(scores, allowMissingColumns=True).unionByName(labelled, allowMissingColumns=True)
    table = rows.join(F.broadcast(wanted), "account_id").toPandas()
    return table.groupby("account_id", sort=True).first()


def baseline_of(
    lookup: ValueLookup, members: pd.DataFrame, platform: Platform, accounts: int, settings: ClusterSettings
) -> Baseline:
    """Accounts with a long history; all accounts where these are too few."""
    if platform.trusted < settings.min_trusted:
        return Baseline(frozenset(lookup.accounts.values()), accounts)
    return Baseline(frozenset(members.index[members["is_trusted"].eq(True)]), platform.trusted)


def cluster_statistics(
    summaries: Sequence[ClusterSummary], members: pd.DataFrame, settings: ClusterSettings
) -> pd.DataFrame:
    """One row per cluster: shares and numbers of members, and their mean scores, nan where none has one."""
    accounts = [account for one in summaries for account in sorted(one.members)]
    cluster = np.array([position for position, one in enumerate(summaries) for _ in one.members], np.int64)
    rows = members.reindex(accounts)
    columns = pd.DataFrame(
        {
            "trusted_share": rows["is_trusted"].eq(True).to_numpy(np.float64),
            "known_share": is_known(rows, settings).to_numpy(np.float64),
            "labelled_spam": rows["is_spam"].eq(True).to_numpy(),
            "labelled_benign": rows["is_spam"].eq(False).to_numpy(),
            "domain_score_mean": rows["domain_score"].to_numpy(np.float64),
            "account_score_mean": rows["account_score"].to_numpy(np.float64),
        }
    )
    counted = ["labelled_spam", "labelled_benign"]
    by_cluster = columns.groupby(cluster)
    return pd.concat([by_cluster[counted].sum(), by_cluster[[*columns.columns.difference(counted)]].mean()], axis=1)


def is_known(members: pd.DataFrame, settings: ClusterSettings) -> "pd.Series[bool]":
    """Members that a label, the account model or the domains of their links mark as spam."""
    scored = (members["account_score"] >= settings.known_from) | (members["domain_score"] >= settings.known_from)
    return scored.fillna(False) | members["is_spam"].eq(True).fillna(False)


def is_emerging(state: str, accounts: int, accounts_before: int, known_share: float, settings: ClusterSettings) -> bool:
    """New or growing, and unknown to labels and models."""
    growing = state == "new" or 0 < accounts_before < accounts
    return growing and known_share < settings.known_from
