"""Linked accounts, gathered: spanning forests of links, merged into components."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lib.arrays import Ints, Positions
from lib.clusters.pairs import Keys


def star_links(keys: Keys) -> tuple[Ints, Ints]:
    """Each key's first holder, and each other of its holders: they link all of them."""
    first = np.repeat(keys.start[:-1], keys.count)
    place = np.arange(len(keys.holder))
    return keys.holder[first[place != first]], keys.holder[place != first]


def components(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """The linked accounts, ascending, and the smallest account that each is linked to over any number of links."""
    nodes, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    i, j = place[: len(left)], place[len(left) :]
    graph = coo_array((np.ones(len(i), np.int8), (i, j)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=False)
    _, smallest = np.unique(component, return_index=True)  # nodes ascend: the first of a component is its smallest
    return nodes, nodes[smallest[component]]


def forest(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Links that join the same accounts, one fewer than accounts in each component."""
    nodes, root = components(left, right)
    return root[nodes != root], nodes[nodes != root]


def grouped(label: Ints) -> list[Positions]:
    """The places of each label, ascending, by ascending label."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(label) else []
