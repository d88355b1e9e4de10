"""Clusters of accounts with ten attributes each and planted groups, compared with DuckDB and scipy in one process.

The job finds, describes and scores the clusters and writes its three tables; DuckDB and scipy find them by the same
rule and write the cluster of each account. Recall and precision are the job's, of accounts of planted groups.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.arrays import Ints
from lib.config import ATTRIBUTES
from lib.evaluation.cluster_evaluation import ClusterFigures, coded, figures
from lib.evaluation.network_groups import ALONE
from schemas.features import ACCOUNT_FEATURES
from schemas.scores import ACCOUNT_CLUSTERS
from schemas.tiles import ATTRIBUTE_DAYS
from tests.benchmarks.clustering_alone import clusters_alone
from tests.benchmarks.ground import DAY, Ground, columns_of, ground
from tests.benchmarks.measuring import interleaved, report
from tests.support.planted import VARIETY, planted

ACCOUNTS_A_GROUP = 400  # of the platform: a twentieth of the accounts is in one
NAMES = [f"attribute_{number}" for number in range(len(VARIETY))]
SETTINGS = {
    **{name: {"sql": ""} for name in ATTRIBUTES},
    **{name: {"sql": "client"} for name in NAMES},  # tiles are written directly: only the names matter
}


def bench(folder: Path, accounts: int, runs: int) -> None:
    out = str(folder / "alone.parquet")
    with ground(folder, rows=accounts * len(VARIETY), attributes=SETTINGS) as workspace:
        group = prepare(workspace, accounts)
        files = workspace.files(ATTRIBUTE_DAYS)
        works = {
            "clear": lambda: workspace.clear("find_clusters"),
            "ours": lambda: workspace.run("find_clusters"),
            "alone": lambda: workspace.alone(clusters_alone, files, out, workspace.workspace.config.clusters),
        }
        result = interleaved(works, runs=runs)
        ours = figures_of(
            workspace.workspace.lake.read(ACCOUNT_CLUSTERS).select("account_id", "cluster_id").toArrow(), group
        )
        theirs = figures_of(pq.read_table(out), group)
        workspace.clear("find_clusters")
        memory = workspace.peak_of(lambda: workspace.run("find_clusters"))
    details = {"peak_gb": f"{memory:.1f}", "accounts": f"{accounts}"}
    details |= {name: f"{getattr(ours, name):.3f}" for name in ("recall", "precision", "ari")}
    details |= {f"other_{name}": f"{getattr(theirs, name):.3f}" for name in ("recall", "precision")}
    report("clusters", result["ours"], result["alone"], "2", **details)


def prepare(workspace: Ground, accounts: int) -> Ints:
    """The group of each account."""
    account, attribute, value, group = planted(accounts=accounts, groups=accounts // ACCOUNTS_A_GROUP, seed=1)
    path = workspace.folder / "values.parquet"
    values = {"number": account, "attribute": attribute.astype(np.int32), "value": value}
    pq.write_table(pa.table(values), path, row_group_size=1_000_000)
    lay_tiles(workspace, workspace.workspace.spark.read.parquet(str(path)))
    path.unlink()
    everyone = workspace.workspace.spark.range(accounts).withColumnRenamed("id", "number")
    columns = {"day": F.lit(DAY), "account_id": account_name(), "hours": F.array_repeat(F.lit(1).cast("bigint"), 24)}
    workspace.lay(ACCOUNT_FEATURES, everyone.select(*columns_of(ACCOUNT_FEATURES, columns)))
    return group


def lay_tiles(workspace: Ground, values: DataFrame) -> None:
    """Each value occurred once, on some day of the four weeks and in some minute."""
    hashed = F.xxhash64("number", "attribute")
    names = F.array(*map(F.lit, NAMES))
    rows = values.select(
        F.date_sub(F.lit(DAY), F.pmod(hashed, F.lit(28)).cast("int")).alias("day"),
        account_name().alias("account_id"),
        F.get(names, F.col("attribute")).alias("attribute"),
        F.concat(F.lit("value "), F.col("value").cast("string")).alias("value"),
        F.lit(1).cast("bigint").alias("interactions"),
        F.array(F.pmod(F.shiftright(hashed, 8), F.lit(1440)).cast("int")).alias("minutes"),
    )
    workspace.lay(ATTRIBUTE_DAYS, rows.repartition("day"))


def account_name() -> Column:
    """Its number, which `figures_of` reads, after a few letters."""
    return F.concat(F.lit("account-"), F.lpad(F.col("number").cast("string"), 9, "0"))


def figures_of(members: pa.Table, group: Ints) -> ClusterFigures:
    """`members` are rows of an account's id and its cluster."""
    number = np.array([int(account[-9:]) for account in members[0].to_pylist()], np.int64)
    cluster = np.full(len(group), ALONE, np.int64)
    cluster[number] = coded([members[1].cast(pa.string())])[1][0]
    return figures(cluster, group)
