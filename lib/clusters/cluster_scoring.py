"""How likely a member of a cluster is spam: what the cluster is like, then what is known of its members."""

import numpy as np

from lib.arrays import Floats, Ints
from lib.calibration import probability

# Logits, set by judgement: clusters learn from nothing. Calibration takes over where there are labels.
START = -1.5
PER_TENFOLD_LIFT = 0.3  # up to a million
PER_DOUBLING = 0.3  # of accounts beyond three, up to 64 times
SYNCHRONY = 2.0
TRUSTED = -1.5  # where all members have a long history


def prior_logits(lift: Floats, accounts: Ints, synchrony: Floats, trusted_share: Floats) -> Floats:
    """Of clusters of which no label is known; synchrony is nan where unknown, which counts as chance."""
    tenfolds = np.clip(np.log10(np.maximum(lift, 1)), 0, 6)
    doublings = np.clip(np.log2(np.maximum(accounts, 1) / 3), 0, 6)
    return np.asarray(
        START
        + PER_TENFOLD_LIFT * tenfolds
        + PER_DOUBLING * doublings
        + SYNCHRONY * np.nan_to_num(synchrony)
        + TRUSTED * trusted_share
    )


def raw_scores(prior: Floats, spam: Floats, benign: Floats, *, label_prior: float) -> Floats:
    """The mean of a beta distribution: labelled members of both classes, and a prior that weighs `label_prior`."""
    return np.asarray((spam + label_prior * probability(prior)) / (spam + benign + label_prior))


def fold_masses(cluster: Ints, weight: Floats, fold: Ints, *, clusters: int, folds: int) -> Floats:
    """The weight of labelled members without each fold, shape (clusters, folds + 1); the last column is of all."""
    mass = np.zeros((clusters, folds))
    np.add.at(mass, (cluster, fold), weight)
    whole = mass.sum(axis=1, keepdims=True)
    return np.asarray(np.concatenate([whole - mass, whole], axis=1))
