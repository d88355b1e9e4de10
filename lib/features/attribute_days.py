"""One day of an account and a value of an expert attribute."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.config import Attribute
from lib.features.attributes import shown_values

DAY = ("account_id", "day")


def attribute_days(interactions: DataFrame, attributes: Mapping[str, Attribute], *, minutes: int) -> DataFrame:
    """How often each account showed each value, by day, and in which minutes."""
    dated = interactions.withColumn("_minute", F.hour("event_time") * 60 + F.minute("event_time"))
    # What is kept must be of the expression's own rows, so the minute is made before the values are.
    shown = shown_values(dated, attributes, of="interactions", keep=(*DAY, "_minute"))
    # Hardly any value comes twice in a part, so that to sort and to count them before the shuffle is in vain.
    return (
        shown.repartition(*DAY)
        .groupBy(*DAY, "attribute", "value")
        .agg(F.count("*").alias("interactions"), sampled(F.collect_set("_minute"), minutes).alias("minutes"))
    )


def sampled(distinct: Column, size: int) -> Column:
    """The `size` of these minutes with the smallest hashes, ascending: what acts together is kept together."""
    hashed = F.sort_array(F.transform(distinct, lambda m: F.struct(F.xxhash64(m).alias("hash"), m.alias("minute"))))
    chosen = F.when(F.size(distinct) > size, F.slice(hashed, 1, size)["minute"]).otherwise(distinct)
    return F.sort_array(chosen)
