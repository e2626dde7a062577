"""Depth splats between two full cameras, one reading and one pixel after the other."""

import math
from functools import cache

import numpy as np

from tests.naive import lenses, triangles
from tests.naive.depth import has_reading, matrix_times

FATES = ("visible", "no_reading", "behind_camera", "outside", "unrepresentable", "occluded", "outside_lens")
HALF = 0.5 + 2.0**-30


@cache
def last_radius(model, k):
    return lenses.last_radius(model, k)


def undistorted(x, y, model, k, rounds=200):
    """The ray that is seen at normalized coordinates of a mild lens, by fixed-point iteration."""
    if model == "fisheye":
        r = math.hypot(x, y)
        theta = r
        for _ in range(rounds):
            theta = r - (lenses.radial(theta, model, k) - theta)
        factor = math.tan(theta) / r if r > 0 else 1.0
        return (x * factor, y * factor) if theta < math.pi / 2 else None
    p, q = x, y
    for _ in range(rounds):
        a, b = lenses.brown(p, q, k)
        p, q = x - (a - p), y - (b - q)
    return p, q


def ray(K, x, y, lens):
    a, b = lenses.solved(K, x, y)
    return (a, b) if lens is None else undistorted(a, b, *lens)


def pixel(K, X, Y, Z, lens):
    """Where a camera sees a point before it; None where its lens has turned back."""
    a, b = X / Z, Y / Z
    if lens is not None:
        model, k = lens
        radius = math.atan2(math.hypot(X, Y), Z) if model == "fisheye" else math.hypot(a, b)
        if radius >= last_radius(model, k):
            return None
        a, b = lenses.fisheye(X, Y, Z, k) if model == "fisheye" else lenses.brown(a, b, k)
    return K[0][0] * a + K[0][1] * b + K[0][2], K[1][1] * b + K[1][2]


def snapped(x):
    return float(round(x)) if abs(x - round(x)) < 2.0**-30 else x


def positions(depth, K_source, K_target, T, size, *, kind="z", scale=1.0, no_reading=(), lenses=(None, None)):
    """Per source pixel (y, x): (fate, u, v, z, distance); None for what is not known of it."""
    width, height = size
    found = {}
    for y in range(depth.shape[0]):
        for x in range(depth.shape[1]):
            value, nowhere = float(depth[y, x]), (None, None, None, None)
            if not has_reading(value, no_reading):
                found[y, x] = ("no_reading", *nowhere)
                continue
            seen = ray(K_source, x, y, lenses[0])
            if seen is None:
                found[y, x] = ("outside_lens", *nowhere)
                continue
            length = math.sqrt(seen[0] ** 2 + seen[1] ** 2 + 1) if kind == "ray" else 1.0
            X = [value * scale / length * c for c in (*seen, 1.0)] + [1.0]
            X = matrix_times(T, X)[:3]
            if not X[2] > 0:
                found[y, x] = ("behind_camera", *nowhere)
                continue
            place = pixel(K_target, *X, lenses[1])
            if place is None:
                found[y, x] = ("outside_lens", *nowhere)
                continue
            u, v = snapped(place[0]), snapped(place[1])
            distance = (math.sqrt(sum(c * c for c in X)) if kind == "ray" else X[2]) / scale
            inside = 0 <= math.floor(u + HALF) < width and 0 <= math.floor(v + HALF) < height
            fits = depth.dtype.kind == "f" or 1 <= round(distance) <= np.iinfo(depth.dtype).max
            fate = ("occluded" if fits else "unrepresentable") if inside else "outside"
            found[y, x] = (fate, u, v, X[2] / scale, distance) if fits else (fate, *nowhere)
    return found


def nearest(moved, shape, size, dtype):
    """Depth before rounding (NaN in holes) and source index."""
    best, index = np.full(size[::-1], math.inf), np.full(size[::-1], -1)
    for (y, x), (fate, u, v, _, distance) in moved.items():
        if fate == "occluded":
            at = math.floor(v + HALF), math.floor(u + HALF)
            compared = float(np.float32(distance)) if dtype == np.float32 else distance
            if compared < best[at]:
                best[at], index[at] = compared, y * shape[1] + x
    return np.where(index >= 0, best, math.nan), index


def bilinear(moved, shape, size, tolerance, image=None):
    """Depth before rounding, source index, and colours (h, w, C) before rounding."""
    width, height = size
    touching = {}
    for (y, x), (_, u, v, _, distance) in moved.items():
        if u is None:
            continue
        for row in (math.floor(v), math.floor(v) + 1):
            for column in (math.floor(u), math.floor(u) + 1):
                weight = (1 - abs(u - column)) * (1 - abs(v - row))
                if weight > 0 and 0 <= column < width and 0 <= row < height:
                    touching.setdefault((row, column), []).append((weight, distance, y * shape[1] + x))
    depth, index = np.full((height, width), math.nan), np.full((height, width), -1)
    channels = 1 if image is None else image.shape[2]
    colours = np.full((height, width, channels), math.nan)
    for at, all_around in touching.items():
        least = min(distance for _, distance, _ in all_around)
        kept = [one for one in all_around if one[1] <= least * (1 + tolerance)]
        total = sum(weight for weight, _, _ in kept)
        depth[at] = sum(weight * distance for weight, distance, _ in kept) / total
        index[at] = min(kept, key=lambda one: (-one[0], one[2]))[2]
        if image is not None:
            for c in range(channels):
                colours[(*at, c)] = sum(w * float(image[divmod(source, shape[1])][c]) for w, _, source in kept) / total
    return depth, index, colours


def mesh(depth, moved, size, max_jump, no_reading=()):
    """(z, source pixels that weigh most, weights by source pixel) of each target pixel (row, column) with any."""
    rows, columns = depth.shape
    plain = [[float(d) if has_reading(float(d), no_reading) else 0.0 for d in row] for row in depth]
    grids = [[[moved[y, x][k] for x in range(columns)] for y in range(rows)] for k in (1, 2, 3)]
    usable = [[u is not None for u in row] for row in grids[0]]
    spanned = triangles.mesh(plain, usable, max_jump)
    placed = triangles.placed(*grids, spanned)
    covered = {}
    for row in range(size[1]):
        for column in range(size[0]):
            found = triangles.candidates(placed, column, row)
            if found:
                covered[row, column] = min(found, key=lambda one: one[0])
    grids = [[[math.nan if c is None else c for c in row] for row in grid] for grid in grids]
    return covered, triangles.alone(*grids, spanned)


def fates(moved, shown):
    """Name of every source pixel's fate, given the plane indices that target pixels show."""
    columns = max(x for _, x in moved) + 1
    return {at: "visible" if at[0] * columns + at[1] in shown else one[0] for at, one in moved.items()}
