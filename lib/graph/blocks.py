"""The account-domain graph, cut by a hash of the account into blocks, each a sparse matrix and the names of its nodes.

A block is one row, its arrays raw bytes: so that it is stored, cached, spilled and recomputed as any other row, and
goes from Spark to numpy in bulk. Nodes have 64-bit keys, the `xxhash64` of their names. Two domains of one key are one
node with two names (at 10 million domains the chance is 3 in a million), and each still has its row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_array

from lib.arrays import Array, Floats, Ints, Ints32, Positions
from schemas.scores import GRAPH_BLOCKS

BLOCK = ", ".join(f"{column.name} {column.type}" for column in GRAPH_BLOCKS.columns if column.name != "day")
Stored = dict[str, Any]  # the values of a row of graph_blocks, or of some of its columns, as Arrow scalars


@dataclass(frozen=True)
class Block:
    """All edges of some accounts. Both kinds of node are in the order of their names."""

    number: int
    weights: csr_array  # accounts x domains of the block

    @cached_property
    def account_degrees(self) -> Floats:
        return np.asarray(self.weights.sum(axis=1), dtype=np.float64)

    def of_accounts(self, places: Positions) -> "Block":
        return Block(self.number, self.weights[places])


def graph_blocks(edges: DataFrame, blocks: int) -> DataFrame:
    """One row per block that has edges, in columns BLOCK.

    What a partition has of a block becomes a row first: it takes a few large values, and not all edges, to bring the
    pieces of a block together.
    """
    keyed = edges.select(
        F.pmod(F.xxhash64("account_id"), F.lit(blocks)).cast("int").alias("block"),
        "account_id",
        "domain",
        F.xxhash64("account_id").alias("account_key"),
        F.xxhash64("domain").alias("domain_key"),
        "weight",
        "last_day",
    )
    return keyed.mapInArrow(pieces, BLOCK).groupBy("block").applyInArrow(put_together, BLOCK)


def pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The edges of a partition, a row of BLOCK a block."""
    edges = [batch for batch in batches if batch.num_rows]
    if edges:
        table = pa.Table.from_batches(edges)
        block = table["block"].to_numpy()
        for number in np.unique(block):
            yield piece(int(number), table.filter(pa.array(block == number)))


@dataclass(frozen=True)
class Side:
    """The nodes of one kind, by name, and the place of each of the given ones among them."""

    names: "pa.Array[Any]"
    keys: Ints
    days: Ints32
    place: Positions


def side(names: "pa.ChunkedArray[Any]", keys: Ints, days: Ints32) -> Side:
    """Of nodes that may be given more than once; the newest of their days counts."""
    distinct, place = coded(names)
    of_nodes, newest = np.empty(len(distinct), np.int64), np.full(len(distinct), np.iinfo(np.int32).min, np.int32)
    of_nodes[place] = keys
    np.maximum.at(newest, place, days)
    return Side(distinct, of_nodes, newest, place)


def piece(number: int, edges: pa.Table) -> pa.RecordBatch:
    days = edges["last_day"].cast(pa.int32()).to_numpy()
    accounts = side(edges["account_id"], edges["account_key"].to_numpy(), days)
    domains = side(edges["domain"], edges["domain_key"].to_numpy(), days)
    return block_row(number, accounts, domains, accounts.place, domains.place, edges["weight"].to_numpy())


def put_together(parts: pa.Table) -> pa.Table:
    """One row, of all the pieces of a block."""
    accounts, domains = (
        side(
            pa.chunked_array([names.values for names in parts[f"{kind}s"]]),
            joined(parts[f"{kind}_keys"], np.int64),
            joined(parts[f"{kind}_days"], np.int32),
        )
        for kind in ("account", "domain")
    )
    rows, columns, first_row, first_column = [], [], 0, 0
    for names, others, indptr, indices in zip(
        *(parts[name] for name in ("accounts", "domains", "indptr", "indices")), strict=True
    ):
        count = np.diff(numbers(indptr, np.int32))
        rows.append(np.repeat(accounts.place[first_row : first_row + len(names)], count))
        columns.append(domains.place[first_column : first_column + len(others)][numbers(indices, np.int32)])
        first_row, first_column = first_row + len(names), first_column + len(others)
    weights = joined(parts["weights"], np.float64)
    row = block_row(
        parts["block"][0].as_py(), accounts, domains, np.concatenate(rows), np.concatenate(columns), weights
    )
    return pa.Table.from_batches([row])


def block_row(
    number: int, accounts: Side, domains: Side, row: Positions, column: Positions, weight: Floats
) -> pa.RecordBatch:
    """A row of BLOCK: the edges go from accounts at `row` to domains at `column`."""
    weights = csr_array((weight, (row, column)), shape=(len(accounts.names), len(domains.names)))
    weights.sort_indices()
    arrays: dict[str, Array] = {
        "account_keys": accounts.keys,
        "account_days": accounts.days,
        "domain_keys": domains.keys,
        "domain_days": domains.days,
        "domain_degrees": np.asarray(weights.sum(axis=0), dtype=np.float64),
        "indptr": weights.indptr.astype(np.int32),
        "indices": weights.indices.astype(np.int32),
        "weights": weights.data,
    }
    columns = {
        "block": pa.array([number], pa.int32()),
        "edges": pa.array([weights.nnz]),
        "accounts": in_one(accounts.names),
        "domains": in_one(domains.names),
    }
    return pa.RecordBatch.from_pydict(columns | {name: pa.array([a.tobytes()]) for name, a in arrays.items()})


def coded(names: "pa.ChunkedArray[Any]") -> tuple["pa.Array[Any]", Positions]:
    """The distinct names, sorted, and the place of each of the given ones among them."""
    encoded = names.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    places = np.empty(len(order), dtype=np.intp)
    places[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), places[encoded.indices.to_numpy()]


def in_one(names: "pa.Array[Any]") -> "pa.Array[Any]":
    """All names as one value: a list array of length 1."""
    return pa.ListArray.from_arrays(pa.array([0, len(names)], pa.int32()), names)


def joined(values: "pa.ChunkedArray[Any]", kind: type[np.generic]) -> Array:
    return np.concatenate([numbers(value, kind) for value in values])


def stored_blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, Stored]]:
    """The blocks of a task: number and stored row of each."""
    for batch in batches:
        for at in range(batch.num_rows):
            stored = {name: batch.column(name)[at] for name in batch.schema.names}
            yield stored["block"].as_py(), stored


def read_block(stored: Stored, domains: int) -> Block:
    """The block of so many domains."""
    indptr, indices = numbers(stored["indptr"], np.int32), numbers(stored["indices"], np.int32)
    weights = (numbers(stored["weights"], np.float64), indices, indptr)
    return Block(stored["block"].as_py(), csr_array(weights, shape=(len(indptr) - 1, domains)))


def numbers(value: pa.BinaryScalar, kind: type[np.generic]) -> Array:
    """The array in a binary value, without a copy."""
    buffer = value.as_buffer()
    return np.empty(0, kind) if buffer is None else np.frombuffer(memoryview(buffer), dtype=kind)


UNITS = 2**30  # an interaction of today: as whole numbers, decayed ones have the same sum in any order


def graph_edges(account_domain_days: DataFrame, *, day: date, window_days: int, half_life_days: float) -> DataFrame:
    """One row per account and a domain that it linked to within the last `window_days` up to `day`.

    The weight is log1p of the interactions, of which one that is `half_life_days` old counts half.
    """
    age = F.date_diff(F.lit(day), "day")
    decayed = F.col("interactions") * F.pow(F.lit(0.5), age / F.lit(half_life_days))
    tiles = account_domain_days.where(age.between(0, window_days - 1) & F.expr("interactions > 0")).select(
        "account_id",
        "domain",
        "day",
        F.round(decayed * UNITS).cast("bigint").alias("units"),
    )
    edges = tiles.repartition("account_id").groupBy("account_id", "domain")  # most pairs are there once
    return (
        edges.agg(F.sum("units").alias("units"), F.max("day").alias("last_day"))
        .where("units > 0")  # with a half-life of minutes, old interactions count nothing at all
        .select(
            F.lit(day).alias("day"),
            "account_id",
            "domain",
            F.log1p(F.col("units") / UNITS).alias("weight"),
            "last_day",
        )
    )


def hub_damped(edges: DataFrame, power: float) -> DataFrame:
    """The edges, each with its weight divided by the number of its domain's accounts to the power of `power`."""
    hubs = edges.groupBy("domain").agg(F.count("*").alias("accounts"))
    weight = F.col("weight") / F.pow("accounts", F.lit(power))
    return edges.join(hubs, "domain").withColumn("weight", weight).select(*edges.columns)
