"""What accounts show over the window, as rows of Spark and as arrays."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lib.clusters.attributes import shown_values
from lib.clusters.pairs import Ints, Shown, hub, key_hash, shown_rows
from lib.config import Attribute, ClusterSettings

VALUE = ("account_id", "attribute", "value")


def window_values(
    attribute_days: DataFrame, account_features: DataFrame, attributes: Mapping[str, Attribute]
) -> DataFrame:
    """One row an account and value: VALUE, last_day (null for attributes of accounts), and the hashes account and key.

    Values of an attribute that the settings no longer name are left out.
    """
    named = [name for name, a in attributes.items() if a.of == "interactions" and a.sql.strip()]
    acted = attribute_days.where(F.col("attribute").isin(named))
    acted = acted.groupBy(*VALUE).agg(F.max("day").alias("last_day"))
    are = shown_values(account_features, attributes, of="accounts", keep=("account_id",))
    return (
        acted.unionByName(are, allowMissingColumns=True)
        .withColumn("account", F.xxhash64("account_id"))
        .withColumn("key", F.xxhash64("attribute", "value"))
    )


def linking_rows(shown: DataFrame, accounts: int, settings: ClusterSettings) -> DataFrame:
    """account, key and df: without values of one account, without hubs, and of each account the rarest only."""
    df = shown.groupBy("key").agg(F.count("*").alias("df"))
    df = df.where((F.col("df") > 1) & (F.col("df") <= hub(accounts, settings)))
    order = Window.partitionBy("account").orderBy("df", "key")
    ranked = shown.join(df, "key").select("account", "key", "df").withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= settings.values_per_account).drop("rank")


def on_driver(shown: DataFrame, most: int) -> Shown | None:
    """All rows as arrays, or None where there are more than `most`."""
    table = shown.select("account", "key").limit(most + 1).toArrow()
    if table.num_rows > most:
        return None
    return shown_rows(*(table[name].to_numpy().astype(np.int64) for name in ("account", "key")))


def held_values(shown: DataFrame, keys: Ints, took_part: NDArray[np.uint64]) -> pd.DataFrame:
    """The rows of `shown` with the value hashes `keys`, ordered by VALUE. `took_part` are hashes of account and value
    of the rows that took part in linking: the others, beyond the rarest of their account, are left out."""
    values = shown.sparkSession.createDataFrame(pd.DataFrame({"key": keys}), "key bigint")
    held = shown.join(F.broadcast(values), "key").toPandas()
    account, key = (held[name].to_numpy().astype(np.int64) for name in ("account", "key"))
    return held[np.isin(key_hash(account, key), took_part)].sort_values(list(VALUE), ignore_index=True)
