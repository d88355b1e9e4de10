"""What is around an entity."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

NODE = {"account": "account_id", "domain": "domain"}
OTHER = {"account": "domain", "domain": "account"}


def neighbours(edges: DataFrame, scores: DataFrame, *, kind: str, entity_id: str) -> DataFrame:
    """One row per neighbour, the heaviest link first: its entity_kind and entity_id, weight, last_day, score and label.

    `scores` are graph_scores of the day; score and label are null where they have no row.
    """
    other = OTHER[kind]
    known = scores.where(F.col("entity_kind") == other).select("entity_id", "score", F.col("seed").alias("label"))
    links = edges.where(F.col(NODE[kind]) == entity_id)
    near = links.select(F.lit(other).alias("entity_kind"), F.col(NODE[other]).alias("entity_id"), "weight", "last_day")
    return near.join(known, "entity_id", "left").select(
        "entity_kind", "entity_id", "weight", "last_day", "score", "label"
    ).orderBy(F.desc("weight"), "entity_id")  # fmt: skip
