"""Passes over the blocks against dense algebra; the nodes' keys come from Spark."""

from datetime import date

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.arrays import Array
from lib.graph import passes
from lib.graph.blocks import graph_blocks
from lib.graph.passes import graph_of
from schemas.scores import GRAPH_EDGES
from tests.support.builders import ago, rows
from tests.support.graph_oracle import normalised

# Rows are accounts, columns are domains; c2 stands for one account's only link, c0 for a hub.
WEIGHTS = np.array([[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [3.0, 0.0, 0.25], [0.1, 0.0, 0.0], [0.0, 0.7, 0.0]])


@pytest.fixture(scope="module")
def edges(spark: SparkSession) -> DataFrame:
    return rows(
        GRAPH_EDGES,
        *(
            {"account_id": f"u{u}", "domain": f"d{d}", "weight": float(WEIGHTS[u, d]), "last_day": ago(int(u))}
            for u, d in zip(*np.nonzero(WEIGHTS), strict=True)
        ),
    )


def keys_of(spark: SparkSession, prefix: str, number: int) -> Array:
    names = spark.range(number).select(F.xxhash64(F.concat(F.lit(prefix), "id")).alias("key"))
    return np.array([row["key"] for row in names.collect()])


@pytest.mark.parametrize("blocks", [1, 3, 8])
def test_a_pass_is_a_product_with_the_whole_matrix(spark: SparkSession, edges: DataFrame, blocks: int) -> None:
    s = normalised(WEIGHTS)
    accounts, domains = keys_of(spark, "u", 5), keys_of(spark, "d", 3)
    by_key = np.argsort(domains)
    x, y = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]), np.array([[1.0, 0.0], [0.5, 0.25]])
    seeded = [1, 4]  # accounts
    order = np.argsort(accounts[seeded])
    with graph_of(graph_blocks(edges, blocks)) as graph, graph.in_memory():
        np.testing.assert_array_equal(graph.keys, domains[by_key])
        np.testing.assert_allclose(graph.degrees, WEIGHTS.sum(0)[by_key])
        newest = np.array([(ago(days) - date(1970, 1, 1)).days for days in (0, 1, 2)])
        np.testing.assert_array_equal(graph.last_days, newest[by_key])
        np.testing.assert_allclose(graph.gram(x[by_key]), (s.T @ s @ x)[by_key], atol=1e-12)
        handed = graph.from_accounts(accounts[seeded][order], y[order])
        np.testing.assert_allclose(handed, (s[seeded].T @ y)[by_key], atol=1e-12)
        mass = graph.account_mass(accounts[seeded][order], y[order], x[by_key], damping=0.5)
        np.testing.assert_allclose(mass, (0.5 * s @ x)[seeded][order] + 0.5 * y[order], atol=1e-12)
        wanted = np.sort(np.append(accounts[[0, 3]], [7, -7]))
        np.testing.assert_array_equal(wanted[graph.has_accounts(wanted)], np.sort(accounts[[0, 3]]))


def test_tasks_share_the_blocks_evenly_however_files_hold_them(
    spark: SparkSession, edges: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "EDGES_PER_TASK", 1)
    tasks = spark.sparkContext.defaultParallelism
    with graph_of(graph_blocks(edges, 64).coalesce(1)) as graph:
        result = graph.matrices.select("block", F.spark_partition_id().alias("task")).collect()
    assert tasks > 1
    assert len(result) > 1
    assert {row.block: row.task for row in result} == {row.block: row.block % tasks for row in result}
