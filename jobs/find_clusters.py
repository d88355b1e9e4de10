"""Accounts that act as one: clusters linked by rare pairs of values, followed from day to day."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from lib.clusters.cluster_members import MEMBER_COLUMNS, baseline_of, cluster_statistics, member_rows, platform_of
from lib.clusters.cluster_scoring import cluster_scores
from lib.clusters.cluster_summary import summaries_of
from lib.clusters.cluster_tables import ScoredClusters, cluster_tables
from lib.clusters.distributed_linking import LinkedAccounts, link_accounts
from lib.clusters.incidence import attribute_rows, row_limit
from lib.clusters.lineage import descents
from lib.clusters.synchrony import activity_of
from lib.clusters.value_lookup import EMPTY, build_lookup, keys_of_clusters, rows_with
from lib.components.spanning_forests import check_merger
from lib.config import Attribute, ClusterSettings, SampleSettings
from lib.labelling.precedence import resolved_labels


def find_clusters(
    *,
    attribute_days: DataFrame,
    account_features: DataFrame,
    account_scores: DataFrame,
    labels: DataFrame,
    account_clusters: DataFrame,
    day: date,
    clusters: ClusterSettings,
    attributes: Mapping[str, Attribute],
    samples: SampleSettings,
) -> dict[str, DataFrame]:
    """Rows of account_clusters, cluster_reports and cluster_values; `account_clusters` are of the previous day.

    Raises NoGraphFrames where the settings ask for it and it is not there.
    """
    session = attribute_days.sparkSession
    check_merger(session, clusters.components)
    rows = attribute_rows(attribute_days, account_features, attributes)
    linked = link_accounts(rows, row_limit(attribute_days, account_features, attributes), clusters)
    scored = score_clusters(
        linked,
        rows,
        account_features=account_features,
        account_scores=account_scores,
        labels=resolved_labels(labels),
        day=day,
        settings=clusters,
        samples=samples,
    )
    lineage = descents([one.members for one in scored.summaries], previous_clusters(account_clusters), day, clusters)
    return cluster_tables(session, scored, lineage, day, clusters)


def score_clusters(
    linked: LinkedAccounts,
    rows: DataFrame,
    *,
    account_features: DataFrame,
    account_scores: DataFrame,
    labels: DataFrame,
    day: date,
    settings: ClusterSettings,
    samples: SampleSettings,
) -> ScoredClusters:
    """What the linked accounts have in common, what is known of them, and how likely they are spam.

    A cluster none of whose values occurred for `quiet_days` is left out. `rows` are of attribute_rows.
    """
    if not linked.clustering.clusters:
        no_members = pd.DataFrame(columns=list(MEMBER_COLUMNS))
        return ScoredClusters([], [], pd.DataFrame(), np.empty((0, samples.folds + 1)), no_members, EMPTY)
    keys = keys_of_clusters(linked.clustering)
    lookup = build_lookup(rows_with(rows, keys), linked.participants(keys))
    members = member_rows(
        sorted(lookup.accounts.values()),
        account_features=account_features,
        account_scores=account_scores,
        labels=labels,
        settings=settings,
        samples=samples,
    )
    platform = platform_of(account_features, settings)
    baseline = baseline_of(lookup, members, platform, linked.accounts, settings)
    summaries = summaries_of(
        linked.clustering, lookup, baseline=baseline, accounts=linked.accounts, day=day, settings=settings
    )
    living = [one for one in summaries if one.last_day > day - timedelta(days=settings.quiet_days)]
    activity = activity_of(living, lookup, hours=platform.hours, within=settings.sync_minutes)
    statistics = cluster_statistics(living, members, settings)
    scores = cluster_scores(living, activity, statistics, members, settings, samples)
    return ScoredClusters(living, activity, statistics, scores, members, lookup)


def previous_clusters(account_clusters: DataFrame) -> dict[str, frozenset[str]]:
    members: dict[str, set[str]] = {}
    for row in account_clusters.select("cluster_id", "account_id").collect():
        members.setdefault(row["cluster_id"], set()).add(row["account_id"])
    return {cluster: frozenset(accounts) for cluster, accounts in members.items()}
