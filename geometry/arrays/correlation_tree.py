"""Correlations of time series and the spanning tree that keeps the strongest of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.arrays.pair import multiply_pair
from geometry.errors import InvalidInput
from geometry.graph.spanning import graph_components, spanning_forest
from geometry.inputs import Array, choice, real_array

VARIABLES = ("columns", "rows")
DISTANCES = ("mantegna", "one_minus", "one_minus_absolute")
TREES = ("minimum", "maximum")
MISSING = ("refuse", "complete", "pairwise")
SERIES_STATUS = ("ok", "constant", "too_few")

_NEAR = 1e-4
_CHUNK = 2**22
_DOUBLE = np.dtype(np.float64)


class CorrelationTree(NamedTuple):
    """Correlation matrix, distances and spanning forest."""

    correlation: Array
    """Shape (N, N), float64, −1 … 1; NaN where there is none."""
    distance: Array
    """Shape (N, N), float64, ≥ 0; NaN where there is no correlation."""
    edges: Array
    """Shape (E, 2), int64: pairs i < j of the tree, in the order in which they join it."""
    weights: Array
    """Shape (E,), float64: the distance of each edge."""
    component: Array
    """Shape (N,), int64: number of the tree that each series is in, in the order of their first series."""
    status: Array
    """Shape (N,), uint8: index into SERIES_STATUS."""


def correlation_tree(
    observations: ArrayLike,
    *,
    variables: str = "columns",
    distance: str = "mantegna",
    tree: str = "minimum",
    missing: str = "refuse",
) -> CorrelationTree:
    """Correlate all pairs of series and find the spanning tree of their distances.

    `ρ_ij = Σ_t x_ti x_tj / √(Σ_t x_ti² · Σ_t x_tj²)` of the centred series x (Pearson). The tree joins all series by
    the N − 1 pairs of least total distance; it is a forest where series have no correlation with any other.

    Parameters
    ----------
    observations
        Shape (T, N), a series each column, real. The data itself, not their covariance.
    variables
        `"columns"` (default; numpy.corrcoef with rowvar=False) or `"rows"`: shape (N, T), as numpy.corrcoef's default.
    distance
        `"mantegna"`: √(2 (1 − ρ)), a metric, 0 … 2; `"one_minus"`: 1 − ρ; `"one_minus_absolute"`: 1 − |ρ|.
    tree
        `"minimum"` or `"maximum"` total distance. Of equal distances the pair with the lower first, then the lower
        second number counts as the better one.
    missing
        What NaN means: `"refuse"`; `"complete"`: leave out observations that lack any series; `"pairwise"`: each pair
        over the observations that both have. Such a matrix need not be positive semidefinite.

    Returns
    -------
    CorrelationTree
        correlation, distance, edges, weights, component, status. A series that does not vary (`constant`) or has fewer
        than two observations left (`too_few`) has no correlations: NaN, and no edges.

    Raises
    ------
    InvalidInput
        `observations` is not two-dimensional, infinite, or NaN where `missing` is `refuse`; an option is not known.

    Notes
    -----
    Series are centred, scaled by their largest magnitude, and centred again before products are summed (Chan, Golub and
    LeVeque 1983). Where ρ exceeds 1 − 1e-4, 1 − ρ is summed from differences of the normalized series, so that
    distances of nearly equal series are exact, and those of equal ones 0. Mantegna, "Hierarchical structure in
    financial markets", Eur. Phys. J. B 11 (1999).
    """
    choice(distance, "distance", DISTANCES)
    choice(tree, "tree", TREES)
    data = real_array(observations, "observations", ("T", "N"), finite=choice(missing, "missing", MISSING) == "refuse")
    if np.isinf(data).any():
        place = np.argwhere(np.isinf(data))[0]
        raise InvalidInput("/".join(["observations", *map(str, place)]), "must not be infinite")
    series = data.T if choice(variables, "variables", VARIABLES) == "columns" else data
    present = ~np.isnan(series)
    if missing == "complete":
        series = series[:, present.all(axis=0)]
        present = np.ones(series.shape, bool)
    status, unit = _normalized(series, present)
    if present.all():
        correlation, gap = _full(unit)
    else:
        correlation = _pairwise(unit, present)
        gap = 1 - correlation
    for matrix in (correlation, gap):
        matrix[status != 0] = np.nan
        matrix[:, status != 0] = np.nan
    if distance == "mantegna":
        distances = np.sqrt(2 * gap)
    elif distance == "one_minus":
        distances = gap
    else:
        distances = np.where(correlation < 0, 1 + correlation, gap)
    first, second = np.nonzero(np.triu(~np.isnan(distances), 1))
    pairs = np.stack([first, second], axis=1).astype(np.int64)
    lengths = distances[first, second]
    chosen = spanning_forest(pairs, lengths, len(series), maximum=tree == "maximum")
    chosen = chosen[np.argsort(-lengths[chosen] if tree == "maximum" else lengths[chosen], kind="stable")]
    _, component = graph_components(pairs[chosen], len(series))
    return CorrelationTree(correlation, distances, pairs[chosen], lengths[chosen], component, status)


def _normalized(series: Array, present: Array) -> tuple[Array, Array]:
    """Status of each series, and the series with mean 0 and length 1, 0 where nothing is known."""
    counts = present.sum(axis=1)
    low = np.where(present, series, np.inf).min(axis=1, initial=np.inf)
    high = np.where(present, series, -np.inf).max(axis=1, initial=-np.inf)
    status = np.where(counts < 2, 2, np.where(low >= high, 1, 0)).astype(np.uint8)
    usable = (status == 0)[:, np.newaxis] & present
    scale = np.where(status == 0, np.maximum(np.abs(low), np.abs(high)), 1.0)[:, np.newaxis]
    unit = np.where(usable, series, 0.0) / scale
    total = np.maximum(counts, 1)[:, np.newaxis]
    for _ in range(2):
        unit = np.where(usable, unit - unit.sum(axis=1, keepdims=True) / total, 0.0)
        largest = np.abs(unit).max(axis=1, initial=0.0, keepdims=True)
        unit = unit / np.where(largest > 0, largest, 1.0)
    length = np.sqrt((unit * unit).sum(axis=1, keepdims=True))
    return status, unit / np.where(length > 0, length, 1.0)


def _full(unit: Array) -> tuple[Array, Array]:
    """ρ of all pairs of series of length 1, and 1 − ρ."""
    product = multiply_pair(unit, unit, ("it", "jt"), "ij", _DOUBLE)
    correlation = np.clip((product + product.T) / 2, -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    gap = 1 - correlation
    first, second = np.nonzero(np.triu(correlation > 1 - _NEAR, 1))
    step = max(1, _CHUNK // max(1, unit.shape[1]))
    for start in range(0, len(first), step):
        i, j = first[start : start + step], second[start : start + step]
        difference = unit[i] - unit[j]
        gap[i, j] = gap[j, i] = np.einsum("et,et->e", difference, difference) / 2
    return correlation, gap


def _pairwise(unit: Array, present: Array) -> Array:
    """ρ of each pair over the observations that both have; NaN where one of them does not vary there."""
    there = present.astype(np.float64)
    letters = ("it", "jt")
    count = multiply_pair(there, there, letters, "ij", _DOUBLE)
    total = multiply_pair(unit, there, letters, "ij", _DOUBLE)
    square = multiply_pair(unit * unit, there, letters, "ij", _DOUBLE)
    product = multiply_pair(unit, unit, letters, "ij", _DOUBLE)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = square - total * total / count
        variance[~(variance > square * (8 * 2.0**-52) * count)] = np.nan  # what rounding leaves of 0
        correlation = (product - total * total.T / count) / np.sqrt(variance * variance.T)
    correlation[count < 2] = np.nan
    correlation = np.clip((correlation + correlation.T) / 2, -1.0, 1.0)
    defined = ~np.isnan(np.diagonal(correlation))
    correlation[defined, defined] = 1.0
    return correlation
