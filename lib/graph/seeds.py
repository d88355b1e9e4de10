"""Where mass starts: labels of both kinds, and weak priors from the domain model, as arrays.

There are 2 * (folds + 1) right-hand sides, two per view: columns 0 and 1 are the spam and the benign mass of all seeds,
columns 2 + 2f and 3 + 2f the same without fold f. The latter give the out-of-fold scores of the entities of fold f.

The classes keep the masses that their labels have: equal masses were worse (README.md), and calibration sets the level
of the scores.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lib.arrays import Array, Bools, Floats, Ints, Ints8, Ints32, Positions, common_positions
from lib.config import SampleSettings
from lib.sampling import fold

SPAM, BENIGN, UNKNOWN = 1, 0, -1


@dataclass(frozen=True)
class Labels:
    """The labels of the nodes of one kind, one element per node."""

    label: Ints8  # SPAM, BENIGN or UNKNOWN
    weight: Floats
    fold: Ints32

    @staticmethod
    def unknown(nodes: int) -> "Labels":
        return Labels(np.full(nodes, UNKNOWN, np.int8), np.zeros(nodes), np.full(nodes, UNKNOWN, np.int32))

    @property
    def labelled(self) -> Bools:
        return np.not_equal(self.label, UNKNOWN)

    def at(self, positions: Array) -> "Labels":
        """Those at `positions`, which may be a mask."""
        return Labels(self.label[positions], self.weight[positions], self.fold[positions])

    def having(self, positions: Positions, others: "Labels") -> "Labels":
        """These with `others` put in at `positions`."""
        mixed = Labels(self.label.copy(), self.weight.copy(), self.fold.copy())
        mixed.label[positions], mixed.weight[positions], mixed.fold[positions] = (
            others.label,
            others.weight,
            others.fold,
        )
        return mixed


@dataclass(frozen=True)
class LabelledKeys:
    """The labels of one kind of entity, one element per entity, in the order of the keys."""

    keys: Ints
    labels: Labels

    def only(self, chosen: Bools) -> "LabelledKeys":
        return LabelledKeys(self.keys[chosen], self.labels.at(chosen))

    def of(self, keys: Ints) -> Labels:
        """The labels of the nodes with the sorted `keys`, UNKNOWN where there is none."""
        nodes, own = common_positions(keys, self.keys)
        return Labels.unknown(len(keys)).having(nodes, self.labels.at(own))


def labels_by_kind(resolved: DataFrame, samples: SampleSettings) -> dict[str, LabelledKeys]:
    """The resolved labels by kind of entity. They come to the driver: 20 bytes each."""
    table = resolved.select(
        "entity_kind",
        F.xxhash64("entity_id").alias("key"),
        "is_spam",
        "weight",
        fold(F.col("entity_kind"), F.col("entity_id"), salt=samples.salt, folds=samples.folds).alias("fold"),
    ).toArrow()
    return {kind: labels_of_kind(table, kind) for kind in ("account", "domain")}


def labels_of_kind(table: pa.Table, kind: str) -> LabelledKeys:
    of_kind = np.array(table["entity_kind"].to_pylist(), dtype=object) == kind
    keys, spam = array(table["key"])[of_kind], array(table["is_spam"]).astype(np.bool_)[of_kind]
    label = np.where(spam, SPAM, BENIGN).astype(np.int8)
    weight, folds = array(table["weight"])[of_kind], array(table["fold"]).astype(np.int32)[of_kind]
    order = np.argsort(keys, kind="stable")
    return LabelledKeys(keys[order], Labels(label[order], weight[order], folds[order]))


def model_scores(domain_scores: DataFrame, keys: Ints, folds: int) -> Floats:
    """The domain model's scores of the domains with the sorted `keys`: shape (domains, folds + 1), nan for none.

    Column 0 is the score, column f + 1 the one that was made without the labels of fold f.
    """
    views = [F.col("score"), *(F.get("fold_scores", F.lit(f)) for f in range(folds))]
    names = [f"view_{number}" for number in range(folds + 1)]
    scored = domain_scores.select(
        F.xxhash64("domain").alias("key"), *(view.alias(name) for view, name in zip(views, names, strict=True))
    ).toArrow()
    order = np.argsort(array(scored["key"]), kind="stable")
    nodes, own = common_positions(keys, array(scored["key"])[order])
    result = np.full((len(keys), folds + 1), np.nan)
    for column, name in enumerate(names):
        result[nodes, column] = array(scored[name]).astype(np.float64)[order][own]
    return result


def array(column: "pa.ChunkedArray[Any]") -> Array:
    values: Array = column.to_numpy()
    return values


def sides(folds: int) -> int:
    return 2 * (folds + 1)


def out_of_fold(mass: Floats, labels: Labels) -> Floats:
    """The spam and the benign mass of each entity in the view without its own fold: n x 2, nan without a label."""
    known = np.flatnonzero(labels.labelled)
    spam = 2 + 2 * labels.fold[known].astype(np.intp)
    unseen = np.full((len(mass), 2), np.nan)
    unseen[known] = np.column_stack([mass[known, spam], mass[known, spam + 1]])
    return unseen


def seed_masses(
    accounts: Labels,
    domains: Labels,
    domain_scores: Floats,
    *,
    folds: int,
    prior_mass: float,
    max_weight: float,
) -> tuple[Floats, Floats]:
    """The seeds y_u of shape (accounts, sides) and y_d of shape (domains, sides); a mean seed has mass 1.

    `domain_scores`, of shape (domains, folds + 1), are the domain model's, each column made without the labels that its
    view leaves out; nan where there is none. In a view, their priors have `prior_mass` times the mass of its seeds. A
    label weighs at most `max_weight`.
    """
    y_u = np.empty((len(accounts.label), sides(folds)))
    y_d = np.empty((len(domains.label), sides(folds)))
    for view in range(folds + 1):
        of_accounts, of_domains = seeds_of(accounts, view, max_weight), seeds_of(domains, view, max_weight)
        seeds = np.count_nonzero(of_accounts) + np.count_nonzero(of_domains)
        unit = (of_accounts.sum() + of_domains.sum()) / max(seeds, 1) or 1.0
        priors = weak_priors(domain_scores[:, view], of_domains.sum(axis=1) == 0, limit=prior_mass * seeds)
        y_u[:, 2 * view : 2 * view + 2] = of_accounts / unit
        y_d[:, 2 * view : 2 * view + 2] = of_domains / unit + priors
    return y_u, y_d


def seeds_of(known: Labels, view: int, max_weight: float) -> Floats:
    """Capped weights of the labels that the view holds, in columns spam and benign; view 0 holds all."""
    weight = np.where(known.fold == view - 1, 0, np.minimum(known.weight, max_weight))
    return np.stack([weight * (known.label == SPAM), weight * (known.label == BENIGN)], axis=1)


def weak_priors(scores: Floats, free: Bools, *, limit: float) -> Floats:
    """Prior mass in columns spam and benign of the domains that are `free` (no seeds) and have a score p.

    A domain has mass by |2p - 1|, as one half is no evidence, and it is split p to 1 - p. (All to the likelier class
    would send an account that links to one such domain only to 0 or 1: on the mail example, AUC of accounts .87 instead
    of .95.)
    All masses together are at most `limit`, and none is more than 1.
    """
    usable = free & ~np.isnan(scores)
    p = np.where(usable, scores, 0.5)
    mass = np.abs(2 * p - 1)
    mass *= min(1.0, limit / (mass.sum() or 1.0))
    return np.stack([mass * p, mass * (1 - p)], axis=1)
