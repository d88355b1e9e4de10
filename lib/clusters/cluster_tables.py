"""The day's clusters as rows of their tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from lib.clusters.detection import Detected
from lib.clusters.emergence import is_emerging
from lib.clusters.lineage import Descent
from lib.clusters.sql_rules import Value
from lib.clusters.summary import Pair
from lib.config import ClusterSettings
from lib.conform import spark_schema
from schemas.scores import ACCOUNT_CLUSTERS, CLUSTER_REPORTS, CLUSTER_VALUES
from schemas.table import Table

SHOWN = 10  # of the values of a cluster, in its report
TOLD = 4  # of them, with each member


def cluster_tables(
    session: SparkSession, result: Detected, descents: Sequence[Descent], day: date, settings: ClusterSettings
) -> dict[str, DataFrame]:
    """Rows of the three tables."""
    records = {
        ACCOUNT_CLUSTERS: member_records(result, descents),
        CLUSTER_REPORTS: report_records(result, descents, settings),
        CLUSTER_VALUES: value_records(result),
    }
    return {table.name: frame(session, table, rows, day) for table, rows in records.items()}


def frame(session: SparkSession, table: Table, records: Sequence[Mapping[str, Any]], day: date) -> DataFrame:
    """Through Arrow: Spark looks at rows of Python one by one."""
    schema = spark_schema(table)
    told: dict[str, list[Any]] = {name: [record[name] for record in records] for name in table.names if name != "day"}
    return session.createDataFrame(pa.table({"day": [day] * len(records), **told}, to_arrow_schema(schema)), schema)


def member_records(result: Detected, descents: Sequence[Descent]) -> list[dict[str, Any]]:
    records = []
    folds = result.facts["fold"][result.facts["is_spam"].notna()].astype(int).to_dict()
    for place, one in enumerate(result.traits):
        for account in sorted(one.members):
            fold = folds.get(account)
            own = [(value, n) for value, n in one.shared if account in result.held.showing[value]]
            records.append(
                {
                    "account_id": account,
                    "cluster_id": descents[place].cluster_id,
                    "score": float(result.scores[place, -1]),
                    "oof_score": None if fold is None else float(result.scores[place, fold]),
                    "shared": shared(own[:TOLD]),
                }
            )
    return records


def shared(values: Sequence[tuple[Value, int]]) -> list[tuple[str, str, int]]:
    return [(attribute, value, n) for (attribute, value), n in values]


def pairs(told: Sequence[tuple[Pair, int]]) -> list[tuple[str, str, str, str, int]]:
    return [(*left, *right, n) for (left, right), n in told]


def value_records(result: Detected) -> list[dict[str, Any]]:
    """Of the living clusters; those of all that ended today are left out."""
    values = {value for one in result.traits for value, _ in one.shared}
    values |= {value for one in result.traits for pair, _ in one.excepted for value in pair}
    return [
        {"account_id": account, "attribute": attribute, "value": value}
        for attribute, value in sorted(values)
        for account in sorted(result.held.showing[attribute, value])
    ]


def report_records(result: Detected, descents: Sequence[Descent], settings: ClusterSettings) -> list[dict[str, Any]]:
    return [{**lineage(d), **(ENDED if d.place is None else about(result, d.place, d, settings))} for d in descents]


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


def about(result: Detected, place: int, descent: Descent, settings: ClusterSettings) -> dict[str, Any]:
    one, known = result.traits[place], result.known.loc[place].to_dict()
    return {
        "accounts": len(one.members),
        "last_day": one.last_day,
        "shared": shared(one.shared[:SHOWN]),
        "keys": pairs(one.cover),
        "except_keys": pairs(one.excepted),
        "rule": one.rule.sql,
        "rule_precision": one.rule.precision,
        "rule_recall": one.rule.recall,
        "lift": one.lift,
        "q_value": one.q,
        "synchrony": result.together[place].synchrony,
        **{str(name): None if pd.isna(told) else told for name, told in known.items()},
        "labelled_spam": int(known["labelled_spam"]),
        "labelled_benign": int(known["labelled_benign"]),
        "score": float(result.scores[place, -1]),
        "emerging": is_emerging(
            descent.state, len(one.members), descent.accounts_before, known["known_share"], settings
        ),
    }
