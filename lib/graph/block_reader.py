"""The rows of graph_scores, made where the blocks are.

An account is in one block, and its row is made there. What the blocks know of a domain comes together first: each block
shares out its domains by their place among all, as a few large values and not as rows.
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
from lib.graph.node_scores import Nodes, Solution, handed_over, neighbours, rows_of, strongest_first
from lib.graph.passes import Graph, account_keys, account_mass, account_rows
from lib.graph.seeds import Labels
from schemas.scores import GRAPH_SCORES

ROW = ", ".join(f"{column.name} {column.type}" for column in GRAPH_SCORES.columns if column.name != "day")
SHARE = "part int, block int, domains binary, pairs binary"
DOMAINS_A_PART = 100_000
ROWS = 50_000  # in one Arrow batch
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class Around:
    """All nodes of a block, and its matrix; `places` are those of its domains among all."""

    accounts: Nodes
    domains: Nodes
    weights: csr_array
    places: Positions


def read_out(graph: Graph, solution: "Broadcast[Solution]") -> DataFrame:
    """Rows of ROW: one an active account or domain."""
    domains_of, parts = graph.domains_of, 1 + len(graph.keys) // DOMAINS_A_PART

    def of_accounts(batches: Batches) -> Batches:
        for number, stored in stored_blocks(batches):
            yield from account_batches(around(stored, domains_of.value[number], solution.value), solution.value)

    def shares(batches: Batches) -> Batches:
        for number, stored in stored_blocks(batches):
            block = around(stored, domains_of.value[number], solution.value)
            yield from shared_out(block, number, parts, solution.value)

    def together(shares: pa.Table) -> pa.Table:
        return pa.Table.from_batches(sliced(domain_rows(shares.sort_by("block"), solution.value)))

    domains = graph.stored.mapInArrow(shares, SHARE).groupBy("part").applyInArrow(together, ROW)
    return graph.stored.mapInArrow(of_accounts, ROW).unionByName(domains)


def around(stored: Stored, places: Positions, solution: Solution) -> Around:
    block, keys = read_block(stored, len(places)), account_keys(stored)
    domains = solution.domains(stored["domains"].values, places)
    scaled = domains.mass / domains.root[:, None]
    seeds = account_rows(keys, solution.account_keys, solution.account_seeds)
    there, here = common_positions(solution.account_keys, keys)
    unseen = np.full((len(keys), 2), np.nan)
    unseen[here] = solution.account_unseen[there]
    accounts = Nodes(
        "account",
        stored["accounts"].values,
        numbers(stored["account_days"], np.int32) >= solution.first_active_day,
        block.account_degrees,
        account_mass(block, scaled, seeds, damping=solution.damping),
        unseen,
        Labels.unknown(len(keys)).having(here, solution.account_labels.at(there)),
    )
    return Around(accounts, domains, block.weights, places)


def account_batches(block: Around, solution: Solution) -> Batches:
    active = np.flatnonzero(block.accounts.active)
    accounts = block.accounts.at(active)
    pairs, handed = handed_over(accounts, block.domains, block.weights[active], solution)
    yield from sliced(rows_of(accounts, neighbours(pairs, handed), solution))


def sliced(rows: pa.RecordBatch) -> Batches:
    for start in range(0, max(rows.num_rows, 1), ROWS):
        yield rows.slice(start, ROWS)


def shared_out(block: Around, number: int, parts: int, solution: Solution) -> Batches:
    """Rows of SHARE: for each part of the domains their names, places and what is handed to them, and their pairs."""
    active = np.flatnonzero(block.domains.active)
    domains, places = block.domains.at(active), block.places[active]
    pairs, handed = handed_over(domains, block.accounts, csr_array(block.weights.T)[active], solution)
    told = pa.RecordBatch.from_pydict({"place": places, "entity_id": domains.names, "handed": handed})
    receiver = places[pairs["receiver"].to_numpy()]
    pairs = pairs.set_column(0, "receiver", pa.array(receiver))
    every = len(solution.degrees)
    for part in range(parts):
        yield pa.RecordBatch.from_pydict(
            {
                "part": pa.array([part], pa.int32()),
                "block": pa.array([number], pa.int32()),
                "domains": [written(told.filter(pa.array(places * parts // every == part)))],
                "pairs": [written(pairs.filter(pa.array(receiver * parts // every == part)))],
            }
        )


def written(rows: pa.RecordBatch) -> bytes:
    """As Arrow's own stream."""
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, rows.schema) as stream:
        stream.write_batch(rows)
    return bytes(out.getvalue().to_pybytes())


def read(streams: "pa.ChunkedArray[pa.BinaryScalar]") -> pa.Table:
    return pa.concat_tables(pa.ipc.open_stream(stream.as_buffer()).read_all() for stream in streams)


def domain_rows(shares: pa.Table, solution: Solution) -> pa.RecordBatch:
    """Rows of ROW, one a name: two domains of one key are one node."""
    told, pairs = read(shares["domains"]), read(shares["pairs"])
    places, at = np.unique(told["place"].to_numpy(), return_inverse=True)
    handed = np.bincount(at, weights=told["handed"].to_numpy()).astype(np.float64, copy=False)
    receiver = np.searchsorted(places, pairs["receiver"].to_numpy())
    pairs = pairs.set_column(0, "receiver", pa.array(receiver))
    near = neighbours(strongest_first(pairs, keep=solution.keep), handed)
    named = told.select(["place", "entity_id"]).group_by(["place", "entity_id"], use_threads=False).aggregate([])
    of_names = named["place"].to_numpy()
    nodes = solution.domains(named["entity_id"].combine_chunks(), of_names)
    return rows_of(nodes, near.take(pa.array(np.searchsorted(places, of_names))), solution)
