"""The one place that builds a SparkSession."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

from lib.config import SparkSettings
from lib.jars import delta_jars, graphframes_jars
from lib.java import ensure_java

FIXED = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    # A function that is longer is never compiled to machine code; Spark then goes operator by operator.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # 128 MB by default: of three such pieces on two cores, one waits.
    "spark.sql.files.maxPartitionBytes": "32m",
    # By the sizes that a shuffle has measured, not by those of files: 10 MB by default.
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "64m",
    # A plain @udf over a file scan can hang in Spark 4.2.0 (SPARK-58241).
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # Else each operation on a column costs two more calls to the JVM, for its line of Python in error messages.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # 50 by default, which is half of a small lake's time.
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    # Each sort and each aggregation takes whole pages, and of a heap of 4 GB a page is 64 MB. See DECISIONS.md.
    "spark.buffer.pageSize": "1m",
    # What Spark keeps must fit into the old half of the heap, else the collector runs in vain: 0.6 by default.
    "spark.memory.fraction": "0.45",
    # No server but on this machine, and none that nobody asked for.
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.showConsoleProgress": "false",
    # The heap is half young: a day's plans and small queries die young. See DECISIONS.md for both sizes.
    "spark.driver.extraJavaOptions": (
        "-XX:+UseSerialGC -XX:NewRatio=1 -XX:ReservedCodeCacheSize=256m -XX:+UseCodeCacheFlushing "
        f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties').as_uri()}"
    ),
}


def build_session(settings: SparkSettings, *, overrides: Mapping[str, str] | None = None) -> SparkSession:
    """The session of this process, with Delta. A second call returns the first one's session.

    Raises JavaMissing where there is no Java 17 or 21, and JarsMissing where WINNOW_GRAPHFRAMES_JAR names no file.
    """
    ensure_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    options = {
        **FIXED,
        "spark.driver.memory": settings.driver_memory,
        "spark.sql.shuffle.partitions": str(settings.shuffle_partitions),
        # Only small ones are put together (below 1 MB): of four on two cores, three tasks take as long as four.
        "spark.sql.adaptive.coalescePartitions.minPartitionNum": str(settings.shuffle_partitions),
        **settings.options,
        **(overrides or {}),
    }
    builder = SparkSession.Builder().master(settings.master).appName("winnow")
    for key, value in options.items():
        builder = builder.config(key, value)
    session: SparkSession = with_jars(builder, options).getOrCreate()
    return session


def with_jars(builder: SparkSession.Builder, options: Mapping[str, str]) -> SparkSession.Builder:
    """Those that are named, and Delta's, which Spark resolves at each start (2.5 s) unless set-up has fetched them."""
    fetched = delta_jars()
    if jars := names(options, "spark.jars") + graphframes_jars() + fetched:
        builder = builder.config("spark.jars", ",".join(jars))
    if fetched:
        return builder
    resolving: SparkSession.Builder = configure_spark_with_delta_pip(builder, names(options, "spark.jars.packages"))
    return resolving


def names(options: Mapping[str, str], key: str) -> list[str]:
    return [name for name in options.get(key, "").split(",") if name]


def jvm(spark: SparkSession) -> Any:
    """The packages of the session's JVM, for public Java APIs: Hadoop's file systems and Delta Kernel.

    PySpark has no public name for it. Only lib.expressions calls what is private to Spark.
    """
    return spark._jvm


def hadoop_configuration(spark: SparkSession) -> Any:
    """The settings of file systems as Spark's own readers see them: those of Hadoop and of the session."""
    session: Any = spark._jsparkSession
    return session.sessionState().newHadoopConf()
