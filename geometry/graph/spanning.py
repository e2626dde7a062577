"""Spanning trees and components of graphs given as lists of weighted edges."""

import numpy as np

from geometry.inputs import Array


def spanning_forest(edges: Array, weights: Array, nodes: int, *, maximum: bool) -> Array:
    """Find the spanning tree of every component of least (or greatest) total weight.

    Edges of equal weight rank by their nodes, so that there is one answer, and the ranks stand in for the weights:
    they are distinct and never 0, which a sparse matrix would take for the absence of an edge.

    Parameters
    ----------
    edges
        (M, 2), int64, each once, i < j.
    weights
        (M,), finite.
    nodes
        How many nodes there are.

    Returns
    -------
    Rows of `edges` that are in the forest, ascending, int64.
    """
    from scipy.sparse import csgraph, csr_array  # takes a quarter of a second to import, which a start-up need not pay

    if len(edges) == 0:
        return np.empty(0, np.int64)
    order = np.lexsort((edges[:, 1], edges[:, 0], -weights if maximum else weights))
    ranks = np.empty(len(edges))
    ranks[order] = np.arange(1, len(edges) + 1)
    graph = csr_array((ranks, (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    forest = csgraph.minimum_spanning_tree(graph)
    return np.sort(order[forest.data.astype(np.int64) - 1])


def graph_components(edges: Array, nodes: int) -> tuple[int, Array]:
    """Number the connected components in the order of their lowest nodes: how many there are, and (nodes,) int64."""
    from scipy.sparse import csgraph, csr_array  # as above

    if nodes == 0:
        return 0, np.empty(0, np.int64)
    graph = csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    count, labels = csgraph.connected_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)
    numbers = np.empty(count, np.int64)
    numbers[np.argsort(first)] = np.arange(count)
    return int(count), numbers[labels]
