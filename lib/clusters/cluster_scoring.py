"""How likely a member of a cluster is spam: a prior from what the cluster is like, then labels, then calibration."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.arrays import Floats, Ints
from lib.calibration import fit_lines, probability
from lib.clusters.cluster_summary import ClusterSummary
from lib.clusters.synchrony import Activity
from lib.config import ClusterSettings, SampleSettings

MOST_TENFOLDS = 6  # of lift: a million times more than expected is as good as any more
MOST_DOUBLINGS = 6  # of accounts: 64 times three


def cluster_scores(
    summaries: Sequence[ClusterSummary],
    activity: Sequence[Activity],
    statistics: pd.DataFrame,
    members: pd.DataFrame,
    settings: ClusterSettings,
    samples: SampleSettings,
) -> Floats:
    """Calibrated scores, shape (clusters, folds + 1): without the labels of each fold, and in the last column with all.

    `statistics` are of cluster_statistics, `members` of member_rows.
    """
    if not summaries:
        return np.empty((0, samples.folds + 1))
    prior = prior_logits(
        np.array([one.lift for one in summaries]),
        np.array([len(one.members) for one in summaries], np.float64),
        np.array([np.nan if one.synchrony is None else one.synchrony for one in activity]),
        statistics["trusted_share"].to_numpy(np.float64),
        settings,
    )
    labelled = labelled_members(summaries, members)
    cluster, fold, is_spam = (labelled[name].to_numpy() for name in ("cluster", "fold", "is_spam"))
    weight = labelled["weight"].to_numpy(np.float64)
    spam, benign = (
        fold_masses(cluster[of], weight[of], fold[of], clusters=len(summaries), folds=samples.folds)
        for of in (is_spam, ~is_spam)
    )
    raw = raw_scores(prior[:, None], spam, benign, label_prior=settings.label_prior)
    lines = fit_lines(raw[cluster, fold], is_spam, fold, folds=samples.folds, least=settings.min_calibration_labels)
    return np.stack([line.scores(raw[:, view]) for view, line in enumerate(lines)], axis=1)


def prior_logits(
    lift: Floats, accounts: Floats, synchrony: Floats, trusted_share: Floats, settings: ClusterSettings
) -> Floats:
    """Of clusters of which no label is known; synchrony is nan where unknown, which counts as chance."""
    tenfolds = np.clip(np.log10(np.maximum(lift, 1)), 0, MOST_TENFOLDS)
    doublings = np.clip(np.log2(np.maximum(accounts, 1) / 3), 0, MOST_DOUBLINGS)
    return np.asarray(
        settings.prior_logit
        + settings.lift_logit * tenfolds
        + settings.size_logit * doublings
        + settings.synchrony_logit * np.nan_to_num(synchrony)
        + settings.trusted_logit * trusted_share
    )


def raw_scores(prior: Floats, spam: Floats, benign: Floats, *, label_prior: float) -> Floats:
    """The mean of a beta distribution: labelled members of both classes, and a prior that weighs `label_prior`."""
    return np.asarray((spam + label_prior * probability(prior)) / (spam + benign + label_prior))


def labelled_members(summaries: Sequence[ClusterSummary], members: pd.DataFrame) -> pd.DataFrame:
    """cluster, is_spam, weight and fold of each member with a label, ordered by cluster and account."""
    cluster = {account: number for number, one in enumerate(summaries) for account in one.members}
    labelled = members[members["is_spam"].notna() & members.index.isin(cluster.keys())]
    columns = {
        "cluster": np.array([cluster[account] for account in labelled.index], np.int64),
        "is_spam": labelled["is_spam"].astype(bool).to_numpy(),
        "weight": labelled["weight"].astype(float).to_numpy(),
        "fold": labelled["fold"].astype(int).to_numpy(),
    }
    return pd.DataFrame(columns).sort_values("cluster", kind="stable", ignore_index=True)


def fold_masses(cluster: Ints, weight: Floats, fold: Ints, *, clusters: int, folds: int) -> Floats:
    """The weight of labelled members without each fold, shape (clusters, folds + 1); the last column is of all."""
    mass = np.zeros((clusters, folds))
    np.add.at(mass, (cluster, fold), weight)
    whole = mass.sum(axis=1, keepdims=True)
    return np.asarray(np.concatenate([whole - mass, whole], axis=1))
