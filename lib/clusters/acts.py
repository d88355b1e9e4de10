"""When members of each cluster acted: the tiles of their common values, brought together."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.clusters.synchrony import Together, together

TOGETHER = "cluster int, acts bigint, close bigint, expected double"


def acts_together(
    attribute_days: DataFrame,
    members: pd.DataFrame,
    values: pd.DataFrame,
    *,
    hours: NDArray[np.float64],
    within: int,
) -> dict[int, Together]:
    """By cluster. `members` has cluster and account_id, `values` cluster, attribute and value: what they share."""
    session = attribute_days.sparkSession
    who = session.createDataFrame(members, "cluster int, account_id string")
    what = session.createDataFrame(values, "cluster int, attribute string, value string")
    acts = (
        attribute_days.where(F.size("minutes") > 0)
        .join(F.broadcast(who), "account_id")
        .join(F.broadcast(what), ["cluster", "attribute", "value"])
        .select(
            "cluster",
            F.xxhash64("account_id").alias("account"),
            F.xxhash64("day", "attribute", "value").alias("occasion"),
            "minutes",
        )
    )

    def of_cluster(rows: pa.Table) -> pa.Table:
        account, occasion, minute = acts_of(rows)
        found = together(account, occasion, minute, hours=hours, within=within)
        columns = {
            "cluster": pa.array([rows["cluster"][0].as_py()], pa.int32()),
            "acts": pa.array([found.acts], pa.int64()),
            "close": pa.array([found.close], pa.int64()),
            "expected": pa.array([found.expected], pa.float64()),
        }
        return pa.table(columns)

    rows = acts.groupBy("cluster").applyInArrow(of_cluster, TOGETHER).collect()
    return {row["cluster"]: Together(row["acts"], row["close"], row["expected"]) for row in rows}


def acts_of(rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """One element a minute: account, occasion (numbered) and minute."""
    minutes = rows["minutes"].combine_chunks()
    number = np.repeat(np.arange(len(rows)), minutes.value_lengths().to_numpy())
    account = rows["account"].to_numpy()[number]
    _, occasion = np.unique(rows["occasion"].to_numpy()[number], return_inverse=True)
    return account, occasion.astype(np.int64), minutes.flatten().to_numpy().astype(np.int64)


def newest(days: pd.Series, otherwise: date) -> date:
    """The newest of some days; `otherwise` where none is known."""
    known = days.dropna()
    return known.max() if len(known) else otherwise
