"""Clusters as items of the queue: one question instead of one for each of their accounts.

A cluster that labels and models do not know yet is asked about as such; of the others, those of which several accounts
would be asked about.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

SEVERAL = 2  # accounts in question, from which on their cluster is asked about instead


def cluster_questions(
    entities: DataFrame, entity_scores: DataFrame, account_clusters: DataFrame, cluster_reports: DataFrame
) -> DataFrame:
    """One row per cluster to ask about, with the columns of `entities` (see ranking.with_purpose) and `accounts`.

    Its exposure is that of all its members; its score is its own where it is new, else the mean of those in question.
    """
    members = account_clusters.select("account_id", "cluster_id").join(of_accounts(entity_scores), "account_id")
    asked = of_accounts(entities.where("purpose = 'harm'")).select("account_id", F.lit(True).alias("is_asked"))
    sums = (
        members.join(asked, "account_id", "left")
        .groupBy("cluster_id")
        .agg(
            F.count("is_asked").alias("asked"),
            F.avg(F.when(F.col("is_asked"), F.col("score"))).alias("asked_score"),
            F.sum("exposure_1d").alias("exposure_1d"),
            F.sum("interactions_1d").alias("interactions_1d"),
        )
    )
    living = cluster_reports.where("state != 'ended'").select("cluster_id", "accounts", "emerging", "score")
    purpose = F.when(F.col("emerging"), "new_cluster").when(F.col("asked") >= SEVERAL, "harm")
    score = F.when(F.col("emerging"), F.col("score")).otherwise(F.col("asked_score"))
    columns = {
        "entity_kind": F.lit("cluster"),
        "entity_id": F.col("cluster_id"),
        "purpose": purpose,
        "score": score,
        "detectors": F.create_map(F.lit("clusters"), score),
        "accounts_7d": F.col("accounts"),
        "is_enforced": F.lit(False),
    }
    result = living.join(sums, "cluster_id").withColumns(columns).where("purpose IS NOT NULL")
    return result.select(*(name for name in entities.columns if name in result.columns), "accounts")


def of_accounts(entities: DataFrame) -> DataFrame:
    accounts = entities.where("entity_kind = 'account'")
    return accounts.select(F.col("entity_id").alias("account_id"), "score", "exposure_1d", "interactions_1d")


def without_members(entities: DataFrame, account_clusters: DataFrame, questions: DataFrame) -> DataFrame:
    """`entities` without the accounts whose cluster is asked about."""
    spoken_for = account_clusters.join(questions.select(F.col("entity_id").alias("cluster_id")), "cluster_id").select(
        F.lit("account").alias("entity_kind"), F.col("account_id").alias("entity_id")
    )
    return entities.join(spoken_for, ["entity_kind", "entity_id"], "left_anti")
