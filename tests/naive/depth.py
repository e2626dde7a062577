"""Depth reprojection and back-projection, one pixel after the other."""

import math

import numpy as np


def matrix_times(M, v):
    return [sum(M[i][k] * v[k] for k in range(len(v))) for i in range(len(M))]


def ray(K, x, y):
    """K⁻¹ (x, y, 1) for an upper triangular K."""
    Y = (y - K[1][2]) / K[1][1]
    return [(x - K[0][2] - K[0][1] * Y) / K[0][0], Y, 1.0]


def has_reading(value, no_reading):
    return value > 0 and math.isfinite(value) and value not in no_reading


def points(depth, K, transform, kind="z", scale=1.0, no_reading=()):
    height, width = depth.shape
    result, valid = np.full((height, width, 3), math.nan), np.zeros((height, width), bool)
    for y in range(height):
        for x in range(width):
            value = float(depth[y, x])
            if not has_reading(value, no_reading):
                continue
            direction = ray(K, x, y)
            length = math.sqrt(sum(c * c for c in direction)) if kind == "ray" else 1.0
            X = [value * scale / length * c for c in direction] + [1.0]
            result[y, x], valid[y, x] = matrix_times(transform, X)[:3], True
    return result, valid


def reproject(depth, K_source, K_target, transform, size, kind="z", scale=1.0, no_reading=()):
    """Depth, source index and fates (visible, nothing, behind, outside, unrepresentable, occluded, outside a lens)."""
    width, height = size
    whole = depth.dtype.kind in "iu"
    key = np.float32 if depth.dtype == np.float32 else np.float64
    best = np.full((height, width), math.inf)
    index = np.full((height, width), -1)
    nothing = behind = outside = unrepresentable = landed = 0
    X, _ = points(depth, K_source, transform, kind, scale, no_reading)
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            if not has_reading(float(depth[y, x]), no_reading):
                nothing += 1
                continue
            p = matrix_times(K_target, list(X[y, x]))
            if not p[2] > 0:
                behind += 1
                continue
            u, v = math.floor(p[0] / p[2] + 0.5 + 2.0**-30), math.floor(p[1] / p[2] + 0.5 + 2.0**-30)
            if not (0 <= u < width and 0 <= v < height):
                outside += 1
                continue
            value = (math.sqrt(sum(c * c for c in X[y, x])) if kind == "ray" else p[2]) / scale
            if whole and not 1 <= round(value) <= np.iinfo(depth.dtype).max:
                unrepresentable += 1
                continue
            landed += 1
            if key(value) < best[v, u]:
                best[v, u], index[v, u] = key(value), y * depth.shape[1] + x
    visible = int((index >= 0).sum())
    result = np.where(index >= 0, np.rint(best) if whole else best, 0 if whole else math.nan).astype(depth.dtype)
    return result, index, (visible, nothing, behind, outside, unrepresentable, landed - visible, 0)
