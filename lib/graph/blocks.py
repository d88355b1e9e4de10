"""The account-domain graph, cut by a hash of the account into blocks, each a sparse matrix and the names of its nodes.

A block is one row of a DataFrame, its arrays raw bytes, so that it is cached, spilled and recomputed as any other row.
Nodes have 64-bit keys, the `xxhash64` of their names. Two domains of one key are one node with two names (at 10 million
domains the chance is 3 in a million), and each still has its row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_array

from lib.graph.propagation import Matrix

BLOCK = (
    "block int, accounts array<string>, domains array<string>, account_keys binary, account_days binary, "
    "domain_keys binary, domain_days binary, domain_degrees binary, indptr binary, indices binary, weights binary"
)
MATRIX = (
    "block",
    "account_keys",
    "domain_keys",
    "indptr",
    "indices",
    "weights",
)  # all that a pass over the edges needs
Keys = NDArray[np.int64]
Days = NDArray[np.int32]  # since 1970-01-01
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """All edges of some accounts. Both kinds of node are in the order of their names."""

    number: int
    weights: csr_array  # accounts x domains of the block
    account_keys: Keys
    domain_keys: Keys

    @cached_property
    def account_degrees(self) -> Matrix:
        return np.asarray(self.weights.sum(axis=1), dtype=np.float64)

    def domain_places(self, keys: Keys) -> Places:
        """Where its domains are among all the graph's sorted `keys`."""
        return np.searchsorted(keys, self.domain_keys)

    def account_places(self, keys: Keys) -> tuple[Places, Places]:
        """The accounts that are among the sorted `keys`: their places here, and there."""
        at = np.searchsorted(keys, self.account_keys)
        here = np.flatnonzero(at < len(keys))
        here = here[keys[at[here]] == self.account_keys[here]]
        return here, at[here]


def blocks_of(edges: DataFrame, blocks: int) -> DataFrame:
    """One row a block that has edges, in columns BLOCK; each block is a partition."""
    keyed = edges.select(
        F.pmod(F.xxhash64("account_id"), F.lit(blocks)).cast("int").alias("block"),
        "account_id",
        "domain",
        F.xxhash64("account_id").alias("account_key"),
        F.xxhash64("domain").alias("domain_key"),
        "weight",
        "last_day",
    )
    return keyed.repartitionById(blocks, F.col("block")).mapInArrow(build_blocks, BLOCK)


def build_blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    edges = [batch for batch in batches if batch.num_rows]
    if edges:
        table = pa.Table.from_batches(edges)
        block = table["block"].to_numpy()
        for number in np.unique(block):
            yield build_block(int(number), table.filter(pa.array(block == number)))


def build_block(number: int, edges: pa.Table) -> pa.RecordBatch:
    accounts, row = coded(edges["account_id"])
    domains, column = coded(edges["domain"])
    shape = (len(accounts), len(domains))
    weights = csr_array((edges["weight"].to_numpy(), (row, column)), shape=shape)
    weights.sort_indices()
    days = edges["last_day"].cast(pa.int32()).to_numpy()
    arrays: dict[str, NDArray[Any]] = {
        "account_keys": each(row, edges["account_key"].to_numpy(), shape[0]),
        "account_days": newest(row, days, shape[0]),
        "domain_keys": each(column, edges["domain_key"].to_numpy(), shape[1]),
        "domain_days": newest(column, days, shape[1]),
        "domain_degrees": np.asarray(weights.sum(axis=0), dtype=np.float64),
        "indptr": weights.indptr.astype(np.int64),
        "indices": weights.indices.astype(np.int32),
        "weights": weights.data,
    }
    columns = {"block": pa.array([number], pa.int32()), "accounts": in_one(accounts), "domains": in_one(domains)}
    return pa.RecordBatch.from_pydict(columns | {name: pa.array([a.tobytes()]) for name, a in arrays.items()})


def coded(names: "pa.ChunkedArray[Any]") -> tuple["pa.Array[Any]", Places]:
    """The distinct names, sorted, and the place of each row's name among them."""
    encoded = names.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    places = np.empty(len(order), dtype=np.intp)
    places[order] = np.arange(len(order))
    return encoded.dictionary.take(pa.array(order)), places[encoded.indices.to_numpy()]


def in_one(names: "pa.Array[Any]") -> "pa.Array[Any]":
    """All names as one value: a list array of length 1."""
    return pa.ListArray.from_arrays(pa.array([0, len(names)], pa.int32()), names)


def each(node: Places, values: Keys, nodes: int) -> Keys:
    """The value of each node, which is the same in all its rows."""
    found = np.empty(nodes, dtype=np.int64)
    found[node] = values
    return found


def newest(node: Places, days: Days, nodes: int) -> Days:
    found = np.full(nodes, np.iinfo(np.int32).min, dtype=np.int32)
    np.maximum.at(found, node, days)
    return found


Stored = dict[str, Any]  # the values of a row of BLOCK, or of some of its columns, as Arrow scalars


def read_blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[Block, Stored]]:
    """The blocks of a task, each with its stored row."""
    for batch in batches:
        for at in range(batch.num_rows):
            stored = {name: batch.column(name)[at] for name in batch.schema.names}
            yield read_block(stored), stored


def read_block(stored: Stored) -> Block:
    account_keys, domain_keys = numbers(stored["account_keys"], np.int64), numbers(stored["domain_keys"], np.int64)
    matrix = (
        numbers(stored["weights"], np.float64),
        numbers(stored["indices"], np.int32),
        numbers(stored["indptr"], np.int64),
    )
    weights = csr_array(matrix, shape=(len(account_keys), len(domain_keys)))
    return Block(stored["block"].as_py(), weights, account_keys, domain_keys)


def numbers(value: pa.BinaryScalar, kind: type[np.generic]) -> NDArray[Any]:
    """The array in a binary value, without a copy."""
    buffer = value.as_buffer()
    return np.empty(0, kind) if buffer is None else np.frombuffer(memoryview(buffer), dtype=kind)
