"""From incidence to clusters of accounts, each with the keys that reproduce it."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Floats, Ints, grouped
from lib.clusters.incidence import Incidence, linkable
from lib.clusters.rare_pairs import ALWAYS, Keys, holders_needed, linking_keys
from lib.clusters.significance import q_of_keys
from lib.clusters.splitting import Part, parts_of
from lib.components.spanning_forests import components
from lib.config import ClusterSettings


@dataclass(frozen=True)
class Cluster:
    """Accounts, ascending, and positions in the keys of the Clustering.

    Its members are exactly the accounts that hold a key of `cover` and none of `excepted`, which is empty but for parts
    of a giant. `keys` are all that it has, the broadest first.
    """

    accounts: Ints
    keys: Ints
    cover: Ints
    excepted: Ints


@dataclass(frozen=True)
class Clustering:
    """The keys that link accounts, with the q-value of each, and the clusters by their smallest account."""

    keys: Keys
    q: Floats
    clusters: Sequence[Cluster]


def cluster_for_each(incidence: Incidence, settings: Sequence[ClusterSettings]) -> list[Clustering]:
    """The clusters by each of settings that differ in rare_share alone. Pairs of values are counted once, by the
    loosest: the keys of a stricter one are among its keys, with the same holders."""
    loosest = max(settings, key=lambda one: one.rare_share)
    keys = linking_keys(linkable(incidence, loosest), loosest)
    result = []
    for one in settings:
        rows = linkable(incidence, one)
        strict = keys.only(keys.count >= holders_needed(keys.product, incidence.accounts, one))
        result.append(clusters_from_keys(strict, q_of_keys(strict, rows, one), incidence.accounts, one))
    return result


def cluster_linkable(incidence: Incidence, settings: ClusterSettings) -> Clustering:
    """`incidence` is linkable."""
    keys = linking_keys(incidence, settings)
    return clusters_from_keys(keys, q_of_keys(keys, incidence, settings), incidence.accounts, settings)


def clusters_from_keys(keys: Keys, q: Floats, accounts: int, settings: ClusterSettings) -> Clustering:
    """The components that the significant keys make; loose giants are split."""
    significant = (keys.product <= ALWAYS) | (q <= settings.max_q)
    keys, q = keys.only(significant), q[significant]
    nodes, root = components(*keys.star_links())
    component = root[np.searchsorted(nodes, keys.holder[keys.start[:-1]])]
    size = np.bincount(np.searchsorted(nodes, root), minlength=len(nodes))
    clusters = []
    for positions in grouped(component):
        if size[np.searchsorted(nodes, component[positions[0]])] < settings.min_size:
            continue
        sub = Keys(keys.left[positions], keys.right[positions], keys.product[positions], *holders_at(keys, positions))
        for part in parts_of(sub, accounts, settings):
            if len(part.accounts) >= settings.min_size:
                clusters.append(cluster_of(sub, part, positions))
    return Clustering(keys, q, sorted(clusters, key=lambda cluster: int(cluster.accounts[0])))


def holders_at(keys: Keys, positions: Ints) -> tuple[Ints, Ints]:
    """Start and holder of the keys at `positions`."""
    count = keys.count[positions]
    start = np.concatenate([[0], np.cumsum(count)])
    at = np.arange(start[-1]) - np.repeat(start[:-1], count) + np.repeat(keys.start[:-1][positions], count)
    return start, keys.holder[at]


def cluster_of(keys: Keys, part: Part, positions: Ints) -> Cluster:
    """`keys` are those of the component, at `positions` among all."""
    broadest = part.keys[np.argsort(-keys.count[part.keys], kind="stable")]
    chosen = cover(keys, broadest, part.accounts)
    outside = np.setdiff1d(keys.only(np.isin(np.arange(len(keys.left)), chosen)).holder, part.accounts)
    excepted = cover(keys, part.excepted, outside)
    return Cluster(part.accounts, positions[broadest], positions[chosen], positions[excepted])


def cover(keys: Keys, positions: Ints, accounts: Ints) -> Ints:
    """Few of the keys at `positions`, so that each of `accounts` holds one: greedily the one that adds most, then the
    first."""
    left = set(accounts.tolist())
    holders = {int(k): set(keys.holders(k).tolist()) for k in positions}
    queue = [(-len(holders[int(k)] & left), order, int(k)) for order, k in enumerate(positions)]
    heapq.heapify(queue)
    chosen: list[int] = []
    while left and queue:
        _, order, k = heapq.heappop(queue)
        gain = len(holders[k] & left)
        if queue and (-gain, order) > queue[0][:2]:
            heapq.heappush(queue, (-gain, order, k))
        elif gain:
            chosen.append(k)
            left -= holders[k]
    return np.array(chosen, np.int64)
