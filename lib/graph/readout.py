"""The scores and the strongest neighbours of each node, read from the solution in one last pass over the blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import Broadcast
from pyspark.sql import DataFrame
from scipy.sparse import csr_array

from lib.graph.blocks import Block, Keys, Stored, numbers, read_blocks
from lib.graph.evidence import CANDIDATES, candidates, strongest
from lib.graph.passes import account_mass, account_seeds
from lib.graph.propagation import Matrix, spam_share
from lib.graph.seeds import Labels

REACHED = (
    "entity_kind string, entity_id string, active boolean, raw_score double, support double, degree double, "
    f"seed string, fold int, oof_raw double, oof_support double, handed double, neighbours {CANDIDATES}"
)
LABELS = np.array(["benign", "spam", ""], dtype=object)  # by label; UNKNOWN, which is -1, is the last
ROWS = 50_000  # in one Arrow batch
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Solution:
    """What the last pass needs of the nodes that are not in a block: all domains, and the accounts that are seeds."""

    keys: Keys  # of all domains, sorted
    mass: Matrix  # that reaches them: domains x sides
    degrees: Matrix
    labels: Labels
    active: Mask
    account_keys: Keys  # of the labelled accounts, sorted
    account_seeds: Matrix  # labelled accounts x sides
    account_labels: Labels
    first_active_day: int  # an account whose last day is before it has no row, unless it is labelled
    damping: float
    prior: float
    epsilon: float
    keep: int  # neighbours


@dataclass(frozen=True)
class Nodes:
    """The nodes of one kind in a block, as they are read out."""

    kind: str
    names: "pa.Array[Any]"
    active: Mask
    degrees: Matrix
    mass: Matrix
    labels: Labels

    @property
    def root(self) -> Matrix:
        return np.sqrt(self.degrees)

    @property
    def spam(self) -> Matrix:
        return self.mass[:, 0]


def reached(blocks: DataFrame, solution: "Broadcast[Solution]") -> DataFrame:
    """Rows of REACHED: one an account, and one a domain and block, of those that are active or labelled."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for block, stored in read_blocks(batches):
            for rows in read_out(block, stored, solution.value):
                for start in range(0, rows.num_rows, ROWS):
                    yield rows.slice(start, ROWS)

    return blocks.mapInArrow(run, REACHED)


def read_out(block: Block, stored: Stored, solution: Solution) -> Iterator[pa.RecordBatch]:
    domains = domains_of(block, stored, solution)
    accounts = accounts_of(block, stored, solution, domains)
    yield rows_of(accounts, domains, block.weights, solution)
    yield rows_of(domains, accounts, csr_array(block.weights.T), solution)


def domains_of(block: Block, stored: Stored, solution: Solution) -> Nodes:
    at = block.domain_places(solution.keys)
    return Nodes(
        "domain",
        stored["domains"].values,
        solution.active[at],
        solution.degrees[at],
        solution.mass[at],
        solution.labels.at(at),
    )


def accounts_of(block: Block, stored: Stored, solution: Solution, domains: Nodes) -> Nodes:
    seeds = account_seeds(block, (solution.account_keys, solution.account_seeds))
    here, there = block.account_places(solution.account_keys)
    return Nodes(
        "account",
        stored["accounts"].values,
        numbers(stored["account_days"], np.int32) >= solution.first_active_day,
        block.account_degrees,
        account_mass(block, domains.mass / domains.root[:, None], seeds, damping=solution.damping),
        Labels.unknown(len(block.account_keys)).having(here, solution.account_labels.at(there)),
    )


def rows_of(nodes: Nodes, others: Nodes, weights: csr_array, solution: Solution) -> pa.RecordBatch:
    """The rows of `nodes`; `weights` are those of their edges, nodes x others."""
    chosen = np.flatnonzero(nodes.active | nodes.labels.labelled)
    labels, mass, root = nodes.labels.at(chosen), nodes.mass[chosen], nodes.root[chosen]
    known, view = labels.labelled, 2 + 2 * np.maximum(labels.fold, 0).astype(np.intp)
    spam, benign = mass[np.arange(len(chosen)), view], mass[np.arange(len(chosen)), view + 1]
    near, handed = neighbours_of(weights[chosen], mass[:, 0], root, others, solution)
    columns: dict[str, Any] = {
        "entity_kind": pa.array([nodes.kind] * len(chosen), pa.string()),
        "entity_id": nodes.names.take(chosen),
        "active": nodes.active[chosen],
        "raw_score": score(mass[:, 0], mass[:, 1], solution),
        "support": (mass[:, 0] + mass[:, 1]) / root,
        "degree": nodes.degrees[chosen],
        "seed": words(labels.label, missing=~known),
        "fold": pa.array(labels.fold, mask=~known),
        "oof_raw": pa.array(score(spam, benign, solution), mask=~known),
        "oof_support": pa.array((spam + benign) / root, mask=~known),
        "handed": handed,
        "neighbours": near,
    }
    return pa.RecordBatch.from_pydict(columns)


def neighbours_of(
    weights: csr_array, spam: Matrix, root: Matrix, others: Nodes, solution: Solution
) -> tuple["pa.Array[Any]", Matrix]:
    """The candidates of the nodes whose `spam` mass and root of degree these are; and all that is handed to each."""
    node = np.repeat(np.arange(len(spam)), np.diff(weights.indptr))
    passed = solution.damping * weights.data / root[node] * (others.spam / others.root)[weights.indices]
    given = csr_array((passed, weights.indices, weights.indptr), shape=weights.shape)
    found = strongest(given, np.where(spam > 0, spam, 1), keep=solution.keep)
    fields = {
        "entity_id": others.names.take(found.giver),
        "mass": pa.array(passed[found.edge]),
        "weight": pa.array(weights.data[found.edge]),
        "score": pa.array(score(others.spam, others.mass[:, 1], solution)[found.giver]),
        "label": words(others.labels.label[found.giver]),
    }
    return candidates(found, fields, len(spam)), np.asarray(given.sum(axis=1))


def words(label: NDArray[np.int8], missing: Mask | None = None) -> "pa.Array[Any]":
    return pa.array(LABELS[label], pa.string(), mask=missing)


def score(spam: Matrix, benign: Matrix, solution: Solution) -> Matrix:
    return spam_share(spam, benign, prior=solution.prior, epsilon=solution.epsilon)
