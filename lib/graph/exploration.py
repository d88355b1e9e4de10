"""What analysts ask of the graph: the neighbours of an entity, and motifs."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.components.graphframes import matches

NODE = {"account": "account_id", "domain": "domain"}
OTHER = {"account": "domain", "domain": "account"}


def neighbours(edges: DataFrame, scores: DataFrame, *, kind: str, entity_id: str) -> DataFrame:
    """One row per neighbour, the heaviest link first: its entity_kind and entity_id, weight, last_day, score and label.

    `scores` are graph_scores of the day; score and label are null where they have no row.
    """
    other = OTHER[kind]
    scored = scores.where(F.col("entity_kind") == other).select("entity_id", "score", F.col("seed").alias("label"))
    links = edges.where(F.col(NODE[kind]) == entity_id)
    near = links.select(F.lit(other).alias("entity_kind"), F.col(NODE[other]).alias("entity_id"), "weight", "last_day")
    return near.join(scored, "entity_id", "left").select(
        "entity_kind", "entity_id", "weight", "last_day", "score", "label"
    ).orderBy(F.desc("weight"), "entity_id")  # fmt: skip


def motifs(edges: DataFrame, pattern: str) -> DataFrame:
    """One row per match in `graph_edges` of a pattern such as (a)-[]->(d); (b)-[]->(d).

    Links go from accounts to domains. Raises NoGraphFrames.
    """
    return matches(*vertices_and_links(edges), pattern)


def vertices_and_links(edges: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Vertices id and kind, and links src (an account), dst (a domain) and weight, of `graph_edges`.

    The ids of accounts begin with account: and those of domains with domain:, as one name may be both.
    """
    src, dst = (F.concat(F.lit(f"{kind}:"), F.col(name)) for kind, name in NODE.items())
    links = edges.select(src.alias("src"), dst.alias("dst"), "weight")
    vertices = links.select(F.explode(F.array("src", "dst")).alias("id")).distinct()
    return vertices.withColumn("kind", F.substring_index("id", ":", 1)), links
