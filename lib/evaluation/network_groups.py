"""Groups in a plain network of entities, such as wallets with transfers between them.

Louvain (Blondel et al. 2008) finds communities. An entity whose neighbours are spread over many of them, such as an
exchange, is a bridge and says nothing of who belongs together: it is cut out. The rest is divided anew, where a link
weighs more if its ends have neighbours in common.
"""

import numpy as np
from scipy.sparse import coo_array, csr_matrix, diags_array
from scipy.sparse.csgraph import connected_components

from lib.arrays import Bools, Ints
from lib.clusters.splitting import communities
from lib.config import ClusterSettings

ALONE = -1


def groups_of(left: Ints, right: Ints, entities: int, settings: ClusterSettings) -> Ints:
    """The number of each entity's group, or ALONE. Links go both ways and count once; those to oneself do not."""
    graph = linked(left, right, entities)
    cut = bridges(graph, divided(graph, resolution=1.0), settings)
    return numbered(divided(by_closeness(graph_without(graph, cut)), resolution=settings.resolution))


def linked(left: Ints, right: Ints, entities: int) -> csr_matrix:
    different = left != right
    ends = (np.concatenate([left, right])[np.tile(different, 2)], np.concatenate([right, left])[np.tile(different, 2)])
    graph = csr_matrix(coo_array((np.ones(len(ends[0])), ends), shape=(entities, entities)))
    graph.sum_duplicates()
    graph.data[:] = 1.0
    return graph


def divided(graph: csr_matrix, *, resolution: float) -> Ints:
    """A label for each entity: of its community, or of its piece of a community that is in several pieces."""
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
    links = graph.tocoo()
    pairs, count = np.unique(np.stack([links.row.astype(np.int64), label[links.col]]), axis=1, return_counts=True)
    neighbours = np.diff(graph.indptr)
    same = np.zeros(graph.shape[0])
    np.add.at(same, pairs[0], count.astype(np.float64) ** 2)
    spread = 1 - same / np.maximum(neighbours, 1).astype(np.float64) ** 2
    return np.asarray((neighbours >= settings.bridge_neighbours) & (spread > settings.bridge_spread))


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
    """How many triangles each link is in. Links go to the end of more links, so that no start has many: the number of
    pairs of one start is that of links to the power of 1.5 at most."""
    place = np.arange(len(start))
    last = np.searchsorted(start, start, "right")
    later = last - place - 1
    first = np.repeat(place, later)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    a, b = end[first], end[second]
    third = [np.searchsorted(code, one * shape[0] + other) for one, other in ((a, b), (b, a))]
    result = np.zeros(len(code), np.int64)
    for at, (one, other) in zip(third, ((a, b), (b, a)), strict=True):
        there = at < len(code)
        there[there] = code[at[there]] == (one * shape[0] + other)[there]
        for link in (first, second, at):
            np.add.at(result, link[there], 1)
    return result


def numbered(label: Ints) -> Ints:
    """From 0 on, in the order of the first members; ALONE where a label has one."""
    _, first, place, size = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(np.argsort(np.where(size > 1, first, len(label)), kind="stable"), kind="stable")
    return np.where(size[place] > 1, order[place], ALONE)
