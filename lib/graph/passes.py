"""Passes over the blocks of the graph: what the driver asks of all edges at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from scipy.sparse import csc_array

from lib.arrays import Array, Bools, Floats, Ints, Ints32, Positions, common_positions
from lib.graph.blocks import Block, Stored, numbers, read_block, stored_blocks

MATRIX = ("block", "indptr", "indices", "weights")  # all that a pass over the edges needs
KEYED = (*MATRIX, "account_keys")
SHARED = ("block", "edges", "domain_keys", "domain_days", "domain_degrees")
EDGES_PER_TASK = 1_000_000  # some 20 ms of work, as much as it costs to start a task
T = TypeVar("T")
DomainsOf = dict[int, Positions]  # block -> where its domains are among all of the graph


@dataclass(frozen=True)
class Graph:
    """What the driver holds: one element per domain, in the order of the sorted keys. Accounts stay in the blocks."""

    stored: DataFrame  # rows of graph_blocks, in no more partitions than are worth a task
    matrices: DataFrame  # their columns KEYED
    keys: Ints
    degrees: Floats
    last_days: Ints32
    domains_of: "Broadcast[DomainsOf]"

    def gram(self, x: Floats) -> Floats:
        """S'S x in one pass; x has a row per domain and a column per side."""
        root = np.sqrt(self.degrees)[:, None]
        with sent(self.stored.sparkSession, x / root) as scaled:

            def part(stored: Stored, positions: Positions) -> Floats:
                return gram_part(read_block(stored, len(positions)), scaled.value[positions])

            return self.summed(part, MATRIX, sides=x.shape[1]) / root

    def from_accounts(self, keys: Ints, mass: Floats) -> Floats:
        """S'y in one pass, where y is `mass` on the accounts with the sorted `keys` and 0 on the others."""
        with sent(self.stored.sparkSession, (keys, mass)) as seeds:

            def part(stored: Stored, positions: Positions) -> Floats:
                y = account_rows(account_keys(stored), *seeds.value)
                return account_part(read_block(stored, len(positions)), y)

            return self.summed(part, KEYED, sides=mass.shape[1]) / np.sqrt(self.degrees)[:, None]

    def has_accounts(self, keys: Ints) -> Bools:
        """Which of the sorted `keys` are accounts of the graph."""
        with sent(self.stored.sparkSession, keys) as wanted:

            def matching(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
                for _, stored in stored_blocks(batches):
                    yield binary_row(positions=common_positions(wanted.value, account_keys(stored))[0])

            table = self.matrices.select("block", "account_keys").mapInArrow(matching, "positions binary").toArrow()
        result = np.zeros(len(keys), dtype=np.bool_)
        for positions in table["positions"]:
            result[numbers(positions, np.intp)] = True
        return result

    def account_mass(self, keys: Ints, seeds: Floats, x: Floats, *, damping: float) -> Floats:
        """The mass of the accounts with the sorted `keys`, all of which are there; `x` is that of all domains."""
        domains_of = self.domains_of
        with sent(self.stored.sparkSession, (keys, seeds, x / np.sqrt(self.degrees)[:, None])) as given:

            def masses(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
                wanted, y, scaled = given.value
                for number, stored in stored_blocks(batches):
                    positions = domains_of.value[number]
                    wanted_positions, own = common_positions(wanted, account_keys(stored))
                    block = read_block(stored, len(positions)).of_accounts(own)
                    mass = account_mass(block, scaled[positions], y[wanted_positions], damping=damping)
                    yield binary_row(positions=wanted_positions, mass=mass)

            table = self.matrices.mapInArrow(masses, "positions binary, mass binary").toArrow()
        result = np.zeros_like(seeds)
        for positions, mass in zip(table["positions"], table["mass"], strict=True):
            result[numbers(positions, np.intp)] = numbers(mass, np.float64).reshape(-1, seeds.shape[1])
        return result

    def summed(self, part: Callable[[Stored, Positions], Floats], columns: Sequence[str], *, sides: int) -> Floats:
        """The sum over all blocks of `part`, which has a row for each of the block's domains.

        Each task adds up its blocks and returns the sum, one row per side.
        """
        domains, domains_of = len(self.keys), self.domains_of

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            total = np.zeros((domains, sides))
            for number, stored in stored_blocks(batches):
                positions = domains_of.value[number]
                total += domain_selector(positions, domains) @ part(stored, positions)
            for side in range(sides):
                number = pa.array([side], pa.int32())
                yield pa.RecordBatch.from_pydict({"side": number, "mass": [total[:, side].tobytes()]})

        table = self.matrices.select(*columns).mapInArrow(run, "side int, mass binary").toArrow()
        result = np.zeros((sides, domains))
        for side, mass in zip(table["side"].to_numpy(), table["mass"], strict=True):
            result[side] += numbers(mass, np.float64)
        return np.ascontiguousarray(result.T)

    @contextmanager
    def in_memory(self) -> Iterator[None]:
        self.matrices.persist()
        try:
            yield
        finally:
            self.matrices.unpersist()


@contextmanager
def sent(spark: SparkSession, value: T) -> "Iterator[Broadcast[T]]":
    """`value` on all executors, as long as the context lasts."""
    shared = spark.sparkContext.broadcast(value)
    try:
        yield shared
    finally:
        shared.destroy()


def domain_selector(positions: Positions, domains: int) -> csc_array:
    """All domains x some, 1 where they are the same: two of them may be, if their keys are."""
    return csc_array(
        (np.ones(len(positions)), positions, np.arange(len(positions) + 1)), shape=(domains, len(positions))
    )


def binary_row(**arrays: Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({name: [array.tobytes()] for name, array in arrays.items()})


def account_keys(stored: Stored) -> Ints:
    return numbers(stored["account_keys"], np.int64)


def account_rows(keys: Ints, wanted: Ints, rows: Floats) -> Floats:
    """For each of `keys` its row, which belong to the sorted `wanted`; 0 for the others."""
    result = np.zeros((len(keys), rows.shape[1]))
    in_wanted, own = common_positions(wanted, keys)
    result[own] = rows[in_wanted]
    return result


def gram_part(block: Block, scaled: Floats) -> Floats:
    """W'Du^-1 W of the block, applied to its domains."""
    passed = block.weights @ scaled
    passed /= block.account_degrees[:, None]
    return np.asarray(block.weights.T @ passed)


def account_part(block: Block, y: Floats) -> Floats:
    return np.asarray(block.weights.T @ (y / np.sqrt(block.account_degrees)[:, None]))


def account_mass(block: Block, scaled: Floats, seeds: Floats, *, damping: float) -> Floats:
    """The mass x_u = a S x_d + (1 - a) y_u of its accounts; `scaled` is that of its domains over their root degree."""
    passed = block.weights @ scaled / np.sqrt(block.account_degrees)[:, None]
    return np.asarray(damping * passed + (1 - damping) * seeds)


@contextmanager
def graph_of(blocks: DataFrame) -> Iterator[Graph]:
    """The graph of the rows of graph_blocks, which passes need as long as the context lasts."""
    shared = blocks.select(*SHARED).toArrow().sort_by("block")
    edges = int(np.sum(shared["edges"].to_numpy()))
    tasks = min(1 + edges // EDGES_PER_TASK, blocks.sparkSession.sparkContext.defaultParallelism)
    # By their numbers, so that each task has as many: files hold one or several.
    stored = blocks.repartitionById(tasks, "block") if tasks > 1 else blocks.coalesce(1)
    keys, positions = domains_in(shared)
    degrees, last_days = np.zeros(len(keys)), np.full(len(keys), np.iinfo(np.int32).min, np.int32)
    for place, degree, day in zip(positions, shared["domain_degrees"], shared["domain_days"], strict=True):
        np.add.at(degrees, place, numbers(degree, np.float64))
        np.maximum.at(last_days, place, numbers(day, np.int32))
    of_blocks = dict(zip(shared["block"].to_pylist(), positions, strict=True))
    with sent(blocks.sparkSession, of_blocks) as domains_of:
        yield Graph(stored, stored.select(*KEYED), keys, degrees, last_days, domains_of)


def domains_in(shared: pa.Table) -> tuple[Ints, list[Positions]]:
    """The sorted keys of all domains, and for each block where its own are among them."""
    of_blocks = [numbers(keys, np.int64) for keys in shared["domain_keys"]]
    keys = np.unique(np.concatenate([*of_blocks, np.empty(0, np.int64)]))
    return keys, [np.searchsorted(keys, own) for own in of_blocks]
