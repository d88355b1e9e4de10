"""Connected components of links between numbered nodes, and spanning forests that join the same nodes in fewer links.

Each partition reduces its links to a forest, so that the driver, or GraphFrames where the driver cannot hold them,
merges far fewer.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lib.arrays import Ints
from lib.components.graphframes import check_graphframes, connected

Merger = Literal["driver", "graphframes"]  # what merges the forests of all partitions
LINKS = "left bigint, right bigint"
AT_ONCE = 1_000_000  # links that are reduced together: 100 MB


def components(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """The linked nodes, ascending, and the smallest node of the component of each."""
    nodes, position = np.unique(np.concatenate([left, right]), return_inverse=True)
    i, j = position[: len(left)], position[len(left) :]
    graph = coo_array((np.ones(len(i), np.int8), (i, j)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=False)
    _, smallest = np.unique(component, return_index=True)  # nodes ascend: the first of a component is its smallest
    return nodes, nodes[smallest[component]]


def forest(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Links that join the same nodes, one fewer than nodes in each component."""
    nodes, root = components(left, right)
    return root[nodes != root], nodes[nodes != root]


def reduced(links: Iterable[tuple[Ints, Ints]], *, at_once: int = AT_ONCE) -> tuple[Ints, Ints]:
    """A forest of all links, made of `at_once` more of them at a time, or of as many as it has itself."""
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for more in links:
        parts.append(more)
        if sum(len(left) for left, _ in parts[1:]) >= max(at_once, len(parts[0][0])):
            parts = [forest(*map(np.concatenate, zip(*parts, strict=True)))]
    return forest(*map(np.concatenate, zip(*parts, strict=True)))


def forests(links: DataFrame) -> DataFrame:
    """Rows of LINKS that join the same nodes: in each partition, fewer than the nodes in it."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        left, right = reduced((batch["left"].to_numpy(), batch["right"].to_numpy()) for batch in batches)
        yield pa.RecordBatch.from_arrays([pa.array(left), pa.array(right)], names=["left", "right"])

    return links.select("left", "right").mapInArrow(run, LINKS)


def check_merger(spark: SparkSession, merger: Merger) -> None:
    """Raises NoGraphFrames, so that it is known before any work is done."""
    if merger == "graphframes":
        check_graphframes(spark)


def joined_nodes(links: DataFrame, *, least: int, merger: Merger) -> Ints:
    """The nodes, ascending, of components of at least `least` nodes; `links` are rows of LINKS."""
    if merger == "graphframes":
        return joined_by_graphframes(links, least)
    table = links.toArrow()
    nodes, root = components(*(table[side].to_numpy().astype(np.int64) for side in ("left", "right")))
    _, component, size = np.unique(root, return_inverse=True, return_counts=True)
    return nodes[size[component] >= least]


def joined_by_graphframes(links: DataFrame, least: int) -> Ints:
    """Only the nodes of components that are large enough come to the driver."""
    components = connected(links)
    try:
        large = components.groupBy("component").count().where(F.col("count") >= least)
        table = components.join(large, "component", "left_semi").select("id").toArrow()
    finally:
        components.unpersist()
    return np.sort(table["id"].to_numpy().astype(np.int64))
