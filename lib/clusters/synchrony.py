"""Whether members of a cluster act in the same minutes, compared with what the platform's hours alone would give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.arrays import Floats, Ints, numbered, packed, starts
from lib.clusters.cluster_summary import ClusterSummary
from lib.clusters.value_lookup import ValueLookup

MINUTES = 1440  # of a day


@dataclass(frozen=True)
class Activity:
    """Actions on days when other members acted too: how many, how many of them close to another member's, and how many
    of them are expected to be close by chance."""

    actions: int
    close: int
    expected: float

    @property
    def synchrony(self) -> float | None:
        """0 where as many are close as chance gives, 1 where all are; below 0 where members avoid each other."""
        beyond = self.actions - self.expected
        return max(-1.0, (self.close - self.expected) / beyond) if beyond > 1e-9 else None


def activity_of(
    summaries: Sequence[ClusterSummary], lookup: ValueLookup, *, hours: Floats, within: int
) -> list[Activity]:
    """Of each cluster: the actions by which its members have what they share with others of it."""
    actions = lookup.activity.merge(members_of(summaries, lookup), on="account")
    actions = actions.merge(values_of(summaries, lookup), on=["cluster", "key"])
    occasion = actions.groupby(["cluster", "key", "day"]).ngroup().to_numpy().astype(np.int64)
    cluster, account, minute = (actions[name].to_numpy() for name in ("cluster", "account", "minute"))
    return activity(cluster, account, occasion, minute, clusters=len(summaries), hours=hours, within=within)


def members_of(summaries: Sequence[ClusterSummary], lookup: ValueLookup) -> pd.DataFrame:
    """account and cluster, of which an account has one."""
    hashes = {name: account for account, name in lookup.accounts.items()}
    pairs = [(hashes[name], cluster) for cluster, one in enumerate(summaries) for name in one.members]
    return pd.DataFrame(pairs, columns=["account", "cluster"], dtype=np.int64)


def values_of(summaries: Sequence[ClusterSummary], lookup: ValueLookup) -> pd.DataFrame:
    """key and cluster: the values that members of each cluster share."""
    hashes = {value: key for key, value in lookup.values.items()}
    pairs = [(hashes[value], cluster) for cluster, one in enumerate(summaries) for value, _ in one.shared]
    return pd.DataFrame(pairs, columns=["key", "cluster"], dtype=np.int64)


def activity(
    cluster: Ints, account: Ints, occasion: Ints, minute: Ints, *, clusters: int, hours: Floats, within: int
) -> list[Activity]:
    """Of each cluster. One element per action: a member's minute of the day on an occasion, which is one value of the
    cluster on one day; none twice.

    Actions are close if they are at most `within` minutes apart and of two members. `hours` is the platform's share of
    actions in each hour: of n other members' actions on the occasion, one is close by chance with a probability of
    1 - exp(-n * share of the minutes that are close).
    """
    order = np.lexsort((account, minute, occasion))
    cluster, account, occasion, minute = (column[order] for column in (cluster, account, occasion, minute))
    others = run_length(occasion) - own_count(account, occasion)
    moment = occasion * 4 * MINUTES + minute
    first = np.searchsorted(moment, moment - within, "left")
    last = np.searchsorted(moment, moment + within, "right") - 1
    change = np.concatenate([[0], np.cumsum(account[1:] != account[:-1])]) if len(account) else account
    close = change[first] != change[last]
    chance = 1 - np.exp(-others * hours[minute // 60] / 60 * (2 * within + 1))
    counted = others > 0
    actions, near, expected = (
        np.bincount(cluster[counted], weights=per_action[counted], minlength=clusters).tolist()
        for per_action in (counted, close, chance)
    )
    return [Activity(int(a), int(n), e) for a, n, e in zip(actions, near, expected, strict=True)]


def run_length(sorted_: Ints) -> Ints:
    """For each element, how many are equal to it."""
    count = np.diff(starts(sorted_))
    return np.repeat(count, count)


def own_count(account: Ints, occasion: Ints) -> Ints:
    """For each element, how many are of its account and its occasion."""
    both, position = numbered(packed(numbered(account)[1], occasion))
    return np.bincount(position, minlength=len(both)).astype(np.int64)[position]
