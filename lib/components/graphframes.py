"""The account-domain graph as a GraphFrame: for analysts, and where there are more links than the driver holds.

GraphFrames is a package of the JVM that not every registry has, so it is asked for only when it is used. It is called
as it is: its Python package only wraps it, and is not needed.
"""

from typing import Any

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.jars import GRAPHFRAMES

ADDRESS = "io.graphframes:graphframes-spark4_2.13"
CLASS = "org.graphframes.GraphFrame"


class NoGraphFrames(ImportError):
    """GraphFrames is not in this session, or not all of it; the message says how to add it."""


def check_graphframes(spark: SparkSession) -> None:
    """Raises NoGraphFrames."""
    jvm: Any = spark._jvm
    try:
        result = jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(CLASS)
        result.getMethods()  # which needs all classes that they name: those of its own GraphX as well
    except Py4JJavaError as error:
        raise NoGraphFrames(
            f"this needs GraphFrames, and the Spark session lacks {error.java_exception.getMessage()}: name "
            f'{ADDRESS} with its version in spark.options."spark.jars.packages" of winnow.toml, and Spark fetches it '
            f"from Maven Central; or let {GRAPHFRAMES} name its jars, graphframes-spark4_2.13 and "
            "graphframes-graphx-spark4_2.13, with a comma between"
        ) from None


def graph_frame(vertices: DataFrame, edges: DataFrame) -> Any:
    """The JVM's GraphFrame of `vertices`, each with its id, and of `edges` from src to dst. Raises NoGraphFrames."""
    spark = vertices.sparkSession
    check_graphframes(spark)
    jvm: Any = spark._jvm
    return jvm.org.graphframes.GraphFrame.apply(vertices._jdf, edges._jdf)


def connected(vertices: DataFrame, edges: DataFrame) -> DataFrame:
    """The vertices, each with its `component`: the smallest id in it. Cached; raises NoGraphFrames.

    Its checkpoints go below spark.checkpoint.dir where that is set. Else executors keep them, and where one is lost on
    the way, the command or job fails and is to be run again.
    """
    spark = vertices.sparkSession
    run = graph_frame(vertices, edges).connectedComponents()
    run.setUseLabelsAsComponents(True)
    run.setUseLocalCheckpoints(not has_checkpoints(spark))
    return DataFrame(run.run(), spark)


def has_checkpoints(spark: SparkSession) -> bool:
    return bool(spark.sparkContext.getCheckpointDir() or spark.conf.get("spark.checkpoint.dir", None))


def motifs(edges: DataFrame, pattern: str) -> DataFrame:
    """What of `graph_edges` matches a pattern such as (a)-[]->(d); (b)-[]->(d), one row a match.

    Links go from accounts to domains. Raises NoGraphFrames.
    """
    return DataFrame(graph_frame(*named(edges)).find(pattern), edges.sparkSession)


def named(edges: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Vertices id and kind, and links src (an account), dst (a domain) and weight, of `graph_edges`.

    The ids of accounts begin with account: and those of domains with domain:, as one name may be both.
    """
    src, dst = (
        F.concat(F.lit(f"{kind}:"), F.col(name)) for kind, name in (("account", "account_id"), ("domain", "domain"))
    )
    links = edges.select(src.alias("src"), dst.alias("dst"), "weight")
    vertices = links.select(F.explode(F.array("src", "dst")).alias("id")).distinct()
    return vertices.withColumn("kind", F.substring_index("id", ":", 1)), links
