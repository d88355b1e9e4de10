"""Passes over the blocks of the graph: what the driver asks of all edges at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.sparse import csr_array

from lib.graph.blocks import MATRIX, Block, Days, Keys, blocks_of, numbers, read_blocks
from lib.graph.propagation import Matrix

T = TypeVar("T")
SHARED = ("block", "domain_keys", "domain_days", "domain_degrees")
EDGES_A_TASK = 1_000_000  # some 20 ms of work, as much as it costs to start a task


@dataclass(frozen=True)
class Graph:
    """What the driver holds: one element a domain, in the order of the sorted keys. Accounts stay in the blocks."""

    blocks: DataFrame  # cached, in no more partitions than are worth a task
    keys: Keys
    degrees: Matrix
    last_days: Days
    spreads: dict[int, csr_array]  # block -> all domains x its domains, 1 where they are the same
    shared_keys: "Broadcast[Keys]"

    def gram(self, x: Matrix) -> Matrix:
        """S'S x in one pass; x has a row a domain and a column a side."""
        root = np.sqrt(self.degrees)[:, None]
        return self.summed(gram_part, x / root, sides=x.shape[1]) / root

    def from_accounts(self, keys: Keys, mass: Matrix) -> Matrix:
        """S'y in one pass, where y is `mass` on the accounts with the sorted `keys` and 0 on the others."""
        handed = self.summed(account_part, (keys, mass), sides=mass.shape[1])
        return handed / np.sqrt(self.degrees)[:, None]

    def has_accounts(self, keys: Keys) -> NDArray[np.bool_]:
        """Which of the sorted `keys` are accounts of the graph."""
        found = np.zeros(len(keys), dtype=np.bool_)
        for _, places in self.over_blocks(present_part, keys, np.int64):
            found[places] = True
        return found

    def summed(self, part: "Callable[[Block, Keys, T], Matrix]", value: T, *, sides: int) -> Matrix:
        """The sum over all blocks of `part`, which has a row for each of the block's domains."""
        total = np.zeros((len(self.keys), sides))
        for block, rows in self.over_blocks(part, value, np.float64):
            total += self.spreads[block] @ rows.reshape(-1, sides)
        return total

    def over_blocks(
        self, part: "Callable[[Block, Keys, T], NDArray[Any]]", value: T, kind: type[np.generic]
    ) -> list[tuple[int, NDArray[Any]]]:
        """What `part` makes of each block, all domains' keys, and `value`, which is broadcast; in the blocks' order."""
        keys, shared = self.shared_keys, self.blocks.sparkSession.sparkContext.broadcast(value)

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for block, _ in read_blocks(batches):
                rows = part(block, keys.value, shared.value)
                number = pa.array([block.number], pa.int32())
                yield pa.RecordBatch.from_pydict({"block": number, "rows": pa.array([rows.tobytes()])})

        try:
            table = self.blocks.select(*MATRIX).mapInArrow(run, "block int, rows binary").toArrow()
        finally:
            shared.destroy()
        table = table.sort_by("block")
        return [(int(b), numbers(rows, kind)) for b, rows in zip(table["block"].to_numpy(), table["rows"], strict=True)]


def gram_part(block: Block, keys: Keys, scaled: Matrix) -> Matrix:
    passed = block.weights @ scaled[block.domain_places(keys)]
    return np.asarray(block.weights.T @ (passed / block.account_degrees[:, None]))


def account_part(block: Block, keys: Keys, seeds: tuple[Keys, Matrix]) -> Matrix:
    y = account_seeds(block, seeds)
    return np.asarray(block.weights.T @ (y / np.sqrt(block.account_degrees)[:, None]))


def account_seeds(block: Block, seeds: tuple[Keys, Matrix]) -> Matrix:
    """The rows of the seeds' masses that belong to its accounts, and 0 for the others."""
    y = np.zeros((len(block.account_keys), seeds[1].shape[1]))
    here, there = block.account_places(seeds[0])
    y[here] = seeds[1][there]
    return y


def account_mass(block: Block, scaled: Matrix, seeds: Matrix, *, damping: float) -> Matrix:
    """The mass x_u = a S x_d + (1 - a) y_u of its accounts; `scaled` is that of its domains over their root degree."""
    handed = block.weights @ scaled / np.sqrt(block.account_degrees)[:, None]
    return np.asarray(damping * handed + (1 - damping) * seeds)


def present_part(block: Block, keys: Keys, wanted: Keys) -> NDArray[np.int64]:
    return block.account_places(wanted)[1].astype(np.int64)


@contextmanager
def blocked(edges: DataFrame, blocks: int) -> Iterator[Graph]:
    """The graph of the edges, its blocks cached as long as the context lasts."""
    cached = blocks_of(edges, blocks).persist()
    try:
        graph = read_graph(cached)
        try:
            yield graph
        finally:
            graph.shared_keys.destroy()
    finally:
        cached.unpersist()


def read_graph(blocks: DataFrame) -> Graph:
    """Gathers keys, degrees and last days of all domains from the blocks."""
    counted = F.octet_length("weights") / np.dtype(np.float64).itemsize
    stored = blocks.select(*SHARED, counted.alias("edges")).toArrow().sort_by("block").to_pylist()
    tasks = 1 + int(sum(row["edges"] for row in stored) / EDGES_A_TASK)
    keys = [np.frombuffer(row["domain_keys"], np.int64) for row in stored]
    everything = np.unique(np.concatenate([*keys, np.empty(0, np.int64)]))
    degrees, last_days = np.zeros(len(everything)), np.full(len(everything), np.iinfo(np.int32).min, np.int32)
    spreads = {}
    for row, of_block in zip(stored, keys, strict=True):
        places = np.searchsorted(everything, of_block)
        np.add.at(degrees, places, np.frombuffer(row["domain_degrees"], np.float64))
        np.maximum.at(last_days, places, np.frombuffer(row["domain_days"], np.int32))
        spreads[row["block"]] = spread(places, len(everything))
    shared_keys = blocks.sparkSession.sparkContext.broadcast(everything)
    return Graph(blocks.coalesce(tasks), everything, degrees, last_days, spreads, shared_keys)


def spread(places: NDArray[np.intp], size: int) -> csr_array:
    return csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=(size, len(places)))
