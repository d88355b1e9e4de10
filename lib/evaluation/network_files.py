"""The user's own network, from two files, as one block and the labels of its nodes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from lib.arrays import Floats, Ints8, Objects
from lib.evaluation.labelled_files import BadTable, check_column, read_rows, spam_labels
from lib.graph.blocks import Block
from lib.graph.seeds import BENIGN, SPAM, UNKNOWN

KINDS = ("account", "domain")


@dataclass(frozen=True)
class Network:
    """All edges, and what is known of their nodes: one element per node of the kind, in the order of their ids."""

    block: Block
    known: dict[str, Ints8]
    edges_left_out: int  # rows without an account, a domain or a positive weight
    labels_left_out: int  # of nodes without an edge


def read_network(edges: Path, labels: Path, *, hub_damping: float) -> Network:
    """Of rows (account, domain, optional weight) and (kind, id, label). Raises BadTable."""
    links, left_out = read_edges(edges)
    names = {kind: np.unique(links[kind]) for kind in KINDS}
    block = one_block(links, names, hub_damping=hub_damping)
    rows = read_labels(labels)
    known = {kind: classes_of(rows[rows["kind"] == kind], names[kind]) for kind in KINDS}
    labelled = sum(int((classes != UNKNOWN).sum()) for classes in known.values())
    return Network(block, known, left_out, len(rows) - labelled)


def read_edges(path: Path) -> tuple[pd.DataFrame, int]:
    """One row per pair: account, domain, weight; and how many rows are left out.

    The weight is log1p of all that the rows of the pair have, or of their number where the file has no weights, as the
    job's is of interactions.
    """
    rows = read_rows(path)
    for kind in KINDS:
        check_column(rows, kind, path)
    weight = pd.to_numeric(rows["weight"], errors="coerce") if "weight" in rows else pd.Series(1.0, rows.index)
    links = rows[list(KINDS)].assign(weight=weight.astype(float))
    usable = links.notna().all(axis=1) & np.isfinite(links["weight"]) & (links["weight"] > 0)
    kept = links[usable].astype(dict.fromkeys(KINDS, str))
    if kept.empty:
        raise BadTable(f"{path}: no row has an account, a domain and a positive weight")
    pairs = kept.groupby(list(KINDS), as_index=False)["weight"].sum()
    return pairs.assign(weight=np.log1p(pairs["weight"])), int((~usable).sum())


def one_block(links: pd.DataFrame, names: "dict[str, Objects]", *, hub_damping: float) -> Block:
    account, domain = (np.searchsorted(names[kind], links[kind].to_numpy(object)) for kind in KINDS)
    weight: Floats = links["weight"].to_numpy(float) / np.bincount(domain)[domain] ** hub_damping
    shape = (len(names["account"]), len(names["domain"]))
    weights = csr_array((weight, (account, domain)), shape=shape)
    weights.sort_indices()
    return Block(0, weights)


def read_labels(path: Path) -> pd.DataFrame:
    """kind, id and spam; of several labels of one node the last counts."""
    rows = read_rows(path)
    for column in ("kind", "id"):
        check_column(rows, column, path)
    labels = rows.assign(spam=spam_labels(rows, "label", path)).dropna(subset=["kind", "id", "spam"])
    labels = labels.assign(kind=labels["kind"].astype(str).str.strip().str.lower(), id=labels["id"].astype(str))
    if strange := sorted(set(labels["kind"]) - set(KINDS)):
        raise BadTable(f"{path}: kind is account or domain, and not {', '.join(map(repr, strange[:5]))}")
    return pd.DataFrame(labels[["kind", "id", "spam"]].drop_duplicates(["kind", "id"], keep="last"))


def classes_of(labels: pd.DataFrame, names: "Objects") -> Ints8:
    position = pd.Index(names).get_indexer(pd.Index(labels["id"]))
    result = np.full(len(names), UNKNOWN, np.int8)
    linked = position >= 0
    result[position[linked]] = np.where(labels["spam"].to_numpy(bool)[linked], SPAM, BENIGN)
    return result
