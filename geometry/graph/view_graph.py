"""The view graph of a rig: which pairs of cameras are worth matching, from their geometry alone."""

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.graph.frusta import Frusta, camera_frusta
from geometry.graph.neighbours import Neighbours
from geometry.graph.pair_scores import Preference, Samples, frustum_samples, score_pairs, score_rows
from geometry.graph.spanning import graph_components, spanning_forest
from geometry.inputs import Array, choice, finite_number

TreeWeight = Literal["score", "baseline_angle", "direction_angle", "overlap", "scale_ratio", "distance"]
PixelCenter = Literal["integer", "half"]

_BLOCK_PAIRS = 1 << 19
_MOST_SAMPLES = 64


class ViewGraph(NamedTuple):
    """The pairs of a rig that are worth matching, what speaks for them, and the trees that hold it together."""

    pairs: Array
    """(M, 2) int64, i < j, ascending: every camera's best partners, and the maximum spanning tree of all scores."""
    scores: Array
    """(M,), above 0, up to 1."""
    baseline_angle: Array
    """(M,), radians, 0 … π/2."""
    direction_angle: Array
    """(M,), radians."""
    overlap: Array
    """(M,), 0 … 1."""
    scale_ratio: Array
    """(M,), 0 … 1."""
    distance: Array
    """(M,), between the centres, world units."""
    neighbours: Array
    """(N, k) int64, best first; −1 for none."""
    neighbour_scores: Array
    """(N, k); 0 for none."""
    maximum_tree: Array
    """(T, 2) int64, edges of the spanning tree of the pairs with the greatest total weight, ascending."""
    maximum_tree_weights: Array
    """(T,)."""
    minimum_tree: Array
    """(T, 2) int64, the same with the least total weight."""
    minimum_tree_weights: Array
    """(T,)."""
    component: Array
    """(N,) int64: the connected component of each camera, numbered by lowest camera; −1 where `status` is not 0."""
    components: int
    """How many there are; with more than one, the trees are forests of T = cameras − components edges."""
    status: Array
    """(N,) uint8, codes of `VIEW_STATUS`; a camera that is not `ok` is in no pair."""


def view_graph(
    projections: ArrayLike,
    sizes: ArrayLike,
    depth_range: ArrayLike,
    *,
    neighbours: int = 10,
    min_score: float = 0.0,
    best_angle: float = 0.17,
    overlap_weight: float = 1.0,
    baseline_weight: float = 1.0,
    direction_weight: float = 1.0,
    scale_weight: float = 1.0,
    tree_weight: TreeWeight = "score",
    grid: int = 6,
    depths: int = 4,
    pixel_center: PixelCenter = "integer",
) -> ViewGraph:
    """Score pairs of cameras by geometry alone, and link the best of them to a graph.

    `score = (overlap^a · baseline^b · direction^c · scale^d)^(1 / (a + b + c + d))`, each factor 0 … 1:

    - overlap: share of `grid` × `grid` × `depths` points spread over each frustum that lie in the other, both ways;
    - baseline: `2 α α₀ / (α² + α₀²)`, 1 at `best_angle` α₀. α is the acute angle between the lines to both centres at
      the middle of a frustum (of the image, at depth √(near · far)), the mean of both frusta; 0 where that is rounding;
    - direction: `max(0, cos δ)`, δ between the viewing directions through the middles of the images;
    - scale: pixels per world unit of the coarser view by the finer, at the middle of a frustum, the mean of both.

    Without overlap the score is 0, whatever the weights. A score of 0 is no edge: two cameras with one centre have
    none unless `baseline_weight` is 0.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite; from world to image, up to scale and sign.
    sizes
        (2,) for all cameras or (N, 2): width and height in pixels, ≥ 1.
    depth_range
        (2,) or (N, 2): near and far, along the optical axis, world units, 0 < near < far.
    neighbours
        Partners kept for each camera, ≥ 1.
    min_score
        Pairs below it are dropped, 0 … 1.
    best_angle
        α₀, radians, above 0.
    overlap_weight, baseline_weight, direction_weight, scale_weight
        a, b, c, d ≥ 0, not all 0.
    tree_weight
        What the trees minimize and maximize over the pairs. The maximum tree of `"score"` is that of all pairs of the
        rig, not only of the kept ones.
    grid, depths
        Points across and down the image, and in depth, 1 … 64.
    pixel_center
        `"integer"`: the image is −½ … width − ½ across; `"half"`: 0 … width.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, an option out of its range.

    Notes
    -----
    Each pair is scored once, a block of rows at a time; a block adds to the cameras' heaps and to the spanning forest,
    which decides by itself what it can still use of later blocks (the greatest forest of a union is that of the
    parts' forests). Memory is O(N k), besides a block.
    """
    choice(pixel_center, "pixel_center", get_args(PixelCenter))
    frusta = camera_frusta(projections, sizes, depth_range, pixel_center)
    choice(tree_weight, "tree_weight", get_args(TreeWeight))
    weights = _weights(
        overlap_weight=overlap_weight,
        baseline_weight=baseline_weight,
        direction_weight=direction_weight,
        scale_weight=scale_weight,
    )
    angle = finite_number(best_angle, "best_angle")
    if not 0 < angle <= np.pi:
        raise InvalidInput("best_angle", f"must be above 0, up to π; came as {angle:g}")
    least = finite_number(min_score, "min_score")
    if not 0 <= least <= 1:
        raise InvalidInput("min_score", f"must be from 0 to 1, came as {least:g}")
    cameras = len(frusta.status)
    k = min(_whole(neighbours, "neighbours", 2**31), max(0, cameras - 1))
    samples = frustum_samples(frusta, _whole(grid, "grid", _MOST_SAMPLES), _whole(depths, "depths", _MOST_SAMPLES))
    preference = Preference(angle, weights, least)

    best, forest = _best_pairs(frusta, samples, preference, k)
    near, near_scores = best.sorted()
    one, slot = np.nonzero(near >= 0)
    other = near[one, slot]
    keys = np.concatenate([np.minimum(one, other) * cameras + np.maximum(one, other), forest @ [cameras, 1]])
    pairs = np.stack(np.divmod(np.unique(keys), max(1, cameras)), axis=1).astype(np.int64)

    measured = dict(zip(_MEASURES, score_pairs(frusta, samples, preference, pairs), strict=True))
    trees = [spanning_forest(pairs, measured[tree_weight], cameras, maximum=maximum) for maximum in (True, False)]
    components, component = _components(pairs, frusta.status)
    return ViewGraph(
        pairs,
        measured["score"],
        measured["baseline_angle"],
        measured["direction_angle"],
        measured["overlap"],
        measured["scale_ratio"],
        measured["distance"],
        near,
        near_scores,
        pairs[trees[0]],
        measured[tree_weight][trees[0]],
        pairs[trees[1]],
        measured[tree_weight][trees[1]],
        component,
        components,
        frusta.status,
    )


_MEASURES = ("score", "baseline_angle", "direction_angle", "overlap", "scale_ratio", "distance")


def _best_pairs(frusta: Frusta, samples: Samples, preference: Preference, k: int) -> tuple[Neighbours, Array]:
    """Every camera's k best partners, and the edges (T, 2) of the maximum spanning forest of all scores."""
    cameras = len(frusta.status)
    best = Neighbours(cameras, k)
    forest, weights = np.empty((0, 2), np.int64), np.empty(0)
    rows = max(1, _BLOCK_PAIRS // max(1, cameras))
    block = np.empty((min(rows, cameras), cameras))
    for first in range(0, cameras, rows):
        stop = min(first + rows, cameras)
        score_rows(frusta, samples, preference, first, stop, block)
        best.take(block, first, stop - first)
        _, component = graph_components(forest, cameras)
        weakest = np.full(cameras, np.inf)
        np.minimum.at(weakest, component[forest[:, 0]], weights)
        scores = block[: stop - first]
        own = component[first:stop, np.newaxis]
        # an edge inside a component can only be of use if it is as good as the weakest link there
        of_use = (scores > 0) & ((own != component) | (scores >= weakest[own]))
        i, j = np.nonzero(of_use)
        edges = np.concatenate([forest, np.stack([i + first, j], axis=1)])
        weights = np.concatenate([weights, scores[i, j]])
        kept = spanning_forest(edges, weights, cameras, maximum=True)
        forest, weights = edges[kept], weights[kept]
    return best, forest


def _components(pairs: Array, status: Array) -> tuple[int, Array]:
    """Components of the cameras that are ok, numbered without gaps; −1 for the others."""
    _, component = graph_components(pairs, len(status))
    usable = status == 0
    numbers, dense = np.unique(component[usable], return_inverse=True)
    found = np.full(len(status), -1)
    found[usable] = dense
    return len(numbers), found


def _weights(**given: float) -> tuple[float, float, float, float]:
    numbers = [finite_number(value, name) for name, value in given.items()]
    for name, number in zip(given, numbers, strict=True):
        if number < 0:
            raise InvalidInput(name, f"must not be negative, came as {number:g}")
    largest = max(numbers)
    if largest == 0:
        raise InvalidInput("overlap_weight", "the weights must not all be 0")
    total = sum(number / largest for number in numbers)
    a, b, c, d = (number / largest / total for number in numbers)
    return a, b, c, d


def _whole(value: int, name: str, most: int) -> int:
    number = finite_number(value, name)
    if number != int(number) or not 1 <= number <= most:
        raise InvalidInput(name, f"must be a whole number from 1 to {most}, came as {number:g}")
    return int(number)
