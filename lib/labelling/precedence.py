"""Which of several labels of an entity counts."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas.raw import LABEL_SOURCES

RANK = {"appeal": 0, "hand": 1, "review": 1, "feed": 2}  # smaller is stronger; equals: the newest known wins
assert RANK.keys() == set(LABEL_SOURCES)


def resolved_labels(labels: DataFrame) -> DataFrame:
    """One row per entity with a label: entity_kind, entity_id, is_spam, weight, source, known_at.

    Appeals beat hand labels and reviews, which beat feeds; among equals the newest known wins, and benign where two
    were known at the same moment.
    """
    order = Window.partitionBy("entity_kind", "entity_id").orderBy(
        rank(), F.desc("known_at"), F.asc("is_spam"), F.asc("source")
    )
    first = labels.withColumn("precedence", F.row_number().over(order)).where("precedence = 1")
    return first.select("entity_kind", "entity_id", "is_spam", "weight", "source", "known_at")


def rank() -> Column:
    return F.create_map(*(F.lit(x) for pair in RANK.items() for x in pair))[F.col("source")]
