"""The scores and the strongest neighbours of nodes, read from the solution."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from lib.arrays import Bools, Floats, Ints, Ints8, Positions
from lib.calibration import Calibration
from lib.graph.blocks import coded
from lib.graph.propagation import spam_share
from lib.graph.seeds import Labels
from lib.graph.strongest_neighbours import sorted_by, strongest

LABELS = np.array(["benign", "spam", ""], dtype=object)  # by label; UNKNOWN, which is -1, is the last
Calibrations = Mapping[str, list[Calibration]]  # by kind: without the labels of each fold, and in the end with all


@dataclass(frozen=True)
class Solution:
    """What the last pass needs of the nodes that are not in a block: all domains, and the accounts that are seeds."""

    mass: Floats  # spam and benign that reach the domains, in the order of the graph's keys: domains x 2
    unseen: Floats  # the same without the labels of the domain's own fold; of what has no label, nan
    degrees: Floats
    labels: Labels
    active: Bools
    account_keys: Ints  # of the labelled accounts, sorted
    account_seeds: Floats  # labelled accounts x 2
    account_unseen: Floats  # labelled accounts x 2
    account_labels: Labels
    calibrations: Calibrations
    first_active_day: int  # an account whose last day is before it has no row
    damping: float
    prior: float
    epsilon: float
    keep: int  # neighbours

    def score(self, spam: Floats, benign: Floats) -> Floats:
        return spam_share(spam, benign, prior=self.prior, epsilon=self.epsilon)

    def domains(self, names: "pa.Array[Any]", positions: Positions) -> "Nodes":
        mass, unseen = self.mass[positions], self.unseen[positions]
        return Nodes(
            "domain", names, self.active[positions], self.degrees[positions], mass, unseen, self.labels.at(positions)
        )


@dataclass(frozen=True)
class Nodes:
    """Some nodes of one kind."""

    kind: str
    names: "pa.Array[Any]"
    active: Bools
    degrees: Floats
    mass: Floats  # spam and benign that reach them: nodes x 2
    unseen: Floats  # the same without the labels of their own folds; of nodes without a label, nan
    labels: Labels

    @property
    def root(self) -> Floats:
        return np.sqrt(self.degrees)

    def at(self, positions: Positions) -> "Nodes":
        names, mass, unseen = self.names.take(pa.array(positions)), self.mass[positions], self.unseen[positions]
        return Nodes(
            self.kind, names, self.active[positions], self.degrees[positions], mass, unseen, self.labels.at(positions)
        )


def rows_of(nodes: Nodes, near: "pa.Array[Any]", solution: Solution) -> pa.RecordBatch:
    """Rows of graph_scores but for the day; `near` are the neighbours of each node."""
    labels, known = nodes.labels, nodes.labels.labelled
    *of_folds, whole = solution.calibrations[nodes.kind]
    spam, benign = nodes.mass.T
    raw = solution.score(spam, benign)
    without_own = np.empty(len(raw))
    for fold, others in enumerate(of_folds):
        members = np.flatnonzero(known & (labels.fold == fold))
        own = nodes.unseen[members].T
        without_own[members] = calibrated(solution.score(*own), own.sum(axis=0), others)
    columns: dict[str, Any] = {
        "entity_kind": pa.array([nodes.kind]).take(pa.array(np.zeros(len(raw), np.int32))),
        "entity_id": nodes.names,
        "score": calibrated(raw, spam + benign, whole),
        "oof_score": pa.array(without_own, mask=~known),
        "raw_score": raw,
        "support": (spam + benign) / nodes.root,
        "degree": nodes.degrees,
        "seed": words(labels.label, missing=~known),
        "neighbours": near,
    }
    return pa.RecordBatch.from_pydict(columns)


def calibrated(raw: Floats, mass: Floats, calibration: Calibration) -> Floats:
    """Calibrated scores; what no mass reaches takes the prior as it is."""
    return np.where(mass > 0, calibration.scores(raw), raw)


def strongest_givers(
    receivers: Nodes, givers: Nodes, weights: csr_array, solution: Solution
) -> tuple[pa.RecordBatch, Floats]:
    """The strongest givers of each receiver, and all the spam mass that each receives.

    One row per pair, the receivers in order and each one's strongest giver first: `receiver` (its position), `order`,
    by which givers are sorted, and the fields of a neighbour but its share. `weights` are receivers x givers.
    """
    node = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    passed = (givers.mass[:, 0] / givers.root)[weights.indices]
    passed *= weights.data
    passed *= (solution.damping / receivers.root)[node]
    given = csr_array((passed, weights.indices, weights.indptr), shape=weights.shape)
    spam = receivers.mass[:, 0]
    result = strongest(given, np.where(spam > 0, spam, 1), keep=solution.keep)
    columns = {
        "receiver": result.receiver,
        "order": result.order,
        "entity_id": givers.names.take(pa.array(result.giver)),
        "mass": passed[result.edge],
        "weight": weights.data[result.edge],
        "score": solution.score(givers.mass[:, 0], givers.mass[:, 1])[result.giver],
        "label": words(givers.labels.label[result.giver]),
    }
    return pa.RecordBatch.from_pydict(columns), np.asarray(given.sum(axis=1))


def neighbours(pairs: "pa.RecordBatch | pa.Table", received: Floats) -> "pa.Array[Any]":
    """The list of each receiver: `pairs` are those of strongest_givers, `received` is what each has in all."""
    receiver = pairs["receiver"].to_numpy()
    share = np.minimum(pairs["mass"].to_numpy() / received[receiver], 1.0)
    fields = {name: whole(pairs[name]) for name in ("entity_id", "weight", "score", "label")}
    structs = pa.StructArray.from_arrays(
        [fields["entity_id"], pa.array(share), *(fields[name] for name in ("weight", "score", "label"))],
        names=["entity_id", "spam_share", "weight", "score", "label"],
    )
    offsets = np.concatenate([[0], np.cumsum(np.bincount(receiver, minlength=len(received)))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)


def strongest_first(pairs: pa.Table, *, keep: int) -> pa.Table:
    """The `keep` strongest pairs of each receiver; ties break on the giver's name."""
    receiver, order = pairs["receiver"].to_numpy(), pairs["order"].to_numpy()
    sorting = sorted_by(receiver, order)
    receiver, order = receiver[sorting], order[sorting]
    as_before = np.append(False, (np.diff(receiver) == 0) & (np.diff(order) == 0))[: len(receiver)]
    tied = np.flatnonzero(as_before | np.append(as_before[1:], False)[: len(receiver)])
    names = coded(pairs["entity_id"].take(pa.array(sorting[tied])))[1]
    sorting[tied] = sorting[tied][np.lexsort((names, np.cumsum(~as_before)[tied]))]
    first = np.flatnonzero(np.diff(receiver, prepend=-1))
    rank = np.arange(len(receiver)) - np.repeat(first, np.diff(first, append=len(receiver)))
    return pairs.take(pa.array(sorting[rank < keep]))


def whole(column: Any) -> "pa.Array[Any]":
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def words(label: Ints8, missing: Bools | None = None) -> "pa.Array[Any]":
    return pa.array(LABELS[label], pa.string(), mask=missing)
