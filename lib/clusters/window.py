"""What accounts show over the window, as rows of Spark and as arrays."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lib.arrays import Ints
from lib.clusters.incidence import Shown, hub, shown_rows
from lib.config import Attribute, ClusterSettings
from lib.features.attributes import Rows, attribute_values

VALUE = ("account_id", "attribute", "value")


def window_values(
    attribute_days: DataFrame, account_features: DataFrame, attributes: Mapping[str, Attribute]
) -> DataFrame:
    """One row a tile, and one a value of an account: VALUE, day and minutes (null for attributes of accounts), and the
    hashes account and key. So an account shows a value as often as it did on days of the window.

    Values of an attribute that the settings no longer name are left out.
    """
    acted = F.col("attribute").isin(named(attributes, "interactions"))
    shown = attribute_days.where(acted).select(*VALUE, "day", "minutes")
    if named(attributes, "accounts"):
        are = attribute_values(account_features, attributes, of="accounts", keep=("account_id",))
        shown = shown.unionByName(are, allowMissingColumns=True)
    return shown.withColumns({"account": F.xxhash64("account_id"), "key": F.xxhash64("attribute", "value")})


def named(attributes: Mapping[str, Attribute], of: Rows) -> list[str]:
    return [name for name, a in attributes.items() if a.of == of and a.sql.strip()]


def most_rows(attribute_days: DataFrame, account_features: DataFrame, attributes: Mapping[str, Attribute]) -> int:
    """As many as window_values has at most, but for accounts with several values of an attribute: no value is looked
    at."""
    of_accounts = len(named(attributes, "accounts"))
    return attribute_days.count() + (of_accounts * account_features.count() if of_accounts else 0)


def linking_rows(shown: DataFrame, accounts: int, settings: ClusterSettings) -> DataFrame:
    """account, key and df: without values of one account, without hubs, and of each account the rarest only."""
    df = shown.groupBy("key").agg(F.count("*").alias("df"))
    df = df.where((F.col("df") > 1) & (F.col("df") <= hub(accounts, settings)))
    order = Window.partitionBy("account").orderBy("df", "key")
    ranked = shown.join(df, "key").select("account", "key", "df").withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= settings.values_per_account).drop("rank")


def on_driver(shown: DataFrame) -> Shown:
    return shown_rows(*whole_columns(shown.select("account", "key").toArrow(), "account", "key"))


def whole_columns(rows: pa.Table, *names: str) -> list[Ints]:
    return [rows[name].to_numpy().astype(np.int64) for name in names]


def held_values(shown: DataFrame, keys: Ints) -> pa.Table:
    """The rows of `shown` with the value hashes `keys`, in any order."""
    asked = shown.sparkSession.createDataFrame(pa.table({"key": keys}))
    held = shown.drop("account").join(F.broadcast(asked), "key", "left_semi")
    return held.withColumn("account", F.xxhash64("account_id")).toArrow()  # of few rows, once joined
