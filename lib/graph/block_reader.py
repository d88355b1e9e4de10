"""The rows of graph_scores, made by the tasks that read the blocks.

An account is in one block, and its row is made there. A domain is in many: each block splits its domains by their
position among all, and sends its part of them as a few large values, not as rows, to the task that makes their rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame
from scipy.sparse import csr_array

from lib.arrays import Positions, common_positions
from lib.graph.blocks import Stored, numbers, read_block, stored_blocks
from lib.graph.node_scores import Nodes, Solution, neighbours, rows_of, strongest_first, strongest_givers
from lib.graph.passes import Graph, account_keys, account_mass, account_rows
from lib.graph.seeds import Labels
from schemas.scores import GRAPH_SCORES

ROW = ", ".join(f"{column.name} {column.type}" for column in GRAPH_SCORES.columns if column.name != "day")
SHARE = "part int, block int, domains binary, pairs binary"
DOMAINS_PER_PART = 100_000
ROWS = 50_000  # in one Arrow batch
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class BlockNodes:
    """All nodes of a block, and its matrix; `positions` are those of its domains among all."""

    accounts: Nodes
    domains: Nodes
    weights: csr_array
    positions: Positions


def score_rows(graph: Graph, solution: "Broadcast[Solution]") -> DataFrame:
    """Rows of ROW: one per active account or domain."""
    domains_of, parts = graph.domains_of, 1 + len(graph.keys) // DOMAINS_PER_PART

    def of_accounts(batches: Batches) -> Batches:
        for number, stored in stored_blocks(batches):
            yield from account_batches(nodes_of_block(stored, domains_of.value[number], solution.value), solution.value)

    def shares(batches: Batches) -> Batches:
        for number, stored in stored_blocks(batches):
            block = nodes_of_block(stored, domains_of.value[number], solution.value)
            yield from domain_shares(block, number, parts, solution.value)

    def combined(shares: pa.Table) -> pa.Table:
        return pa.Table.from_batches(sliced(domain_rows(shares.sort_by("block"), solution.value)))

    domains = graph.stored.mapInArrow(shares, SHARE).groupBy("part").applyInArrow(combined, ROW)
    return graph.stored.mapInArrow(of_accounts, ROW).unionByName(domains)


def nodes_of_block(stored: Stored, positions: Positions, solution: Solution) -> BlockNodes:
    block, keys = read_block(stored, len(positions)), account_keys(stored)
    domains = solution.domains(stored["domains"].values, positions)
    scaled = domains.mass / domains.root[:, None]
    seeds = account_rows(keys, solution.account_keys, solution.account_seeds)
    labelled, own = common_positions(solution.account_keys, keys)
    unseen = np.full((len(keys), 2), np.nan)
    unseen[own] = solution.account_unseen[labelled]
    accounts = Nodes(
        "account",
        stored["accounts"].values,
        numbers(stored["account_days"], np.int32) >= solution.first_active_day,
        block.account_degrees,
        account_mass(block, scaled, seeds, damping=solution.damping),
        unseen,
        Labels.unknown(len(keys)).having(own, solution.account_labels.at(labelled)),
    )
    return BlockNodes(accounts, domains, block.weights, positions)


def account_batches(block: BlockNodes, solution: Solution) -> Batches:
    active = np.flatnonzero(block.accounts.active)
    accounts = block.accounts.at(active)
    pairs, received = strongest_givers(accounts, block.domains, block.weights[active], solution)
    yield from sliced(rows_of(accounts, neighbours(pairs, received), solution))


def sliced(rows: pa.RecordBatch) -> Batches:
    for start in range(0, max(rows.num_rows, 1), ROWS):
        yield rows.slice(start, ROWS)


def domain_shares(block: BlockNodes, number: int, parts: int, solution: Solution) -> Batches:
    """Rows of SHARE: for each part of the domains their names, positions and mass received, and their pairs."""
    active = np.flatnonzero(block.domains.active)
    domains, positions = block.domains.at(active), block.positions[active]
    pairs, received = strongest_givers(domains, block.accounts, csr_array(block.weights.T)[active], solution)
    received_by = pa.RecordBatch.from_pydict({"position": positions, "entity_id": domains.names, "received": received})
    receiver = positions[pairs["receiver"].to_numpy()]
    pairs = pairs.set_column(0, "receiver", pa.array(receiver))
    every = len(solution.degrees)
    for part in range(parts):
        yield pa.RecordBatch.from_pydict(
            {
                "part": pa.array([part], pa.int32()),
                "block": pa.array([number], pa.int32()),
                "domains": [to_stream(received_by.filter(pa.array(positions * parts // every == part)))],
                "pairs": [to_stream(pairs.filter(pa.array(receiver * parts // every == part)))],
            }
        )


def to_stream(rows: pa.RecordBatch) -> bytes:
    """In Arrow's stream format."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, rows.schema) as stream:
        stream.write_batch(rows)
    return bytes(out.getvalue().to_pybytes())


def from_streams(streams: "pa.ChunkedArray[pa.BinaryScalar]") -> pa.Table:
    return pa.concat_tables(pa.ipc.open_stream(stream.as_buffer()).read_all() for stream in streams)


def domain_rows(shares: pa.Table, solution: Solution) -> pa.RecordBatch:
    """Rows of ROW, one per name: two domains of one key are one node."""
    received_by, pairs = from_streams(shares["domains"]), from_streams(shares["pairs"])
    positions, at = np.unique(received_by["position"].to_numpy(), return_inverse=True)
    received = np.bincount(at, weights=received_by["received"].to_numpy()).astype(np.float64, copy=False)
    receiver = np.searchsorted(positions, pairs["receiver"].to_numpy())
    pairs = pairs.set_column(0, "receiver", pa.array(receiver))
    near = neighbours(strongest_first(pairs, keep=solution.keep), received)
    named = (
        received_by.select(["position", "entity_id"])
        .group_by(["position", "entity_id"], use_threads=False)
        .aggregate([])
    )
    of_names = named["position"].to_numpy()
    nodes = solution.domains(named["entity_id"].combine_chunks(), of_names)
    return rows_of(nodes, near.take(pa.array(np.searchsorted(positions, of_names))), solution)
