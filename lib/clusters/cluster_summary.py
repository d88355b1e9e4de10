"""What each cluster is like: the values that its members share, its lift over the trusted baseline, its rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from lib.clusters.linking import Cluster, Clustering
from lib.clusters.sql_rules import Rule, Value, short_rule
from lib.clusters.value_lookup import ValueLookup
from lib.config import ClusterSettings

Pair = tuple[Value, Value]


@dataclass(frozen=True)
class ClusterSummary:
    """One cluster, with names instead of hashes. `shared` has the values of most members first, `cover` and `excepted`
    pairs of values with the number of members, or of other accounts, that have both."""

    members: frozenset[str]
    shared: Sequence[tuple[Value, int]]
    cover: Sequence[tuple[Pair, int]]
    excepted: Sequence[tuple[Pair, int]]
    rule: Rule
    lift: float
    q: float
    last_day: date


@dataclass(frozen=True)
class Baseline:
    """The accounts that count as usual: those among them that have a value of a cluster, and how many there are."""

    accounts: frozenset[str]
    size: int


def summaries_of(
    clustering: Clustering,
    lookup: ValueLookup,
    *,
    baseline: Baseline,
    accounts: int,
    day: date,
    settings: ClusterSettings,
) -> list[ClusterSummary]:
    """In the order of their smallest members. `accounts` is N."""
    summaries = [
        summary_of(one, clustering, lookup, baseline=baseline, accounts=accounts, day=day, settings=settings)
        for one in clustering.clusters
    ]
    return sorted(summaries, key=lambda one: min(one.members))


def summary_of(
    cluster: Cluster,
    clustering: Clustering,
    lookup: ValueLookup,
    *,
    baseline: Baseline,
    accounts: int,
    day: date,
    settings: ClusterSettings,
) -> ClusterSummary:
    members = frozenset(lookup.accounts[a] for a in cluster.accounts.tolist())
    pairs = [pair_of(clustering, lookup, k) for k in cluster.keys.tolist()]
    values = sorted({value for pair in pairs for value in pair})
    counted = [(value, len(lookup.holders[value] & members)) for value in values]
    broadest = int(cluster.cover[0])
    left, right = pair_of(clustering, lookup, broadest)
    days = (d for value in values for a, d in lookup.last_days[value].items() if a in members)
    return ClusterSummary(
        members=members,
        shared=sorted(counted, key=lambda value: (-value[1], value[0])),
        cover=[with_count(pair_of(clustering, lookup, k), lookup, members) for k in cluster.cover.tolist()],
        excepted=[with_count(pair_of(clustering, lookup, k), lookup, None) for k in cluster.excepted.tolist()],
        rule=short_rule(members, pairs, lookup.holders, settings),
        lift=lift_of(left, right, lookup, members, baseline, accounts),
        q=float(clustering.q[broadest]),
        last_day=max(days, default=day),
    )


def pair_of(clustering: Clustering, lookup: ValueLookup, key: int) -> Pair:
    """The two values of a key, in the order of their names."""
    one, other = lookup.values[int(clustering.keys.left[key])], lookup.values[int(clustering.keys.right[key])]
    return (one, other) if one <= other else (other, one)


def with_count(pair: Pair, lookup: ValueLookup, members: frozenset[str] | None) -> tuple[Pair, int]:
    both = lookup.holders[pair[0]] & lookup.holders[pair[1]]
    return pair, len(both if members is None else both & members)


def lift_of(
    left: Value, right: Value, lookup: ValueLookup, members: frozenset[str], baseline: Baseline, accounts: int
) -> float:
    """Members with both values, over the number of N accounts that would have both at the rates of the baseline.

    A rate is (count + 1/2) / (accounts + 1); members are no part of their own baseline.
    """
    others = baseline.size - len(members & baseline.accounts) + 1
    rates = [(len((lookup.holders[v] & baseline.accounts) - members) + 0.5) / others for v in (left, right)]
    both = len(lookup.holders[left] & lookup.holders[right] & members)
    return float(both / (np.prod(np.minimum(rates, 1.0)) * accounts))
