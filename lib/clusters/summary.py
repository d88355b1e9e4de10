"""What each cluster is like: its values, its lift over the trusted, its rule, its acts, and how it is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from lib.clusters.linking import Cluster, Found
from lib.clusters.lookup import Held
from lib.clusters.sql_rules import Rule, Value, short_rule

Pair = tuple[Value, Value]


@dataclass(frozen=True)
class Traits:
    """One cluster, in words instead of hashes. `shared` has the values of most members first, `cover` and `excepted`
    pairs of values with the members, or the others, that have both."""

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
    """The accounts whose habits count as usual: how many there are, and those that show a value of a cluster."""

    among: frozenset[str]
    size: int


def traits_of(
    cluster: Cluster,
    result: Found,
    held: Held,
    *,
    baseline: Baseline,
    accounts: int,
    day: date,
) -> Traits:
    """`accounts` is N."""
    members = frozenset(held.names[a] for a in cluster.accounts.tolist())
    pairs = [pair_of(result, held, k) for k in cluster.keys.tolist()]
    own = sorted({value for pair in pairs for value in pair})
    counted = [(value, len(held.showing[value] & members)) for value in own]
    broadest = int(cluster.cover[0])
    left, right = pair_of(result, held, broadest)
    return Traits(
        members=members,
        shared=sorted(counted, key=lambda value: (-value[1], value[0])),
        cover=[with_count(pair_of(result, held, k), held, members) for k in cluster.cover.tolist()],
        excepted=[with_count(pair_of(result, held, k), held, None) for k in cluster.excepted.tolist()],
        rule=short_rule(members, pairs, held.showing),
        lift=lift_of(left, right, held, members, baseline, accounts),
        q=float(result.q[broadest]),
        last_day=max((d for v in own for a, d in held.newest[v].items() if a in members), default=day),
    )


def pair_of(result: Found, held: Held, key: int) -> Pair:
    """The two values of a key, in the order of their names."""
    one, other = held.values[int(result.keys.left[key])], held.values[int(result.keys.right[key])]
    return (one, other) if one <= other else (other, one)


def with_count(pair: Pair, held: Held, members: frozenset[str] | None) -> tuple[Pair, int]:
    both = held.showing[pair[0]] & held.showing[pair[1]]
    return pair, len(both if members is None else both & members)


def lift_of(left: Value, right: Value, held: Held, members: frozenset[str], baseline: Baseline, accounts: int) -> float:
    """Members with both values, against as many of N accounts as would have them at the rates of the baseline.

    A rate is (count + 1/2) / (accounts + 1); members are no part of their own baseline.
    """
    others = baseline.size - len(members & baseline.among) + 1
    rates = [(len((held.showing[value] & baseline.among) - members) + 0.5) / others for value in (left, right)]
    both = len(held.showing[left] & held.showing[right] & members)
    return float(both / (np.prod(np.minimum(rates, 1.0)) * accounts))
