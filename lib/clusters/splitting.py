"""Loose giants are split: a few chance links make one component of many clusters.

Louvain (Blondel et al. 2008) finds the communities of accounts. Keys, not accounts, are then assigned to them, so that
the members of a part are exactly the holders of its keys: a key goes to the community of most of its holders, or to
none.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_matrix

from lib.arrays import Bools, Ints, Positions, grouped
from lib.clusters.rare_pairs import Keys
from lib.components.spanning_forests import components
from lib.config import ClusterSettings


@dataclass(frozen=True)
class Part:
    """Accounts (ascending) and the positions of their keys; a holder that is no member holds one of `excepted`."""

    accounts: Ints
    keys: Positions
    excepted: Positions


def parts_of(keys: Keys, accounts: int, settings: ClusterSettings) -> list[Part]:
    """The parts of the one component that `keys` make. `accounts` is N."""
    members, position = np.unique(keys.holder, return_inverse=True)
    whole = Part(members, np.arange(len(keys.left)), np.empty(0, np.intp))
    if len(members) <= settings.split_size or density(keys, position, len(members)) >= settings.min_density:
        return [whole]
    graph = account_graph(keys, position, len(members), accounts)
    labels, modularity = communities(graph)
    if modularity < settings.min_modularity:
        return [whole]
    return assigned(keys, majority(keys, labels[position]))


def density(keys: Keys, position: Positions, members: int) -> float:
    """The share of the others that an account meets in its broadest key, on average."""
    broadest = np.zeros(members)
    np.maximum.at(broadest, position, np.repeat(keys.count - 1, keys.count))
    return float(broadest.mean() / max(members - 1, 1))


def account_graph(keys: Keys, position: Positions, members: int, accounts: int) -> csr_matrix:
    """Accounts linked to each other by keys of two, and to a node of the key by broader ones; weight is log lift."""
    count = keys.count
    weight = np.log10(count * accounts / keys.product)
    two = count == 2
    first = keys.start[:-1][two]
    broad = np.repeat(~two, count)
    node = members + np.cumsum(~two) - 1
    rows = np.concatenate([position[first], position[broad]])
    columns = np.concatenate([position[first + 1], np.repeat(node, count)[broad]])
    weights = np.concatenate([weight[two], np.repeat(weight, count)[broad]])
    size = members + int((~two).sum())
    links = coo_array((np.maximum(weights, 0.1), (rows, columns)), shape=(size, size))
    return csr_matrix(links + links.T)


def communities(graph: csr_matrix, *, resolution: float = 1.0) -> tuple[Ints, float]:
    """A community for each node, and the modularity. Nodes come in their order: the answer is always the same."""
    from sknetwork.clustering import Louvain, get_modularity  # noqa: PLC0415 - only giants need it

    labels = Louvain(resolution=resolution, shuffle_nodes=False, random_state=0).fit_predict(graph)
    return labels.astype(np.int64), float(get_modularity(graph, labels))


def majority(keys: Keys, label: Ints) -> Ints:
    """For each key the label of more than half of its holders, or -1; `label` is that of each of keys.holder."""
    number = np.repeat(np.arange(len(keys.left)), keys.count)
    pairs, votes = np.unique(np.stack([number, label]), axis=1, return_counts=True)
    won = 2 * votes > keys.count[pairs[0]]
    result = np.full(len(keys.left), -1, np.int64)
    result[pairs[0][won]] = pairs[1][won]
    return result


def assigned(keys: Keys, community: Ints) -> list[Part]:
    """Accounts with keys of several communities belong to the smallest of these."""
    parts = sorted(
        ((np.unique(keys.only(chosen).holder), chosen) for chosen in connected(keys, community)),
        key=lambda part: (len(part[0]), part[0][0]),
    )
    taken: dict[int, int] = {}  # account -> its part
    result: list[Part] = []
    for number, (holders, chosen) in enumerate(parts):
        others = sorted({taken[a] for a in holders.tolist() if a in taken})
        members = np.array([a for a in holders.tolist() if a not in taken], np.int64)
        taken |= dict.fromkeys(members.tolist(), number)
        excepted = np.concatenate([np.flatnonzero(parts[other][1]) for other in others] or [np.empty(0, np.intp)])
        result.append(Part(members, np.flatnonzero(chosen), excepted))
    return [part for part in result if len(part.accounts)]


def connected(keys: Keys, community: Ints) -> list[Bools]:
    """Which keys each part has: a community may consist of several components."""
    parts = []
    for label in np.unique(community[community >= 0]):
        own = np.flatnonzero(community == label)
        sub = keys.only(community == label)
        nodes, root = components(*sub.star_links())
        component = root[np.searchsorted(nodes, sub.holder[sub.start[:-1]])]
        for positions in grouped(component):
            chosen = np.zeros(len(community), np.bool_)
            chosen[own[positions]] = True
            parts.append(chosen)
    return parts
