"""What propagate_labels does, in one process without Spark: pyarrow reads and writes, scipy multiplies.

It reads the same stored blocks, and makes one matrix of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.sparse import csr_array, vstack

from lib.arrays import Floats, Ints32
from lib.config import Config, GraphSettings
from lib.graph.blocks import numbers
from lib.graph.graph_scoring import EPOCH, fits
from lib.graph.node_scores import Nodes, Solution, neighbours, rows_of, strongest_givers
from lib.graph.propagation import settled_mass
from lib.graph.seeds import BENIGN, SPAM, Labels, out_of_fold, seed_masses
from tests.benchmarks.ground import DAY


@dataclass(frozen=True)
class Files:
    blocks: list[str]
    labels: list[str]
    scores: list[str]
    out: str


@dataclass(frozen=True)
class Whole:
    """The graph as one matrix, with the names and newest days of its rows and columns."""

    weights: csr_array
    accounts: "pa.Array[Any]"
    account_days: Ints32
    domains: "pa.Array[Any]"
    domain_days: Ints32


def propagate_alone(files: Files, config: Config) -> None:
    pq.write_table(pa.Table.from_batches(scored(whole(files.blocks), files, config)), files.out)


def whole(files: list[str]) -> Whole:
    """The domains in the order of their keys."""
    stored = pq.read_table(files, partitioning=None)
    keys = [numbers(each, np.int64) for each in stored["domain_keys"]]
    every, first = np.unique(np.concatenate(keys), return_index=True)
    names = pa.concat_arrays([each.values for each in stored["domains"]]).take(pa.array(first))
    days = np.full(len(every), np.iinfo(np.int32).min, np.int32)
    parts = []
    for at, own in enumerate(keys):
        place = np.searchsorted(every, own)
        np.maximum.at(days, place, numbers(stored["domain_days"][at], np.int32))
        indptr = numbers(stored["indptr"][at], np.int32)
        matrix = (numbers(stored["weights"][at], np.float64), place[numbers(stored["indices"][at], np.int32)], indptr)
        parts.append(csr_array(matrix, shape=(len(indptr) - 1, len(every))))
    accounts = pa.concat_arrays([each.values for each in stored["accounts"]])
    account_days = np.concatenate([numbers(each, np.int32) for each in stored["account_days"]])
    weights = csr_array(vstack(parts, format="csr"))
    weights.sort_indices()
    return Whole(weights, accounts, account_days, names, days)


def scored(graph: Whole, files: Files, config: Config) -> list[pa.RecordBatch]:
    """Rows of graph_scores but for the day."""
    settings, folds, a = config.graph, config.samples.folds, config.graph.damping
    of_accounts = labels_of(files.labels, "account", graph.accounts)
    of_domains = labels_of(files.labels, "domain", graph.domains)
    scores = model_scores(files.scores, graph.domains, folds)
    y_u, y_d = seed_masses(
        of_accounts,
        of_domains,
        scores,
        folds=folds,
        prior_mass=settings.prior_mass,
        max_weight=settings.max_label_weight,
    )
    degrees = [np.asarray(graph.weights.sum(axis=axis), dtype=np.float64) for axis in (1, 0)]
    x_u, x_d = solved(graph.weights, degrees, y_u, y_d, settings)
    first_active_day = (DAY - EPOCH).days - config.features.active_days + 1
    unseen_u, unseen_d = out_of_fold(x_u, of_accounts), out_of_fold(x_d, of_domains)
    calibrations = {
        kind: fits(kind, unseen, labels, settings=settings, folds=folds)
        for kind, unseen, labels in (("account", unseen_u, of_accounts), ("domain", unseen_d, of_domains))
    }
    solution = Solution(
        x_d[:, :2], unseen_d, degrees[1], of_domains, graph.domain_days >= first_active_day, np.empty(0, np.int64),
        y_u, unseen_u, of_accounts, calibrations, first_active_day, a,
        settings.prior, settings.epsilon, settings.neighbours,
    )  # fmt: skip
    awake = graph.account_days >= first_active_day
    accounts = Nodes("account", graph.accounts, awake, degrees[0], x_u[:, :2], unseen_u, of_accounts)
    domains = solution.domains(graph.domains, np.arange(len(x_d)))
    sides = ((accounts, domains, graph.weights), (domains, accounts, csr_array(graph.weights.T)))
    return [score_rows(nodes, others, weights, solution) for nodes, others, weights in sides]


def solved(
    weights: csr_array, degrees: list[Floats], y_u: Floats, y_d: Floats, settings: GraphSettings
) -> tuple[Floats, Floats]:
    """The mass of accounts and domains."""
    a, root_u, root_d = settings.damping, *(np.sqrt(each) for each in degrees)
    scaled = weights.data / np.repeat(root_u, np.diff(weights.indptr)) / root_d[weights.indices]
    s = csr_array((scaled, weights.indices, weights.indptr), shape=weights.shape)
    right = (1 - a) * (y_d + a * (s.T @ y_u))

    def gram(x: Floats) -> Floats:
        return np.asarray(s.T @ (s @ x))

    x_d = settled_mass(gram, right, damping=a, tolerance=settings.tolerance, max_passes=settings.max_passes)
    return a * (s @ x_d) + (1 - a) * y_u, x_d


def score_rows(nodes: Nodes, others: Nodes, weights: csr_array, solution: Solution) -> pa.RecordBatch:
    active = np.flatnonzero(nodes.active)
    chosen = nodes.at(active)
    pairs, received = strongest_givers(chosen, others, weights[active], solution)
    return rows_of(chosen, neighbours(pairs, received), solution)


def labels_of(files: list[str], kind: str, names: "pa.Array[Any]") -> Labels:
    known = pq.read_table(files, columns=["entity_kind", "entity_id", "is_spam", "weight", "fold"])
    known = known.filter(pc.equal(known["entity_kind"], kind))
    place = pc.index_in(known["entity_id"], names)
    there = place.is_valid()
    label = np.where(known["is_spam"].filter(there).to_numpy(), SPAM, BENIGN).astype(np.int8)
    weight, fold = known["weight"].filter(there).to_numpy(), known["fold"].filter(there).to_numpy()
    return Labels.unknown(len(names)).having(place.drop_null().to_numpy(), Labels(label, weight, fold))


def model_scores(files: list[str], names: "pa.Array[Any]", folds: int) -> Floats:
    stored = pq.read_table(files, columns=["domain", "score", "fold_scores"], partitioning=None)
    place = pc.index_in(stored["domain"], names)
    there = place.is_valid().to_numpy()
    of_folds = stored["fold_scores"].combine_chunks().flatten().to_numpy().reshape(-1, folds)
    result = np.full((len(names), folds + 1), np.nan)
    views = np.column_stack([stored["score"].to_numpy(), of_folds])
    result[place.drop_null().to_numpy()] = views[there]
    return result
