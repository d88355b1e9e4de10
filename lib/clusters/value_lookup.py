"""Which accounts have the values of the clusters' keys, and when: from hashes to names and days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Hashes, Ints, pair_hash, starts
from lib.clusters.incidence import int_columns
from lib.clusters.linking import Clustering
from lib.clusters.sql_rules import Value

EPOCH = date(1970, 1, 1).toordinal()
NO_DAY = -1


@dataclass(frozen=True)
class ValueLookup:
    accounts: Mapping[int, str]  # hash of an account -> its id
    values: Mapping[int, Value]  # hash of a value -> attribute and value
    holders: Mapping[Value, frozenset[str]]  # all accounts that have it, members or not
    last_days: Mapping[Value, Mapping[str, date]]  # the last day of each holder that has one
    activity: pd.DataFrame  # account, key, day and minute: when accounts had values


EMPTY = ValueLookup({}, {}, {}, {}, pd.DataFrame())


def keys_of_clusters(clustering: Clustering) -> Ints:
    """The hashes of all values by which a cluster is described."""
    positions = [part for c in clustering.clusters for part in (c.keys, c.excepted)]
    chosen = np.concatenate([*positions, np.empty(0, np.int64)]).astype(np.int64)
    return np.unique(np.concatenate([clustering.keys.left[chosen], clustering.keys.right[chosen]]))


def rows_with(rows: DataFrame, keys: Ints) -> pa.Table:
    """Those of attribute_rows whose value hashes are among `keys`, in any order."""
    wanted = rows.sparkSession.createDataFrame(pa.table({"key": keys}))
    chosen = rows.drop("account").join(F.broadcast(wanted), "key", "left_semi")
    return chosen.withColumn("account", F.xxhash64("account_id")).toArrow()  # hashed again: few rows, once joined


def build_lookup(rows: pa.Table, participants: Hashes) -> ValueLookup:
    """`rows` are of attribute_rows. `participants` are pair_hash of account and value of what took part in linking: the
    rest, beyond the rarest values of an account, is left out."""
    rows = rows.filter(np.isin(pair_hash(*int_columns(rows, "account", "key")), participants))
    account, key = int_columns(rows, "account", "key")
    day = rows["day"].cast(pa.int32()).fill_null(NO_DAY).to_numpy().astype(np.int64)
    distinct, (ids,) = first_rows(account, rows, "account_id")
    accounts = dict(zip(distinct, ids, strict=True))
    distinct, columns = first_rows(key, rows, "attribute", "value")
    values = dict(zip(distinct, zip(*columns, strict=True), strict=True))
    holders, last_days = by_value(account, key, day, accounts, values)
    return ValueLookup(accounts, values, holders, last_days, activity_rows(rows, account, key, day))


def first_rows(ids: Ints, rows: pa.Table, *names: str) -> tuple[list[int], list[list[str]]]:
    """The distinct ids, and for each column in `names` what the first row of each id has."""
    distinct, first = np.unique(ids, return_index=True)
    return distinct.tolist(), [rows[name].take(pa.array(first)).to_pylist() for name in names]


def by_value(
    account: Ints, key: Ints, day: Ints, accounts: Mapping[int, str], values: Mapping[int, Value]
) -> tuple[Mapping[Value, frozenset[str]], Mapping[Value, Mapping[str, date]]]:
    """The holders of each value, and the last day of each."""
    order = np.lexsort((day, account, key))
    account, key, day = account[order], key[order], day[order]
    last = np.ones(len(order), np.bool_)
    last[:-1] = (key[1:] != key[:-1]) | (account[1:] != account[:-1])
    account, key, day = account[last], key[last], day[last]
    ids = [accounts[a] for a in account.tolist()]
    calendar = {number: date.fromordinal(EPOCH + number) for number in np.unique(day).tolist() if number >= 0}
    days = [calendar.get(number) for number in day.tolist()]
    holders, last_days = {}, {}
    bounds = starts(key)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        value = values[int(key[start])]
        holders[value] = frozenset(ids[start:end])
        last_days[value] = {a: d for a, d in zip(ids[start:end], days[start:end], strict=True) if d}
    return holders, last_days


def activity_rows(rows: pa.Table, account: Ints, key: Ints, day: Ints) -> pd.DataFrame:
    """One row per minute; `day` is since 1970."""
    minutes = rows["minutes"].combine_chunks()
    row = np.repeat(np.arange(len(rows)), minutes.value_lengths().fill_null(0).to_numpy())
    minute = minutes.flatten().to_numpy().astype(np.int64)
    return pd.DataFrame({"account": account[row], "key": key[row], "day": day[row], "minute": minute})
