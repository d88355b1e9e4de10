"""From the window's values to the day's clusters: what find_clusters does, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from lib.arrays import Floats, Ints
from lib.calibration import fit_lines
from lib.clusters.activity import acts_together
from lib.clusters.cluster_scoring import fold_masses, prior_logits, raw_scores
from lib.clusters.distributed import Linked, find_linked
from lib.clusters.knowledge import knowledge_of
from lib.clusters.linking import Found
from lib.clusters.lookup import NOBODY, Held, held_of
from lib.clusters.members import FACTS, Platform, facts_of, platform_of
from lib.clusters.summary import Baseline, Traits, traits_of
from lib.clusters.synchrony import Together
from lib.clusters.window import held_values, most_rows, window_values
from lib.config import Attribute, ClusterSettings, SampleSettings


@dataclass(frozen=True)
class Detected:
    """The living clusters of the day, with one element each in `traits`, `together` and the scores."""

    traits: Sequence[Traits]
    together: Sequence[Together]
    scores: Floats  # shape (clusters, folds + 1): without the labels of each fold, then with all
    facts: pd.DataFrame  # of accounts that show a value of theirs, by account_id
    known: pd.DataFrame  # of their members: a row per cluster
    held: Held


def detect(
    *,
    attribute_days: DataFrame,
    account_features: DataFrame,
    account_scores: DataFrame,
    labels: DataFrame,
    day: date,
    settings: ClusterSettings,
    attributes: Mapping[str, Attribute],
    samples: SampleSettings,
) -> Detected:
    """`labels` are resolved."""
    shown = window_values(attribute_days, account_features, attributes)
    linked = find_linked(shown, most_rows(attribute_days, account_features, attributes), settings)
    if not linked.found.clusters:
        nothing = pd.DataFrame(columns=list(FACTS))
        return Detected([], [], np.empty((0, samples.folds + 1)), nothing, pd.DataFrame(), NOBODY)
    keys = keys_of(linked.found)
    held = held_of(held_values(shown, keys), linked.took_part(keys))
    facts = facts_of(
        sorted(held.names.values()),
        account_features=account_features,
        account_scores=account_scores,
        labels=labels,
        settings=settings,
        samples=samples,
    )
    platform = platform_of(account_features, settings)
    baseline = baseline_of(held, facts, platform, linked.accounts, settings)
    traits = living(told(linked, held, baseline, day), day, settings)
    met = acts_together(traits, held, hours=platform.hours, within=settings.sync_minutes)
    known = knowledge_of(traits, facts, settings)
    scores = scored(traits, met, known, facts, settings, samples)
    return Detected(traits, met, scores, facts, known, held)


def keys_of(result: Found) -> "Ints":
    """The hashes of all values that a cluster is told by."""
    places = [part for c in result.clusters for part in (c.keys, c.excepted)]
    chosen = np.concatenate([*places, np.empty(0, np.int64)]).astype(np.int64)
    return np.unique(np.concatenate([result.keys.left[chosen], result.keys.right[chosen]]))


def baseline_of(
    held: Held, facts: pd.DataFrame, platform: Platform, accounts: int, settings: ClusterSettings
) -> Baseline:
    """Accounts with a long history; all accounts where these are too few."""
    if platform.trusted < settings.min_trusted:
        return Baseline(frozenset(held.names.values()), accounts)
    return Baseline(frozenset(facts.index[facts["is_trusted"].eq(True)]), platform.trusted)


def told(linked: Linked, held: Held, baseline: Baseline, day: date) -> Sequence[Traits]:
    """In the order of their smallest members."""
    traits = [
        traits_of(cluster, linked.found, held, baseline=baseline, accounts=linked.accounts, day=day)
        for cluster in linked.found.clusters
    ]
    return sorted(traits, key=lambda one: min(one.members))


def living(traits: Sequence[Traits], day: date, settings: ClusterSettings) -> Sequence[Traits]:
    return [one for one in traits if one.last_day > day - timedelta(days=settings.quiet_days)]


def scored(
    traits: Sequence[Traits],
    met: Sequence[Together],
    known: pd.DataFrame,
    facts: pd.DataFrame,
    settings: ClusterSettings,
    samples: SampleSettings,
) -> Floats:
    """Calibrated scores of each cluster: without the labels of each fold, and in the last column with all."""
    if not traits:
        return np.empty((0, samples.folds + 1))
    prior = prior_logits(
        np.array([one.lift for one in traits]),
        np.array([len(one.members) for one in traits], np.float64),
        np.array([np.nan if one.synchrony is None else one.synchrony for one in met]),
        known["trusted_share"].to_numpy(np.float64),
    )
    labelled = labelled_members(traits, facts)
    cluster, fold, spam = (labelled[name].to_numpy() for name in ("cluster", "fold", "is_spam"))
    weight = labelled["weight"].to_numpy(np.float64)
    of_spam, of_benign = (
        fold_masses(cluster[of], weight[of], fold[of], clusters=len(traits), folds=samples.folds)
        for of in (spam, ~spam)
    )
    raw = raw_scores(prior[:, None], of_spam, of_benign, label_prior=settings.label_prior)
    lines = fit_lines(raw[cluster, fold], spam, fold, folds=samples.folds, least=settings.min_calibration_labels)
    return np.stack([line.scores(raw[:, view]) for view, line in enumerate(lines)], axis=1)


def labelled_members(traits: Sequence[Traits], facts: pd.DataFrame) -> pd.DataFrame:
    """cluster, is_spam, weight and fold of each member with a label, ordered by cluster and account."""
    place = {account: number for number, one in enumerate(traits) for account in one.members}
    known = facts[facts["is_spam"].notna() & facts.index.isin(place.keys())]
    made = pd.DataFrame(
        {
            "cluster": np.array([place[account] for account in known.index], np.int64),
            "is_spam": known["is_spam"].astype(bool).to_numpy(),
            "weight": known["weight"].astype(float).to_numpy(),
            "fold": known["fold"].astype(int).to_numpy(),
        }
    )
    return made.sort_values("cluster", kind="stable", ignore_index=True)
