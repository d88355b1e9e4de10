"""Where mass sets out: labels of both kinds, and weak priors from the domain model.

There are 2 * (folds + 1) right-hand sides, two a view: columns 0 and 1 are the spam and the benign mass of all seeds,
columns 2 + 2f and 3 + 2f the same without fold f. What the latter say of an entity of fold f is out of fold.

The classes keep the masses that their labels have. To give both the same was worse out of fold on the mail example
(AUC of accounts .943 against .950, of domains the same; .81 and .90 against .94 and .96 with nine tenths of the spam
labels gone), and the level of the scores is what calibration is for.
"""

from dataclasses import dataclass

import numpy as np

from lib.arrays import Array, Bools, Floats, Ints8, Ints32, Positions

SPAM, BENIGN, UNKNOWN = 1, 0, -1


@dataclass(frozen=True)
class Labels:
    """What is known of the nodes of one kind, one element per node."""

    label: Ints8  # SPAM, BENIGN or UNKNOWN
    weight: Floats
    fold: Ints32

    @staticmethod
    def unknown(nodes: int) -> "Labels":
        return Labels(np.full(nodes, UNKNOWN, np.int8), np.zeros(nodes), np.full(nodes, UNKNOWN, np.int32))

    @property
    def labelled(self) -> Bools:
        return np.not_equal(self.label, UNKNOWN)

    def at(self, places: Array) -> "Labels":
        """Those at `places`, which may be a mask."""
        return Labels(self.label[places], self.weight[places], self.fold[places])

    def having(self, places: Positions, others: "Labels") -> "Labels":
        """These with `others` put in at `places`."""
        mixed = Labels(self.label.copy(), self.weight.copy(), self.fold.copy())
        mixed.label[places], mixed.weight[places], mixed.fold[places] = others.label, others.weight, others.fold
        return mixed


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

    A domain has mass by |2p - 1|, as one half says nothing, and it is split p to 1 - p. (All to the likelier class
    would send whatever hangs on one such domain to 0 or 1: on the mail example, AUC of accounts .87 instead of .95.)
    All masses together are at most `limit`, and none is more than 1.
    """
    usable = free & ~np.isnan(scores)
    p = np.where(usable, scores, 0.5)
    mass = np.abs(2 * p - 1)
    mass *= min(1.0, limit / (mass.sum() or 1.0))
    return np.stack([mass * p, mass * (1 - p)], axis=1)
