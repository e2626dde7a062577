"""Homographies of samples of four correspondences."""

import math

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel


@inline
def _area(data, k, i, j, l):  # type: ignore[no-untyped-def]  # noqa: E741
    """Twice the signed area of the triangle of points i, j, l of rows k, k + 1."""
    x, y = data[k, i], data[k + 1, i]
    return (data[k, j] - x) * (data[k + 1, l] - y) - (data[k, l] - x) * (data[k + 1, j] - y)


@kernel("i8(f8[:,::1], i8[:,::1], f8, f8[:,::1])")
def _four_points(data, samples, smallest, models):  # type: ignore[no-untyped-def]
    weights = np.empty(3)
    found = 0
    for s in range(len(samples)):
        i, j, k, l = samples[s, 0], samples[s, 1], samples[s, 2], samples[s, 3]  # noqa: E741
        a0, a1, a2, a3 = (
            _area(data, 0, l, j, k),
            _area(data, 0, i, l, k),
            _area(data, 0, i, j, l),
            _area(data, 0, i, j, k),
        )
        b0, b1, b2, b3 = (
            _area(data, 2, l, j, k),
            _area(data, 2, i, l, k),
            _area(data, 2, i, j, l),
            _area(data, 2, i, j, k),
        )
        side = 1.0 if a3 * b3 > 0.0 else -1.0
        ratio = (
            min(min(a0 * b0, a1 * b1), min(a2 * b2, a3 * b3))
            if side > 0.0
            else -max(max(a0 * b0, a1 * b1), max(a2 * b2, a3 * b3))
        )
        if not ratio > smallest:
            continue
        weights[0], weights[1], weights[2] = b0 / a0, b1 / a1, b2 / a2
        h = models[found]
        for c in range(9):
            h[c] = 0.0
        for c in range(3):
            n, o, t = samples[s, c], samples[s, (c + 1) % 3], samples[s, (c + 2) % 3]
            x, y, z, w = data[0, o], data[1, o], data[0, t], data[1, t]
            for r in range(3):
                entry = weights[c] * (data[2 + r, n] if r < 2 else 1.0)
                h[3 * r] += entry * (y - w)
                h[3 * r + 1] += entry * (z - x)
                h[3 * r + 2] += entry * (x * w - z * y)
        norm = 0.0
        for c in range(9):
            norm += h[c] * h[c]
        norm = math.copysign(1.0, side * a3) / math.sqrt(norm)
        for c in range(9):
            h[c] *= norm
        found += 1
    return found


def four_point_models(data: Array, samples: Array, smallest: float) -> Array:
    """Solve for the homography of each sample (B, 4): the models (K, 9) of those that have one.

    A sample has none where its points turn another way in the target than in the source (some would lie behind the
    horizon), or where the product of a triangle's areas on both sides is below a quarter of `smallest`.
    """
    models = np.empty((len(samples), 9))
    return models[: _four_points(data, samples, smallest, models)]
