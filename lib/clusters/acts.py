"""When members of each cluster acted: the tiles of their common values, brought together."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.clusters.components import grouped
from lib.clusters.synchrony import Together, together

MEMBER_VALUE = "cluster int, account_id string, attribute string, value string"


def acts_together(
    attribute_days: DataFrame, members: pd.DataFrame, *, hours: NDArray[np.float64], within: int
) -> dict[int, Together]:
    """By cluster. `members` has the columns of MEMBER_VALUE: what each member shares with others of its cluster.

    40 bytes a member, value and day come to the driver.
    """
    asked = attribute_days.sparkSession.createDataFrame(members, MEMBER_VALUE)
    acts = (
        attribute_days.where(F.size("minutes") > 0)
        .join(F.broadcast(asked), ["account_id", "attribute", "value"])
        .select(
            "cluster",
            F.xxhash64("account_id").alias("account"),
            F.xxhash64("day", "attribute", "value").alias("occasion"),
            "minutes",
        )
    )
    cluster, account, occasion, minute = acts_of(acts.toArrow())
    return {
        int(cluster[mine[0]]): together(account[mine], occasion[mine], minute[mine], hours=hours, within=within)
        for mine in grouped(cluster)
    }


def acts_of(rows: pa.Table) -> Sequence[NDArray[np.int64]]:
    """One element a minute: cluster, account, occasion (numbered) and minute."""
    minutes = rows["minutes"].combine_chunks()
    number = np.repeat(np.arange(len(rows)), minutes.value_lengths().to_numpy())
    cluster, account = (rows[name].to_numpy().astype(np.int64)[number] for name in ("cluster", "account"))
    _, occasion = np.unique(rows["occasion"].to_numpy()[number], return_inverse=True)
    return cluster, account, occasion.astype(np.int64), minutes.flatten().to_numpy().astype(np.int64)


def newest(days: pd.Series, otherwise: date) -> date:
    """The newest of some days; `otherwise` where none is known."""
    known = days.dropna()
    return known.max() if len(known) else otherwise
