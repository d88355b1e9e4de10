"""What propagate_labels does, in one process without Spark: pyarrow reads and writes, scipy multiplies."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import expit

from lib.config import Config
from lib.graph.calibration import RAW, Platt, logit
from lib.graph.propagation import Matrix, settled_mass
from lib.graph.readout import Nodes, Solution, rows_of
from lib.graph.scoring import EPOCH, fits
from lib.graph.seeds import BENIGN, SPAM, Labels, seed_masses
from tests.benchmarks.ground import DAY

COLUMNS = ["account_id", "domain", "weight", "last_day"]


@dataclass(frozen=True)
class Files:
    edges: list[str]
    labels: list[str]
    scores: list[str]
    out: str


@dataclass(frozen=True)
class Side:
    """The nodes of one kind: names, the place of each edge's node among them, the newest day and the degree of each."""

    names: "pa.Array[Any]"
    place: NDArray[np.int32]
    days: NDArray[np.int32]
    degrees: Matrix


def propagate_alone(files: Files, config: Config) -> None:
    edges = pq.read_table(files.edges, columns=COLUMNS, partitioning=None)
    accounts, domains = (side(edges, name) for name in ("account_id", "domain"))
    shape = (len(accounts.names), len(domains.names))
    weights = csr_array((edges["weight"].to_numpy(), (accounts.place, domains.place)), shape=shape)
    del edges
    weights.sort_indices()
    pq.write_table(scored(weights, accounts, domains, files, config), files.out)


def side(edges: pa.Table, name: str) -> Side:
    encoded = edges[name].combine_chunks().dictionary_encode()
    place = encoded.indices.to_numpy()
    days = np.full(len(encoded.dictionary), np.iinfo(np.int32).min, np.int32)
    np.maximum.at(days, place, edges["last_day"].cast(pa.int32()).to_numpy())
    degrees = np.bincount(place, weights=edges["weight"].to_numpy()).astype(np.float64, copy=False)
    return Side(encoded.dictionary, place, days, degrees)


def scored(weights: csr_array, accounts: Side, domains: Side, files: Files, config: Config) -> pa.Table:
    graph, folds, a = config.graph, config.samples.folds, config.graph.damping
    of_accounts, of_domains = (labels_of(files.labels, kind, one.names) for kind, one in both(accounts, domains))
    scores = model_scores(files.scores, domains.names, folds)
    y_u, y_d = seed_masses(of_accounts, of_domains, scores, folds=folds, prior_mass=graph.prior_mass)
    root_u, root_d = (np.sqrt(one.degrees)[:, None] for one in (accounts, domains))
    degree = np.repeat(1 / root_u.ravel(), np.diff(weights.indptr))
    s = csr_array((weights.data * degree / root_d.ravel()[weights.indices], weights.indices, weights.indptr))
    right = (1 - a) * (y_d + a * (s.T @ y_u))

    def gram(x: Matrix) -> Matrix:
        return np.asarray(s.T @ (s @ x))

    x_d = settled_mass(gram, right, damping=a, tolerance=graph.tolerance, max_passes=graph.max_passes)
    x_u = a * (s @ x_d) + (1 - a) * y_u
    active = (DAY - EPOCH).days - config.features.active_days + 1
    solution = Solution(
        np.empty(0, np.int64), x_d, domains.degrees, of_domains, domains.days >= active, np.empty(0, np.int64), y_u,
        of_accounts, active, a, graph.prior, graph.epsilon, graph.neighbours,
    )  # fmt: skip
    left = Nodes("account", accounts.names, accounts.days >= active, accounts.degrees, x_u, of_accounts)
    right_side = Nodes("domain", domains.names, solution.active, domains.degrees, x_d, of_domains)
    rows = [rows_of(left, right_side, weights, solution), rows_of(right_side, left, csr_array(weights.T), solution)]
    return calibrated(pa.Table.from_batches(rows), config)


def both(accounts: Side, domains: Side) -> list[tuple[str, Side]]:
    return [("account", accounts), ("domain", domains)]


def labels_of(files: list[str], kind: str, names: "pa.Array[Any]") -> Labels:
    known = pq.read_table(files, columns=["entity_kind", "entity_id", "is_spam", "weight", "fold"])
    known = known.filter(pc.equal(known["entity_kind"], kind))
    place = pc.index_in(known["entity_id"], names)
    there = place.is_valid()
    label = np.where(known["is_spam"].filter(there).to_numpy(), SPAM, BENIGN).astype(np.int8)
    weight, fold = known["weight"].filter(there).to_numpy(), known["fold"].filter(there).to_numpy()
    return Labels.unknown(len(names)).having(place.drop_null().to_numpy(), Labels(label, weight, fold))


def model_scores(files: list[str], names: "pa.Array[Any]", folds: int) -> Matrix:
    stored = pq.read_table(files, columns=["domain", "score", "fold_scores"], partitioning=None)
    place = pc.index_in(stored["domain"], names)
    there = place.is_valid().to_numpy()
    of_folds = stored["fold_scores"].combine_chunks().flatten().to_numpy().reshape(-1, folds)
    found = np.full((len(names), folds + 1), np.nan)
    views = np.column_stack([stored["score"].to_numpy(), of_folds])
    found[place.drop_null().to_numpy()] = views[there]
    return found


def calibrated(rows: pa.Table, config: Config) -> pa.Table:
    """The columns of graph_scores."""
    labelled = rows.filter(pc.and_(rows["seed"].is_valid(), pc.greater(rows["oof_support"], 0)))
    kinds = np.array(rows["entity_kind"].to_numpy(), dtype=object)
    score, out_of_fold = rows["raw_score"].to_numpy().copy(), rows["oof_raw"].to_numpy().copy()
    number = rows["fold"].to_numpy()
    for kind in ("account", "domain"):
        platt, by_fold = fits(labelled, kind, folds=config.samples.folds, least=config.graph.min_calibration_labels)
        mine = (kinds == kind) & (rows["support"].to_numpy() > 0)
        score[mine] = probability(score[mine], platt)
        for fold, others in enumerate(by_fold):
            here = (kinds == kind) & (number == fold) & (rows["oof_support"].to_numpy() > 0)
            out_of_fold[here] = probability(out_of_fold[here], others)
    near = rows["neighbours"].combine_chunks()
    shares = near.flatten().field("mass").to_numpy() / np.repeat(rows["handed"].to_numpy(), near.value_lengths())
    fields = {name: near.flatten().field(name) for name in ("entity_id", "weight", "score", "label")}
    structs = pa.StructArray.from_arrays([pa.array(np.minimum(shares, 1.0)), *fields.values()], ["spam_share", *fields])
    told = rows.select(["entity_kind", "entity_id", "raw_score", "support", "degree", "seed"])
    found = told.append_column("score", pa.array(score)).append_column("oof_score", pa.array(out_of_fold))
    neighbours = pa.ListArray.from_arrays(near.offsets, structs)
    return found.append_column("neighbours", neighbours).filter(rows["active"])


def probability(raw: Matrix, platt: Platt) -> Matrix:
    return raw if platt == RAW else np.asarray(expit(platt.slope * logit(raw) + platt.intercept))
