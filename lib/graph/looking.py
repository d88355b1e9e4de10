"""What is around an entity, and which parts the graph falls into."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lib.clusters.components import grouped

NODE = {"account": "account_id", "domain": "domain"}
Names = NDArray[np.object_]
Places = NDArray[np.intp]
OTHER = {"account": "domain", "domain": "account"}


@dataclass(frozen=True)
class Component:
    """A part of the graph that no link leaves. `members` are its smallest names, at most as many as were asked for."""

    accounts: int
    domains: int
    links: int
    members: Sequence[str]


def neighbours(edges: DataFrame, scores: DataFrame, *, kind: str, entity_id: str) -> DataFrame:
    """One row a neighbour, the heaviest link first: its entity_kind and entity_id, weight, last_day, score and label.

    `scores` are graph_scores of the day; score and label are null where they have no row.
    """
    other = OTHER[kind]
    known = scores.where(F.col("entity_kind") == other).select("entity_id", "score", F.col("seed").alias("label"))
    links = edges.where(F.col(NODE[kind]) == entity_id)
    near = links.select(F.lit(other).alias("entity_kind"), F.col(NODE[other]).alias("entity_id"), "weight", "last_day")
    return near.join(known, "entity_id", "left").select(
        "entity_kind", "entity_id", "weight", "last_day", "score", "label"
    ).orderBy(F.desc("weight"), "entity_id")  # fmt: skip


def components_of(edges: pa.Table, *, members: int) -> list[Component]:
    """Of account_id and domain, the largest part first; in one process, 100 bytes an edge."""
    accounts, row = numbered(edges["account_id"])
    domains, column = numbered(edges["domain"])
    size = len(accounts) + len(domains)
    links = coo_array((np.ones(len(row), np.int8), (row, len(accounts) + column)), shape=(size, size))
    part = connected_components(links, directed=False)[1].astype(np.int64)
    names, links_of = np.concatenate([accounts, domains]), np.bincount(part[row], minlength=size)
    found = [
        component(names, places, len(accounts), int(links_of[n]), members) for n, places in enumerate(grouped(part))
    ]
    return sorted(found, key=lambda c: (-(c.accounts + c.domains), c.members))


def component(names: Names, places: Places, accounts: int, links: int, members: int) -> Component:
    """The first `accounts` of the names are accounts."""
    of_accounts = int((places < accounts).sum())
    return Component(of_accounts, len(places) - of_accounts, links, sorted(names[places])[:members])


def numbered(column: Any) -> tuple[Names, Places]:
    names, place = np.unique(column.to_numpy().astype(object), return_inverse=True)
    return names, place
