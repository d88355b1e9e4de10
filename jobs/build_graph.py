"""The account-domain graph of the last four weeks."""

from datetime import date

from pyspark.sql import DataFrame

from lib.config import GraphSettings
from lib.graph.edges import graph_edges, hub_damped


def build_graph(*, account_domain_days: DataFrame, day: date, graph: GraphSettings) -> DataFrame:
    """One row an account and a domain that it linked to within the window."""
    edges = graph_edges(
        account_domain_days, day=day, window_days=graph.window_days, half_life_days=graph.half_life_days
    )
    return hub_damped(edges, graph.hub_damping) if graph.hub_damping else edges
