"""The account-domain graph as a GraphFrame, for analysts.

GraphFrames is two packages, one of Python and one of the JVM, which not every registry has. It is asked for only when
it is used.
"""

import tempfile
from typing import Any

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

ADDRESS = "io.graphframes:graphframes-spark4_2.13"


class NoGraphFrames(ImportError):
    """A package of GraphFrames is missing; the message says which, and how to add it."""


def graph_frame(edges: DataFrame) -> Any:
    """A GraphFrame of `graph_edges`: vertices id and kind, edges src (an account), dst (a domain) and weight.

    The ids of accounts begin with account: and those of domains with domain:, as one name may be both. Raises
    NoGraphFrames.
    """
    check_packages(edges.sparkSession)
    from graphframes import GraphFrame  # type: ignore[import-not-found]  # noqa: PLC0415 - it may be missing

    src, dst = (
        F.concat(F.lit(f"{kind}:"), F.col(name)) for kind, name in (("account", "account_id"), ("domain", "domain"))
    )
    links = edges.select(src.alias("src"), dst.alias("dst"), "weight")
    vertices = links.select(F.explode(F.array("src", "dst")).alias("id")).distinct()
    return GraphFrame(vertices.withColumn("kind", F.substring_index("id", ":", 1)), links)


def check_packages(spark: SparkSession) -> None:
    try:
        import graphframes  # noqa: F401, PLC0415 - whether it is there at all
    except ImportError:
        raise NoGraphFrames(
            f"this needs GraphFrames: install graphframes-py beside winnow, and name {ADDRESS} with its version in "
            'spark.options."spark.jars.packages" of winnow.toml'
        ) from None
    jvm: Any = spark._jvm
    try:
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass("org.graphframes.GraphFrame")
    except Py4JError:
        raise NoGraphFrames(
            f"the JVM package of GraphFrames is not in this session: name {ADDRESS} with its version in "
            'spark.options."spark.jars.packages" of winnow.toml, or its jar in spark.options."spark.jars"'
        ) from None


def connected(edges: DataFrame) -> DataFrame:
    """id and component of every vertex. Raises NoGraphFrames."""
    graph = graph_frame(edges)
    context = edges.sparkSession.sparkContext
    if context.getCheckpointDir() is None:
        context.setCheckpointDir(tempfile.mkdtemp(prefix="winnow-graph-"))
    found: DataFrame = graph.connectedComponents()
    return found


def motifs(edges: DataFrame, pattern: str) -> DataFrame:
    """What matches a pattern such as (a)-[]->(d); (b)-[]->(d), one row a match. Raises NoGraphFrames."""
    found: DataFrame = graph_frame(edges).find(pattern)
    return found
