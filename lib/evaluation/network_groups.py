"""Groups in a plain network of entities, such as wallets with transfers between them.

Louvain (Blondel et al. 2008) finds communities. An entity whose neighbours are distributed over many of them, such
as an exchange, is a bridge, and no evidence of who belongs together: it is cut out. The rest is divided again, and a
link weighs more if its ends have neighbours in common.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_matrix, diags_array
from scipy.sparse.csgraph import connected_components

from lib.arrays import Bools, Floats, Ints
from lib.clusters.splitting import communities
from lib.config import ClusterSettings

ALONE = -1


def groups_of(left: Ints, right: Ints, entities: int, settings: ClusterSettings) -> Ints:
    """The number of each entity's group, or ALONE. Links go both ways and count once; those to oneself do not."""
    graph = linked(left, right, entities)
    cut = bridges(graph, divided(graph, resolution=1.0), settings)
    return group_numbers(divided(by_closeness(graph_without(graph, cut)), resolution=settings.resolution))


def linked(left: Ints, right: Ints, entities: int) -> csr_matrix:
    different = left != right
    ends = (np.concatenate([left, right])[np.tile(different, 2)], np.concatenate([right, left])[np.tile(different, 2)])
    graph = csr_matrix(coo_array((np.ones(len(ends[0])), ends), shape=(entities, entities)))
    graph.sum_duplicates()
    graph.data[:] = 1.0
    return graph


def divided(graph: csr_matrix, *, resolution: float) -> Ints:
    """A label for each entity: of its community, or of its component where a community has several."""
    if not graph.nnz:
        return np.arange(graph.shape[0])
    label, _ = communities(graph, resolution=resolution)
    links = graph.tocoo()
    within = label[links.row] == label[links.col]
    kept = coo_array((links.data[within], (links.row[within], links.col[within])), shape=graph.shape)
    return connected_components(kept, directed=False)[1].astype(np.int64)


def bridges(graph: csr_matrix, label: Ints, settings: ClusterSettings) -> Bools:
    """Entities with enough neighbours, two of which are more likely than settings.bridge_spread of two communities.

    (The participation coefficient of Guimera and Amaral 2005.)
    """
    from sknetwork.utils import get_membership  # noqa: PLC0415 - only networks need it

    degree = np.diff(graph.indptr)
    per_community: Floats = (graph @ get_membership(label).astype(np.float64)).power(2).sum(axis=1)
    participation = 1 - np.asarray(per_community).ravel() / np.maximum(degree, 1).astype(np.float64) ** 2
    return np.asarray((degree >= settings.bridge_neighbours) & (participation > settings.bridge_spread))


def graph_without(graph: csr_matrix, nodes: Bools) -> csr_matrix:
    kept = diags_array((~nodes).astype(np.float64))
    rest = csr_matrix(kept @ graph @ kept)
    rest.eliminate_zeros()
    return rest


def by_closeness(graph: csr_matrix) -> csr_matrix:
    """The graph, each link of a weight of one and of the neighbours that its ends share."""
    row, column = graph.nonzero()
    degree = np.diff(graph.indptr)
    upward = (degree[row] < degree[column]) | ((degree[row] == degree[column]) & (row < column))
    code = np.sort(row[upward].astype(np.int64) * graph.shape[0] + column[upward])
    start, end = np.divmod(code, graph.shape[0])
    shared = shared_neighbours(start, end, code, graph.shape)
    ends = (np.concatenate([start, end]), np.concatenate([end, start]))
    return csr_matrix(coo_array((np.tile(1.0 + shared, 2), ends), shape=graph.shape))


def shared_neighbours(start: Ints, end: Ints, code: Ints, shape: tuple[int, int]) -> Ints:
    """How many triangles each link is in.

    Links go to the end with more links, so that no start has many: the number of pairs of links of one start is at most
    that of links to the power of 1.5.
    """
    position = np.arange(len(start))
    last = np.searchsorted(start, start, "right")
    later = last - position - 1
    first = np.repeat(position, later)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    a, b = end[first], end[second]
    triangles = np.zeros(len(code), np.int64)
    for one, other in ((a, b), (b, a)):
        wanted = one * shape[0] + other
        third = np.searchsorted(code, wanted)
        closed = third < len(code)
        closed[closed] = code[third[closed]] == wanted[closed]
        for link in (first, second, third):
            np.add.at(triangles, link[closed], 1)
    return triangles


def group_numbers(label: Ints) -> Ints:
    """From 0 on, in the order of the first members; ALONE where a label has one."""
    _, position, size = np.unique(label, return_inverse=True, return_counts=True)
    grouped = size[position] > 1
    numbers = np.full(len(label), ALONE, np.int64)
    numbers[grouped] = pd.factorize(label[grouped])[0]
    return numbers
