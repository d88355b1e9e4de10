"""Links of many partitions, merged into components: on the driver, or by GraphFrames where it cannot hold them."""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lib.arrays import Ints
from lib.components.forest import components, forest
from lib.components.graphframes import check_graphframes, connected

Where = Literal["driver", "graphframes"]
LINKS = "left bigint, right bigint"
AT_ONCE = 1_000_000  # 100 MB


def check_merging(spark: SparkSession, where: Where) -> None:
    """Raises NoGraphFrames, so that it is known before any work is done."""
    if where == "graphframes":
        check_graphframes(spark)


def forests(links: DataFrame) -> DataFrame:
    """Rows of LINKS that join the same nodes: in each partition, fewer than the nodes in it."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        left, right = reduced((batch["left"].to_numpy(), batch["right"].to_numpy()) for batch in batches)
        yield pa.RecordBatch.from_arrays([pa.array(left), pa.array(right)], names=["left", "right"])

    return links.select("left", "right").mapInArrow(run, LINKS)


def reduced(links: Iterable[tuple[Ints, Ints]], *, at_once: int = AT_ONCE) -> tuple[Ints, Ints]:
    """A forest of all links, made of `at_once` more of them at a time, or of as many as it has itself."""
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for more in links:
        parts.append(more)
        if sum(len(left) for left, _ in parts[1:]) >= max(at_once, len(parts[0][0])):
            parts = [forest(*map(np.concatenate, zip(*parts, strict=True)))]
    return forest(*map(np.concatenate, zip(*parts, strict=True)))


def joined(links: DataFrame, *, least: int, where: Where) -> Ints:
    """The accounts, ascending, that rows of LINKS join to at least `least`, themselves included."""
    if where == "graphframes":
        return joined_by_graphframes(links, least)
    table = links.toArrow()
    nodes, root = components(*(table[side].to_numpy().astype(np.int64) for side in ("left", "right")))
    _, place, size = np.unique(root, return_inverse=True, return_counts=True)
    return nodes[size[place] >= least]


def joined_by_graphframes(links: DataFrame, least: int) -> Ints:
    """Only those accounts come to the driver."""
    vertices = links.select(F.explode(F.array("left", "right")).alias("id")).distinct()
    result = connected(vertices, links.select(F.col("left").alias("src"), F.col("right").alias("dst")))
    try:
        large = result.groupBy("component").count().where(F.col("count") >= least)
        table = result.join(large, "component", "left_semi").select("id").toArrow()
    finally:
        result.unpersist()
    return np.sort(table["id"].to_numpy().astype(np.int64))
