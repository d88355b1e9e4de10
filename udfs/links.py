"""registered_domain(url) for Spark SQL: the target of a link, as every table of the lake has it."""

from pyspark.sql import SparkSession

from lib.config import TargetSettings
from lib.text.target_columns import target_column

registered_domain = target_column(TargetSettings(shared_hosts=()))  # without shared hosts: the domain alone


def register(spark: SparkSession, targets: TargetSettings) -> None:
    """Makes registered_domain(url) known to `spark`. Null for null, and for what no browser would open."""
    spark.udf.register("registered_domain", target_column(targets))
