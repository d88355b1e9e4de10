"""GraphFrames, through its own Python package: motifs for analysts, components of more links than the driver holds.

The package calls classes of its jars, which not every registry has; so they are asked for only when they are used.
"""

from importlib.metadata import version

from graphframes import GraphFrame
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.jars import GRAPHFRAMES

ARTIFACT = f"io.graphframes:graphframes-spark4_2.13:{version('graphframes-py')}"
CLASS_MISSING = ("ClassNotFoundException", "NoClassDefFoundError")


class NoGraphFrames(ImportError):
    """The jars of GraphFrames are not in this session, or not all of them; the message says how to add them."""


def check_graphframes(spark: SparkSession) -> None:
    """Raises NoGraphFrames."""
    matches(spark.createDataFrame([], "id bigint"), spark.createDataFrame([], "src bigint, dst bigint"), "(a)-[]->(b)")


def matches(vertices: DataFrame, edges: DataFrame, pattern: str) -> DataFrame:
    """One row per match of `pattern`, such as (a)-[]->(d); (b)-[]->(d), with the vertices by their names in it.

    `vertices` have an `id`, `edges` go from `src` to `dst`. Raises NoGraphFrames.
    """
    try:
        result: DataFrame = GraphFrame(vertices, edges).find(pattern)
    except Py4JJavaError as error:
        if error.java_exception.getClass().getSimpleName() not in CLASS_MISSING:
            raise
        raise NoGraphFrames(
            f"this needs GraphFrames, and the Spark session lacks {error.java_exception.getMessage()}: name {ARTIFACT} "
            'in spark.options."spark.jars.packages" of winnow.toml, and Spark fetches it from Maven Central; or let '
            f"{GRAPHFRAMES} name its jars, graphframes-spark4_2.13 and graphframes-graphx-spark4_2.13, with a comma "
            "between"
        ) from None
    return result


def connected(links: DataFrame) -> DataFrame:
    """One row per node of `links` (left, right): its `id` and its `component`, the smallest id in it. It is cached.

    Checkpoints go below spark.checkpoint.dir where that is set. Else executors keep them, and where one is lost on the
    way, the command or job fails and is to be run again. Raises NoGraphFrames.
    """
    check_graphframes(links.sparkSession)
    vertices = links.select(F.explode(F.array("left", "right")).alias("id")).distinct()
    graph = GraphFrame(vertices, links.select(F.col("left").alias("src"), F.col("right").alias("dst")))
    local = not has_checkpoints(links.sparkSession)
    result: DataFrame = graph.connectedComponents(useLabelsAsComponents=True, use_local_checkpoints=local)
    return result


def has_checkpoints(spark: SparkSession) -> bool:
    return bool(spark.sparkContext.getCheckpointDir() or spark.conf.get("spark.checkpoint.dir", None))
