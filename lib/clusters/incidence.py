"""Which account has which attribute value over the window: as rows of Spark, and as arrays of numbers.

Accounts and values are numbered, so that one number of 64 bits holds two of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lib.arrays import Bools, Ints, is_first, numbered, packed, starts, unpacked
from lib.config import Attribute, ClusterSettings
from lib.features.attributes import Rows, attribute_values

VALUE = ("account_id", "attribute", "value")


@dataclass(frozen=True)
class Incidence:
    """One element per account and value of it, sorted by account, then value; none twice.

    Accounts and values are positions in `account_ids` and `value_ids`, which ascend. `df` is how many accounts have
    each value.
    """

    account: Ints
    value: Ints
    account_ids: Ints
    value_ids: Ints
    df: Ints
    accounts: int  # N: all accounts, also those without a value that links

    def only(self, chosen: Bools) -> "Incidence":
        """The chosen elements; df and numbers stay as they are."""
        chosen_ones = self.account[chosen], self.value[chosen]
        return Incidence(*chosen_ones, self.account_ids, self.value_ids, self.df, self.accounts)


def incidence_of(account: Ints, value: Ints) -> Incidence:
    """Of ids in any order, some pairs of them twice."""
    account_ids, account = numbered(account)
    value_ids, value = numbered(value)
    both = np.sort(packed(account, value))
    account, value = unpacked(both[is_first(both)])
    df = np.bincount(value, minlength=len(value_ids)).astype(np.int64)
    return Incidence(account, value, account_ids, value_ids, df, len(account_ids))


def product_per_holder(accounts: int, settings: ClusterSettings) -> float:
    """The product df1 * df2 that each holder of a pair of values allows: N by the least lift."""
    return max(settings.rare_share / 2 * accounts, min(settings.small_hub, settings.small_share * accounts))


def hub_limit(accounts: int, settings: ClusterSettings) -> float:
    """A value of more accounts is a hub and never links."""
    return max(2.0, product_per_holder(accounts, settings))


def linkable(incidence: Incidence, settings: ClusterSettings) -> Incidence:
    """Without values of one account, without hubs, and of each account the rarest values only."""
    links = (incidence.df > 1) & (incidence.df <= hub_limit(incidence.accounts, settings))
    incidence = incidence.only(links[incidence.value])
    most = settings.values_per_account
    many = (np.bincount(incidence.account, minlength=1) > most)[incidence.account]
    kept = ~many
    kept[many] = rank_in_account(incidence.only(many)) < most
    return incidence.only(kept)


def rank_in_account(incidence: Incidence) -> Ints:
    """The rank of each value among those of its account, the rarest first; ties break on the value."""
    order = np.lexsort((incidence.value, incidence.df[incidence.value], incidence.account))
    start = starts(incidence.account)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(start[:-1], np.diff(start))
    return rank


def attribute_rows(
    attribute_days: DataFrame, account_features: DataFrame, attributes: Mapping[str, Attribute]
) -> DataFrame:
    """One row per tile, and one per value of an attribute of accounts: VALUE, day and minutes (null for the latter),
    and the hashes account and key. So an account has a value as often as days of the window have it.

    Values of an attribute that the settings no longer name are left out.
    """
    of_interactions = F.col("attribute").isin(names_of(attributes, "interactions"))
    rows = attribute_days.where(of_interactions).select(*VALUE, "day", "minutes")
    if names_of(attributes, "accounts"):
        of_accounts = attribute_values(account_features, attributes, of="accounts", keep=("account_id",))
        rows = rows.unionByName(of_accounts, allowMissingColumns=True)
    return rows.withColumns({"account": F.xxhash64("account_id"), "key": F.xxhash64("attribute", "value")})


def names_of(attributes: Mapping[str, Attribute], of: Rows) -> list[str]:
    return [name for name, a in attributes.items() if a.of == of and a.sql.strip()]


def row_limit(attribute_days: DataFrame, account_features: DataFrame, attributes: Mapping[str, Attribute]) -> int:
    """As many as attribute_rows has at most, unless accounts have several values of an attribute: no value is read."""
    of_accounts = len(names_of(attributes, "accounts"))
    return attribute_days.count() + (of_accounts * account_features.count() if of_accounts else 0)


def linkable_rows(rows: DataFrame, accounts: int, settings: ClusterSettings) -> DataFrame:
    """account, key and df: without values of one account, without hubs, and of each account the rarest only."""
    df = rows.groupBy("key").agg(F.count("*").alias("df"))
    df = df.where((F.col("df") > 1) & (F.col("df") <= hub_limit(accounts, settings)))
    order = Window.partitionBy("account").orderBy("df", "key")
    ranked = rows.join(df, "key").select("account", "key", "df").withColumn("rank", F.row_number().over(order))
    return ranked.where(F.col("rank") <= settings.values_per_account).drop("rank")


def int_columns(table: pa.Table, *names: str) -> list[Ints]:
    return [table[name].to_numpy().astype(np.int64) for name in names]
