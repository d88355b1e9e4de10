"""Linking in one process, or spread over Spark's where there are more rows than one should hold."""

from pyspark.sql import DataFrame

from lib.clusters.finding import Found, find_in
from lib.clusters.pairs import Shown, linkable
from lib.clusters.window import as_shown, linking_rows
from lib.config import ClusterSettings


def find_linked(shown: DataFrame, accounts: int, settings: ClusterSettings) -> tuple[Found, Shown]:
    """The clusters, and the rows that took part in linking."""
    rows = linking_rows(shown, accounts, settings)
    linked = linkable(as_shown(rows, accounts), settings)
    return find_in(linked, settings), linked
