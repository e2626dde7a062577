"""Points, normals and discontinuities of depth maps, one pixel after the other."""

import math

import numpy as np

from tests.naive.depth import has_reading


def distorted(x, y, model, k):
    """Where a lens shows the ray (x, y, 1)."""
    if model == "fisheye":
        r = math.hypot(x, y)
        theta = math.atan(r)
        bent = theta * (1 + sum(k[n] * theta ** (2 * n + 2) for n in range(4)))
        return (x * bent / r, y * bent / r) if r > 0 else (0.0, 0.0)
    k1, k2, p1, p2, k3 = [*k, 0.0][:5]
    s = x * x + y * y
    g = 1 + k1 * s + k2 * s**2 + k3 * s**3
    return x * g + 2 * p1 * x * y + p2 * (s + 2 * x * x), y * g + p1 * (s + 2 * y * y) + 2 * p2 * x * y


def ray(K, x, y, model, k):
    """(X / Z, Y / Z) of a pixel of a mild lens, by fixed-point steps that at least halve the error each."""
    v = (y - K[1][2]) / K[1][1]
    u = (x - K[0][2] - K[0][1] * v) / K[0][0]
    X, Y = u, v
    for _ in range(0 if k is None else 60):
        a, b = distorted(X, Y, model, k)
        X, Y = X + u - a, Y + v - b
        if max(abs(u - a), abs(v - b)) < 1e-16:
            break
    return X, Y


def camera_points(depth, K, kind="z", model="brown", k=None, no_reading=()):
    """(H, W, 3) in the camera's frame, NaN for none."""
    points = np.full((*depth.shape, 3), math.nan)
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            z = float(depth[y, x])
            if has_reading(z, no_reading):
                X, Y = ray(K, x, y, model, k)
                length = math.sqrt(X * X + Y * Y + 1) if kind == "ray" else 1.0
                points[y, x] = [X * z / length, Y * z / length, z / length]
    return points


def together(depth, one, other, max_jump, no_reading=()):
    """Whether two neighbours belong to one surface."""
    step = (other[0] - one[0], other[1] - one[1])

    def inverse(n):
        y, x = one[0] + n * step[0], one[1] + n * step[1]
        if not (0 <= y < depth.shape[0] and 0 <= x < depth.shape[1]):
            return math.nan
        value = float(depth[y, x])
        return 1 / value if has_reading(value, no_reading) else math.nan

    a, b = inverse(0), inverse(1)
    most = max_jump * min(a, b)
    if abs(b - a) <= most:
        return True
    steps = [inverse(n + 1) - inverse(n) for n in range(-2, 3)]
    return any(all(abs(steps[n + 1] - steps[n]) <= most for n in (first, first + 1)) for first in (0, 1, 2))


def normals(depth, K, kind="z", model="brown", k=None, no_reading=(), max_jump=0.02):
    """(H, W, 3), NaN for none."""
    height, width = depth.shape
    points = camera_points(depth, K, kind, model, k, no_reading)
    result = np.full(points.shape, math.nan)
    for y in range(height):
        for x in range(width):
            ends = []
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                j, i = y + dy, x + dx
                first, second = ((y, x), (j, i)) if dy + dx > 0 else ((j, i), (y, x))
                exists = 0 <= j < height and 0 <= i < width
                linked = exists and together(depth, first, second, max_jump, no_reading)
                ends.append(points[j, i] if linked else points[y, x])
            n = np.cross(ends[0] - ends[1], ends[2] - ends[3])
            length = math.sqrt(sum(c * c for c in n))
            if length > 0:
                n = n / length
                result[y, x] = -n if n @ points[y, x] > 0 else n
    return result


def discontinuities(depth, max_jump=0.02, no_reading=()):
    """(H, W) words."""
    height, width = depth.shape
    found = np.full(depth.shape, "ok", object)
    for y in range(height):
        for x in range(width):
            here = float(depth[y, x])
            if not has_reading(here, no_reading):
                found[y, x] = "no_reading"
                continue
            kinds = set()
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                j, i = y + dy, x + dx
                if not (0 <= j < height and 0 <= i < width):
                    continue
                there = float(depth[j, i])
                first, second = ((y, x), (j, i)) if dy + dx > 0 else ((j, i), (y, x))
                if not has_reading(there, no_reading):
                    kinds.add("beside_no_reading")
                elif not together(depth, first, second, max_jump, no_reading):
                    kinds.add("occluding" if there > here else "occluded")
            if {"occluding", "occluded"} <= kinds:
                found[y, x] = "both"
            else:
                for kind in ("occluding", "occluded", "beside_no_reading"):
                    if kind in kinds:
                        found[y, x] = kind
                        break
    return found
