"""The account-domain graph of the last four weeks."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.contract import Output
from jobs.manifest import FOUR_WEEKS
from lib.config import GraphSettings
from lib.graph.blocks import graph_blocks, graph_edges, hub_damped


def build_graph(*, account_domain_days: DataFrame, day: date, graph: GraphSettings) -> Output:
    """One row per account and a domain that it linked to within the window; and the same as blocks of a matrix."""
    edges = graph_edges(
        account_domain_days,
        day=day,
        window_days=FOUR_WEEKS.days,
        half_life_days=graph.half_life_days,
    )
    if graph.hub_damping:
        edges = hub_damped(edges, graph.hub_damping)
    edges.persist()
    blocks = graph_blocks(edges, max(1, -(-account_domain_days.count() // graph.edges_per_block)))
    tables = {"graph_edges": edges, "graph_blocks": blocks.withColumn("day", F.lit(day))}
    return Output(tables, releases=(edges.unpersist,), in_memory=frozenset({"graph_edges"}))
