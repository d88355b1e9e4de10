"""The parts that the graph falls into, the largest of them told by name.

Nodes are 64-bit keys, odd for an account and even for a domain, so that they are counted by kind without their names.
Two nodes of one key are one (at 10 million of each kind the chance is 1 in 100,000).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.arrays import Ints, common_positions
from lib.components.forest import components
from lib.components.graphframes import connected
from lib.components.merging import Where, forests

TOLD = "part int, links bigint, members array<string>"
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Component:
    """A part of the graph that no link leaves. `members` are its smallest names, at most as many as were asked for."""

    accounts: int
    domains: int
    links: int
    members: Sequence[str]


@dataclass(frozen=True)
class Parts:
    """How many there are; of the largest, accounts and domains, and the sorted keys of the domains with their parts."""

    total: int
    accounts: Ints
    domains: Ints
    keys: Ints
    part: Ints


def largest_components(edges: DataFrame, *, members: int, limit: int, where: Where) -> tuple[int, Sequence[Component]]:
    """Of `graph_edges`, how many parts there are, and at most `limit` of the largest, the largest first.

    Of parts of one size, those with the smallest keys are taken. The driver takes 100 bytes for each node of each
    partition; where that is too much, GraphFrames leaves it the domains of the largest parts. Raises NoGraphFrames.
    """
    links = edges.select(account_key().alias("left"), domain_key().alias("right"))
    parts = parts_by_graphframes(links, limit) if where == "graphframes" else parts_on_driver(forests(links), limit)
    result = told(edges, parts, members)
    return parts.total, sorted(result, key=lambda part: (-(part.accounts + part.domains), part.members))


def account_key() -> Column:
    return F.xxhash64("account_id").bitwiseOR(F.lit(1))


def domain_key() -> Column:
    return F.xxhash64("domain").bitwiseAND(F.lit(-2))


def parts_on_driver(links: DataFrame, limit: int) -> Parts:
    table = links.toArrow()
    nodes, root = components(*(table[side].to_numpy().astype(np.int64) for side in ("left", "right")))
    _, part = np.unique(root, return_inverse=True)
    size = np.bincount(part)
    accounts = np.bincount(part, weights=nodes & 1).astype(np.int64)
    largest = np.argsort(-size, kind="stable")[:limit]  # parts ascend by their smallest keys
    rank = np.full(len(size), -1)
    rank[largest] = np.arange(len(largest))
    chosen = (nodes & 1 == 0) & (rank[part] >= 0)
    return Parts(len(size), accounts[largest], (size - accounts)[largest], nodes[chosen], rank[part][chosen])


def parts_by_graphframes(links: DataFrame, limit: int) -> Parts:
    vertices = links.select(F.explode(F.array("left", "right")).alias("id")).distinct()
    result = connected(vertices, links.select(F.col("left").alias("src"), F.col("right").alias("dst")))
    try:
        sizes = result.groupBy("component").agg(F.count("*").alias("size"), F.expr("sum(id & 1)").alias("accounts"))
        total = sizes.count()
        largest = sizes.orderBy(F.desc("size"), "component").limit(limit).toArrow()
        component, size, accounts = (largest[name].to_numpy().astype(np.int64) for name in largest.column_names)
        ranked = pa.table({"component": component, "part": np.arange(len(component))})
        ranks = F.broadcast(links.sparkSession.createDataFrame(ranked))
        domains = result.where("id & 1 = 0").join(ranks, "component").select("id", "part").toArrow().sort_by("id")
    finally:
        result.unpersist()
    keys, part = (domains[name].to_numpy().astype(np.int64) for name in ("id", "part"))
    return Parts(total, accounts, size - accounts, keys, part)


def told(edges: DataFrame, parts: Parts, members: int) -> list[Component]:
    """With the links of each part and its smallest names, at most so many as `members`."""
    shared = edges.sparkSession.sparkContext.broadcast((parts.keys, parts.part))

    def run(batches: Batches) -> Batches:
        for batch in batches:
            yield parts_in(batch, *shared.value, members=members)

    try:
        rows = edges.select("account_id", "domain", domain_key().alias("key")).mapInArrow(run, TOLD).collect()
    finally:
        shared.destroy()
    links, names = [0] * len(parts.accounts), [set[str]() for _ in parts.accounts]
    for row in rows:
        links[row["part"]] += row["links"]
        names[row["part"]].update(row["members"])
    counts = zip(parts.accounts.tolist(), parts.domains.tolist(), links, names, strict=True)
    return [Component(of_a, of_d, of_links, nsmallest(members, result)) for of_a, of_d, of_links, result in counts]


def parts_in(batch: pa.RecordBatch, keys: Ints, part: Ints, *, members: int) -> pa.RecordBatch:
    """Links and smallest names of the parts in a batch of edges; `part` is that of each of the sorted `keys`."""
    key = batch["key"].to_numpy()
    at, known = common_positions(keys, key)
    result, count = np.unique(part[at], return_counts=True)
    of_edge = np.full(len(key), -1)
    of_edge[known] = part[at]
    smallest = [smallest_names(batch.filter(pa.array(of_edge == one)), members) for one in result]
    columns = [pa.array(result, pa.int32()), pa.array(count, pa.int64()), pa.array(smallest, pa.list_(pa.string()))]
    return pa.RecordBatch.from_arrays(columns, names=["part", "links", "members"])


def smallest_names(edges: pa.RecordBatch, members: int) -> Sequence[str]:
    return nsmallest(members, {name for side in ("account_id", "domain") for name in edges[side].unique().to_pylist()})
