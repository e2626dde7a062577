"""Symmetric transfer: how far a homography takes points from their correspondences, both ways.

Correspondences are rows x, y, u, v of one array (4, N): (x, y) in the source, (u, v) in the target. Homographies are
their nine entries, row by row, signed so that w > 0 in front.
"""

import math
from functools import partial

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel

_BLOCK = 128
_LOG_RISK = 14.0  # −ln of the chance to drop a better model after a look at part of the data


@inline
def _back(h, g):  # type: ignore[no-untyped-def]
    """Write the inverse, up to a positive factor; return the determinant's sign."""
    g[0], g[1], g[2] = h[4] * h[8] - h[5] * h[7], h[2] * h[7] - h[1] * h[8], h[1] * h[5] - h[2] * h[4]
    g[3], g[4], g[5] = h[5] * h[6] - h[3] * h[8], h[0] * h[8] - h[2] * h[6], h[2] * h[3] - h[0] * h[5]
    g[6], g[7], g[8] = h[3] * h[7] - h[4] * h[6], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3]
    sign = 1.0 if h[0] * g[0] + h[1] * g[3] + h[2] * g[6] > 0.0 else -1.0
    for k in range(9):
        g[k] *= sign


@inline
def _squared_error(x, y, u, v, h, g, target_weight, source_weight):  # type: ignore[no-untyped-def]
    """Compute the weighted squared symmetric transfer error; infinite behind the horizon."""
    w = h[6] * x + h[7] * y + h[8]
    z = g[6] * u + g[7] * v + g[8]
    over_w, over_z = 1.0 / w, 1.0 / z
    a = (h[0] * x + h[1] * y + h[2]) * over_w - u
    b = (h[3] * x + h[4] * y + h[5]) * over_w - v
    c = (g[0] * u + g[1] * v + g[2]) * over_z - x
    d = (g[3] * u + g[4] * v + g[5]) * over_z - y
    error = target_weight * (a * a + b * b) + source_weight * (c * c + d * d)
    return error if (w > 0.0) & (z > 0.0) else np.inf


@kernel("void(f8[:,::1], f8[::1], f8, f8, f8[::1])", fastmath=True)
def _errors(data, h, target_weight, source_weight, errors):  # type: ignore[no-untyped-def]
    g = np.empty(9)
    _back(h, g)
    xs, ys, us, vs = data[0], data[1], data[2], data[3]
    for n in range(len(errors)):
        errors[n] = _squared_error(xs[n], ys[n], us[n], vs[n], h, g, target_weight, source_weight)


def squared_errors(data: Array, h: Array, target_weight: float, source_weight: float) -> Array:
    """Compute `target_weight·d(u, H x)² + source_weight·d(x, H⁻¹ u)²` of each correspondence (N,).

    Infinite where w ≤ 0 on either way.
    """
    errors = np.empty(data.shape[1])
    _errors(data, h, target_weight, source_weight, errors)
    return errors


@partial(inline, fastmath=True)
def _truncated_errors(data, h, target_weight, source_weight, start, stop):  # type: ignore[no-untyped-def]
    """Sum min(1, squared error) over the correspondences start … stop − 1."""
    g = np.empty(9)
    _back(h, g)
    xs, ys, us, vs = data[0][start:stop], data[1][start:stop], data[2][start:stop], data[3][start:stop]
    total = 0.0
    for n in range(len(xs)):
        error = _squared_error(xs[n], ys[n], us[n], vs[n], h, g, target_weight, source_weight)
        total += error if error < 1.0 else 1.0  # noqa: FURB136  # min() keeps the loop from being vectorized
    return total


@kernel("i8(f8[:,::1], f8[:,::1], f8, f8, f8, f8[::1], f8[::1])")
def _cheapest(data, models, target_weight, source_weight, bound, previews, cost):  # type: ignore[no-untyped-def]
    count, seen, first = data.shape[1], min(_BLOCK, data.shape[1]), 0
    for m in range(len(models)):
        previews[m] = _truncated_errors(data, models[m], target_weight, source_weight, 0, seen)
        first = m if previews[m] < previews[first] else first
    best = -1
    cost[0] = bound
    for k in range(len(models)):
        m = first if k == 0 else k - 1 if k <= first else k
        total, stop = previews[m], seen
        while stop < count and total <= stop * (cost[0] + math.sqrt(_LOG_RISK / (2.0 * stop))):
            start, stop = stop, min(2 * stop, count)
            total += _truncated_errors(data, models[m], target_weight, source_weight, start, stop)
        if stop == count and total < cost[0] * count:
            cost[0] = total / count
            best = m
    return best


def cheapest(data: Array, models: Array, target_weight: float, source_weight: float, bound: float) -> tuple[int, float]:
    """Find the model (K, 9) with the least mean of min(1, squared error), if that is below `bound`; −1 if none is.

    The data must be in random order: a model is dropped once the mean over a part of them is above the least one so
    far by more than chance (Hoeffding's bound, once in a million).
    """
    cost = np.empty(1)
    index = _cheapest(data, models, target_weight, source_weight, bound, np.empty(len(models)), cost)
    return index, float(cost[0])
