"""From who shows what to clusters of accounts, each with the keys that reproduce it."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.arrays import Floats, Ints
from lib.clusters.incidence import Shown, linkable
from lib.clusters.pairs import ALWAYS, Keys, common_keys, needed
from lib.clusters.significance import q_of_keys
from lib.clusters.splitting import Part, parts_of
from lib.components.forest import components, grouped, star_links
from lib.config import ClusterSettings


@dataclass(frozen=True)
class Cluster:
    """Accounts, ascending, and places in the keys of Found.

    Its members are exactly the accounts that hold a key of `cover` and none of `excepted`, which is empty but for parts
    of a giant. `keys` are all that it has, the broadest first.
    """

    accounts: Ints
    keys: Ints
    cover: Ints
    excepted: Ints


@dataclass(frozen=True)
class Found:
    """The keys that link accounts, with the q-value of each, and the clusters by their smallest account."""

    keys: Keys
    q: Floats
    clusters: Sequence[Cluster]


def find_in(shown: Shown, settings: ClusterSettings) -> Found:
    """The clusters of `shown`, in one process."""
    return find_among(linkable(shown, settings), settings)


def find_for_each(shown: Shown, settings: Sequence[ClusterSettings]) -> list[Found]:
    """The clusters by each of settings that differ in rare_share alone. Pairs of values are gone through once, by the
    loosest: the keys of a stricter one are among its keys, with the same holders."""
    loosest = max(settings, key=lambda one: one.rare_share)
    keys = common_keys(linkable(shown, loosest), loosest)
    result = []
    for one in settings:
        rows = linkable(shown, one)
        own = keys.only(keys.count >= needed(keys.product, shown.accounts, one))  # no hub has so many in a key
        result.append(clusters_of(own, q_of_keys(own, rows, one), shown.accounts, one))
    return result


def find_among(shown: Shown, settings: ClusterSettings) -> Found:
    """Of rows that are linkable."""
    keys = common_keys(shown, settings)
    q = q_of_keys(keys, shown, settings)
    return clusters_of(keys, q, shown.accounts, settings)


def clusters_of(keys: Keys, q: Floats, accounts: int, settings: ClusterSettings) -> Found:
    """The components that the keys make which are no matter of chance; loose giants in parts."""
    sure = (keys.product <= ALWAYS) | (q <= settings.max_q)
    keys, q = keys.only(sure), q[sure]
    nodes, root = components(*star_links(keys))
    component = root[np.searchsorted(nodes, keys.holder[keys.start[:-1]])]
    size = np.bincount(np.searchsorted(nodes, root), minlength=len(nodes))
    clusters = []
    for places in grouped(component):
        if size[np.searchsorted(nodes, component[places[0]])] < settings.min_size:
            continue
        sub = Keys(keys.left[places], keys.right[places], keys.product[places], *holders_at(keys, places))
        for part in parts_of(sub, accounts, settings):
            if len(part.accounts) >= settings.min_size:
                clusters.append(cluster_of(sub, part, places))
    return Found(keys, q, sorted(clusters, key=lambda cluster: int(cluster.accounts[0])))


def holders_at(keys: Keys, places: Ints) -> tuple[Ints, Ints]:
    """Start and holder of the keys at `places`."""
    count = keys.count[places]
    start = np.concatenate([[0], np.cumsum(count)])
    at = np.arange(start[-1]) - np.repeat(start[:-1], count) + np.repeat(keys.start[:-1][places], count)
    return start, keys.holder[at]


def cluster_of(keys: Keys, part: Part, places: Ints) -> Cluster:
    """`keys` are those of the component, at `places` among all."""
    broadest = part.keys[np.argsort(-keys.count[part.keys], kind="stable")]
    chosen = cover(keys, broadest, part.accounts)
    outside = np.setdiff1d(keys.only(np.isin(np.arange(len(keys.left)), chosen)).holder, part.accounts)
    excepted = cover(keys, part.excepted, outside)
    return Cluster(part.accounts, places[broadest], places[chosen], places[excepted])


def cover(keys: Keys, places: Ints, accounts: Ints) -> Ints:
    """Few of the keys at `places` that `accounts` hold one of each: always the one that adds most, then the first."""
    left = set(accounts.tolist())
    holders = {int(k): set(keys.holder[keys.start[k] : keys.start[k + 1]].tolist()) for k in places}
    queue = [(-len(holders[int(k)] & left), order, int(k)) for order, k in enumerate(places)]
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
