"""The day's clusters as rows of their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from lib.arrays import Floats
from lib.clusters.cluster_members import is_emerging
from lib.clusters.cluster_summary import ClusterSummary, Pair
from lib.clusters.lineage import Descent
from lib.clusters.sql_rules import Value
from lib.clusters.synchrony import Activity
from lib.clusters.value_lookup import ValueLookup
from lib.config import ClusterSettings
from lib.conform import spark_schema
from schemas.scores import ACCOUNT_CLUSTERS, CLUSTER_REPORTS, CLUSTER_VALUES
from schemas.table import Table


@dataclass(frozen=True)
class ScoredClusters:
    """The living clusters of the day, one element each in `summaries`, `activity`, `statistics` and `scores`."""

    summaries: Sequence[ClusterSummary]
    activity: Sequence[Activity]
    statistics: pd.DataFrame  # of cluster_statistics
    scores: Floats  # shape (clusters, folds + 1): without the labels of each fold, then with all
    members: pd.DataFrame  # of member_rows: of the accounts that have a value of theirs
    lookup: ValueLookup


def cluster_tables(
    session: SparkSession, clusters: ScoredClusters, descents: Sequence[Descent], day: date, settings: ClusterSettings
) -> dict[str, DataFrame]:
    """Rows of the three tables."""
    records = {
        ACCOUNT_CLUSTERS: member_records(clusters, descents, settings),
        CLUSTER_REPORTS: report_records(clusters, descents, settings),
        CLUSTER_VALUES: value_records(clusters),
    }
    return {table.name: table_rows(session, table, of_table, day) for table, of_table in records.items()}


def table_rows(session: SparkSession, table: Table, records: Sequence[Mapping[str, Any]], day: date) -> DataFrame:
    """Through Arrow: Spark converts rows of Python one by one."""
    schema = spark_schema(table)
    columns: dict[str, list[Any]] = {name: [one[name] for one in records] for name in table.names if name != "day"}
    return session.createDataFrame(pa.table({"day": [day] * len(records), **columns}, to_arrow_schema(schema)), schema)


def member_records(
    clusters: ScoredClusters, descents: Sequence[Descent], settings: ClusterSettings
) -> list[dict[str, Any]]:
    records = []
    folds = clusters.members["fold"][clusters.members["is_spam"].notna()].astype(int).to_dict()
    for number, one in enumerate(clusters.summaries):
        for account in sorted(one.members):
            fold = folds.get(account)
            own = [(value, n) for value, n in one.shared if account in clusters.lookup.holders[value]]
            records.append(
                {
                    "account_id": account,
                    "cluster_id": descents[number].cluster_id,
                    "score": float(clusters.scores[number, -1]),
                    "oof_score": None if fold is None else float(clusters.scores[number, fold]),
                    "shared": shared(own[: settings.member_values]),
                }
            )
    return records


def shared(values: Sequence[tuple[Value, int]]) -> list[tuple[str, str, int]]:
    return [(attribute, value, n) for (attribute, value), n in values]


def pairs(counted: Sequence[tuple[Pair, int]]) -> list[tuple[str, str, str, str, int]]:
    return [(*left, *right, n) for (left, right), n in counted]


def value_records(clusters: ScoredClusters) -> list[dict[str, Any]]:
    """Of the living clusters; those that ended today have none."""
    values = {value for one in clusters.summaries for value, _ in one.shared}
    values |= {value for one in clusters.summaries for pair, _ in one.excepted for value in pair}
    return [
        {"account_id": account, "attribute": attribute, "value": value}
        for attribute, value in sorted(values)
        for account in sorted(clusters.lookup.holders[attribute, value])
    ]


def report_records(
    clusters: ScoredClusters, descents: Sequence[Descent], settings: ClusterSettings
) -> list[dict[str, Any]]:
    return [
        {**lineage(d), **(ENDED if d.position is None else report(clusters, d.position, d, settings))} for d in descents
    ]


def lineage(descent: Descent) -> dict[str, Any]:
    return {
        "cluster_id": descent.cluster_id,
        "state": descent.state,
        "since": descent.since,
        "accounts_before": descent.accounts_before,
        "parents": descent.parents,
        "merged_into": descent.merged_into,
    }


ENDED: Mapping[str, Any] = dict.fromkeys(
    ("last_day", "rule", "rule_precision", "rule_recall", "lift", "q_value", "synchrony", "trusted_share",
     "known_share", "domain_score_mean", "account_score_mean", "score")
) | {"accounts": 0, "shared": [], "keys": [], "except_keys": [], "labelled_spam": 0, "labelled_benign": 0,
     "emerging": False}  # fmt: skip


def report(clusters: ScoredClusters, number: int, descent: Descent, settings: ClusterSettings) -> dict[str, Any]:
    one, statistics = clusters.summaries[number], clusters.statistics.loc[number].to_dict()
    return {
        "accounts": len(one.members),
        "last_day": one.last_day,
        "shared": shared(one.shared[: settings.report_values]),
        "keys": pairs(one.cover),
        "except_keys": pairs(one.excepted),
        "rule": one.rule.sql,
        "rule_precision": one.rule.precision,
        "rule_recall": one.rule.recall,
        "lift": one.lift,
        "q_value": one.q,
        "synchrony": clusters.activity[number].synchrony,
        **{str(name): None if pd.isna(value) else value for name, value in statistics.items()},
        "labelled_spam": int(statistics["labelled_spam"]),
        "labelled_benign": int(statistics["labelled_benign"]),
        "score": float(clusters.scores[number, -1]),
        "emerging": is_emerging(
            descent.state, len(one.members), descent.accounts_before, statistics["known_share"], settings
        ),
    }
