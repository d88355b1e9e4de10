"""Who acts as one: accounts that share rare pairs of values, from day to day."""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import DataFrame

from lib.clusters.cluster_tables import cluster_tables
from lib.clusters.detection import detect
from lib.clusters.lineage import Before, descents
from lib.components.merging import check_merging
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
    """Rows of account_clusters, cluster_reports and cluster_values; those handed in are of the day before.

    Raises NoGraphFrames where the settings ask for it and it is not there.
    """
    check_merging(attribute_days.sparkSession, clusters.components)
    result = detect(
        attribute_days=attribute_days,
        account_features=account_features,
        account_scores=account_scores,
        labels=resolved_labels(labels),
        day=day,
        settings=clusters,
        attributes=attributes,
        samples=samples,
    )
    lineage = descents([one.members for one in result.traits], clusters_before(account_clusters), day)
    return cluster_tables(attribute_days.sparkSession, result, lineage, day, clusters)


def clusters_before(account_clusters: DataFrame) -> dict[str, Before]:
    members: dict[str, set[str]] = {}
    for row in account_clusters.select("cluster_id", "account_id").collect():
        members.setdefault(row["cluster_id"], set()).add(row["account_id"])
    return {old: Before(frozenset(accounts)) for old, accounts in members.items()}
