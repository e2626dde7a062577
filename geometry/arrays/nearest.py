"""Nearest rows of one matrix for every row of another, block by block."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.arrays.pairwise_distance import METRICS, Rows, distance_rows, in_blocks
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, finite_number
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

MATCH_STATUS = ("ok", "ambiguous", "not_mutual")

_MOST = 1024


class Nearest(NamedTuple):
    """Neighbours of every query, the nearest first."""

    indices: Array
    """Shape (M, k), int64: rows of the points."""
    distances: Array
    """Shape (M, k), ascending."""
    status: Array
    """Shape (M,), uint8: index into MATCH_STATUS."""


@kernel("void({T}[:,::1], {T}[:,::1], i8[:,::1], i8, i8, i8, i8)", types=("f8", "f4"))
def _keep(tile, distances, indices, row, column, rows, columns):  # type: ignore[no-untyped-def]
    """Sort what is nearer than the last kept into its place; of equal ones the first that came stays ahead."""
    last = distances.shape[1] - 1
    for i in range(rows):
        kept, numbers = distances[row + i], indices[row + i]
        for j in range(columns):
            distance = tile[i, j]
            if distance < kept[last]:
                place = last
                while place > 0 and distance < kept[place - 1]:
                    kept[place], numbers[place] = kept[place - 1], numbers[place - 1]
                    place -= 1
                kept[place], numbers[place] = distance, column + j


def nearest(
    queries: ArrayLike,
    points: ArrayLike,
    *,
    k: int = 1,
    metric: str = "euclidean",
    ratio: float | None = None,
    mutual: bool = False,
) -> Nearest:
    """Find the k nearest points of every query.

    Parameters
    ----------
    queries
        Shape (M, D), real, finite.
    points
        Shape (N, D), N ≥ k.
    k
        1 … 1024.
    metric
        `"euclidean"`, `"squared"` or `"cosine"`, as in `pairwise_distance`.
    ratio
        Lowe's test: where the nearest distance is not below `ratio` times the second, the status is `ambiguous`.
        From 0 to 1; None for no test. With a single point there is nothing to confuse it with.
    mutual
        Whether a query whose nearest point has another query nearest gets the status `not_mutual`.

    Returns
    -------
    Nearest
        indices, distances, status. Of points at equal distance the lower row comes first. Memory is the result and a
        few megabytes for each thread, whatever M and N are.

    Raises
    ------
    InvalidInput
        As `pairwise_distance`; `k` or `ratio` is out of range.

    Notes
    -----
    Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60 (2004), section 7.1.
    """
    choice(metric, "metric", METRICS)
    if ratio is not None and not 0 <= finite_number(ratio, "ratio") <= 1:
        raise InvalidInput("ratio", f"must be from 0 to 1, came as {ratio}")
    if not 1 <= k <= _MOST:
        raise InvalidInput("k", f"must be from 1 to {_MOST}, came as {k}")
    try:
        rows = distance_rows(queries, points, "squared" if metric == "euclidean" else metric)
    except InvalidInput as error:
        name, *place = error.argument.split("/")
        raise InvalidInput("/".join([{"x": "queries", "y": "points"}.get(name, name), *place]), error.detail) from None
    if k > len(rows.y):
        raise InvalidInput("k", f"is {k}, there are {len(rows.y)} points")
    indices, distances = _search(rows, min(len(rows.y), max(k, 2) if ratio is not None else k))
    if metric == "euclidean":
        distances = np.sqrt(distances)
    status = np.zeros(len(indices), np.uint8)
    if mutual:
        back, _ = _search(rows._replace(x=rows.y, y=rows.x, x_squares=rows.y_squares, y_squares=rows.x_squares), 1)
        status[back[indices[:, 0], 0] != np.arange(len(indices))] = 2
    if ratio is not None and distances.shape[1] > 1:
        status[~(distances[:, 0] < ratio * distances[:, 1])] = 1
    return Nearest(np.ascontiguousarray(indices[:, :k]), np.ascontiguousarray(distances[:, :k]), status)


def _search(rows: Rows, k: int) -> tuple[Array, Array]:
    indices = np.full((len(rows.x), k), -1, np.int64)
    distances = np.full((len(rows.x), k), np.inf, rows.x.dtype)
    if len(rows.y) == 0:
        return indices, distances

    def work(block: slice, columns: slice) -> None:
        height, width = block.stop - block.start, columns.stop - columns.start
        (tile,) = fresh_arrays(((height, width), rows.x.dtype))
        rows.block(block, columns, tile, (0, 0))
        _keep(tile, distances, indices, block.start, columns.start, height, width)

    in_blocks(rows, work)
    return indices, distances
