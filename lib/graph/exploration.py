"""What analysts ask of the graph: the neighbours of an entity, and motifs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lib.arrays import Ints, common_positions
from lib.components.graphframes import connected, matches
from lib.components.spanning_forests import Merger, components, forests

NODE = {"account": "account_id", "domain": "domain"}
OTHER = {"account": "domain", "domain": "account"}


def neighbours(edges: DataFrame, scores: DataFrame, *, kind: str, entity_id: str) -> DataFrame:
    """One row per neighbour, the heaviest link first: its entity_kind and entity_id, weight, last_day, score and label.

    `scores` are graph_scores of the day; score and label are null where they have no row.
    """
    other = OTHER[kind]
    scored = scores.where(F.col("entity_kind") == other).select("entity_id", "score", F.col("seed").alias("label"))
    links = edges.where(F.col(NODE[kind]) == entity_id)
    near = links.select(F.lit(other).alias("entity_kind"), F.col(NODE[other]).alias("entity_id"), "weight", "last_day")
    return near.join(scored, "entity_id", "left").select(
        "entity_kind", "entity_id", "weight", "last_day", "score", "label"
    ).orderBy(F.desc("weight"), "entity_id")  # fmt: skip


def motifs(edges: DataFrame, pattern: str) -> DataFrame:
    """One row per match in `graph_edges` of a pattern such as (a)-[]->(d); (b)-[]->(d).

    Links go from accounts to domains. Raises NoGraphFrames.
    """
    return matches(*vertices_and_links(edges), pattern)


def vertices_and_links(edges: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Vertices id and kind, and links src (an account), dst (a domain) and weight, of `graph_edges`.

    The ids of accounts begin with account: and those of domains with domain:, as one name may be both.
    """
    src, dst = (F.concat(F.lit(f"{kind}:"), F.col(name)) for kind, name in NODE.items())
    links = edges.select(src.alias("src"), dst.alias("dst"), "weight")
    vertices = links.select(F.explode(F.array("src", "dst")).alias("id")).distinct()
    return vertices.withColumn("kind", F.substring_index("id", ":", 1)), links


MEMBERS = "component int, links bigint, members array<string>"
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Component:
    """`members` are its smallest names, at most as many as were asked for."""

    accounts: int
    domains: int
    links: int
    members: Sequence[str]


@dataclass(frozen=True)
class LargestKeys:
    """How many components there are; of the largest, the number of accounts and of domains; and the sorted keys of
    their domains, each with the position of its component among these."""

    total: int
    accounts: Ints
    domains: Ints
    keys: Ints
    component: Ints


def largest_components(
    edges: DataFrame, *, members: int, limit: int, merger: Merger
) -> tuple[int, Sequence[Component]]:
    """Of `graph_edges`, how many components there are, and at most `limit` of the largest, the largest first.

    Of components of one size, those with the smallest keys are taken. The driver takes 100 bytes for each node of each
    partition; where that is too much, GraphFrames leaves it the domains of the largest ones. Raises NoGraphFrames.
    """
    links = edges.select(account_key().alias("left"), domain_key().alias("right"))
    largest = largest_by_graphframes(links, limit) if merger == "graphframes" else largest_on_driver(links, limit)
    result = with_members(edges, largest, members)
    return largest.total, sorted(result, key=lambda one: (-(one.accounts + one.domains), one.members))


def account_key() -> Column:
    return F.xxhash64("account_id").bitwiseOR(F.lit(1))


def domain_key() -> Column:
    return F.xxhash64("domain").bitwiseAND(F.lit(-2))


def largest_on_driver(links: DataFrame, limit: int) -> LargestKeys:
    table = forests(links).toArrow()
    nodes, root = components(*(table[side].to_numpy().astype(np.int64) for side in ("left", "right")))
    _, component = np.unique(root, return_inverse=True)
    size = np.bincount(component)
    accounts = np.bincount(component, weights=nodes & 1).astype(np.int64)
    largest = np.argsort(-size, kind="stable")[:limit]  # components ascend by their smallest keys
    rank = np.full(len(size), -1)
    rank[largest] = np.arange(len(largest))
    chosen = (nodes & 1 == 0) & (rank[component] >= 0)
    domains = (size - accounts)[largest]
    return LargestKeys(len(size), accounts[largest], domains, nodes[chosen], rank[component][chosen])


def largest_by_graphframes(links: DataFrame, limit: int) -> LargestKeys:
    result = connected(links)
    try:
        sizes = result.groupBy("component").agg(F.count("*").alias("size"), F.expr("sum(id & 1)").alias("accounts"))
        total = sizes.count()
        largest = sizes.orderBy(F.desc("size"), "component").limit(limit).toArrow()
        component, size, accounts = (largest[name].to_numpy().astype(np.int64) for name in largest.column_names)
        ranked = pa.table({"component": component, "rank": np.arange(len(component))})
        ranks = F.broadcast(links.sparkSession.createDataFrame(ranked))
        domains = result.where("id & 1 = 0").join(ranks, "component").select("id", "rank").toArrow().sort_by("id")
    finally:
        result.unpersist()
    keys, rank = (domains[name].to_numpy().astype(np.int64) for name in ("id", "rank"))
    return LargestKeys(total, accounts, size - accounts, keys, rank)


def with_members(edges: DataFrame, largest: LargestKeys, members: int) -> list[Component]:
    """With the links of each component and its smallest names, at most so many as `members`."""
    shared = edges.sparkSession.sparkContext.broadcast((largest.keys, largest.component))

    def run(batches: Batches) -> Batches:
        for batch in batches:
            yield members_in(batch, *shared.value, members=members)

    try:
        rows = edges.select("account_id", "domain", domain_key().alias("key")).mapInArrow(run, MEMBERS).collect()
    finally:
        shared.destroy()
    links, names = [0] * len(largest.accounts), [set[str]() for _ in largest.accounts]
    for row in rows:
        links[row["component"]] += row["links"]
        names[row["component"]].update(row["members"])
    counts = zip(largest.accounts.tolist(), largest.domains.tolist(), links, names, strict=True)
    return [Component(of_a, of_d, of_links, nsmallest(members, own)) for of_a, of_d, of_links, own in counts]


def members_in(batch: pa.RecordBatch, keys: Ints, component: Ints, *, members: int) -> pa.RecordBatch:
    """Links and smallest names of the components in a batch of edges; `component` is that of each of the sorted
    `keys`."""
    key = batch["key"].to_numpy()
    at, known = common_positions(keys, key)
    numbers, count = np.unique(component[at], return_counts=True)
    of_edge = np.full(len(key), -1)
    of_edge[known] = component[at]
    smallest = [smallest_names(batch.filter(pa.array(of_edge == number)), members) for number in numbers]
    columns = [pa.array(numbers, pa.int32()), pa.array(count, pa.int64()), pa.array(smallest, pa.list_(pa.string()))]
    return pa.RecordBatch.from_arrays(columns, names=["component", "links", "members"])


def smallest_names(edges: pa.RecordBatch, members: int) -> Sequence[str]:
    return nsmallest(members, {name for side in ("account_id", "domain") for name in edges[side].unique().to_pylist()})
