"""Fusion of depth maps, one pixel after the other, from what each view alone shows there."""

import math

import numpy as np

from tests.naive.depth import reproject


def relative(pose, target_pose):
    return np.asarray(target_pose) @ np.linalg.inv(np.asarray(pose))


def front(values, tolerance, min_support):
    """The readings (value, view) of the front surface, in order; nothing if there is none."""
    ordered = sorted(values)
    for low, _ in ordered:
        surface = [(value, view) for value, view in ordered if low <= value <= low + tolerance * low]
        if len(surface) >= min_support:
            return surface
    return []


def fuse(depths, intrinsics, poses, K, pose, size, rule, tolerance=0.01, min_support=1, kind="z", scale=1.0, absent=()):
    """Depth, support, camera, index and status (0 ok, 1 hole, 2 unsupported)."""
    width, height = size
    views = [
        reproject(depth, own, K, relative(place, pose), size, kind, scale, absent)[:2]
        for depth, own, place in zip(depths, intrinsics, poses, strict=True)
    ]
    whole = depths[0].dtype.kind in "iu"
    found = np.full((height, width), 0.0 if whole else math.nan)
    support, camera, index = (np.zeros((height, width), int) for _ in range(3))
    status = np.zeros((height, width), int)
    for v in range(height):
        for u in range(width):
            values = [(float(depth[v, u]), n) for n, (depth, _) in enumerate(views) if depth[v, u] > 0]
            surface = front(values, tolerance, min_support)
            support[v, u] = len(surface)
            if not surface:
                camera[v, u], index[v, u], status[v, u] = -1, -1, 2 if values else 1
                continue
            value, view = surface[(len(surface) - 1) // 2 if rule == "median" else 0]
            view = min(n for other, n in surface if other == value)
            camera[v, u], index[v, u] = view, views[view][1][v, u]
            if rule == "mean":
                total = moved = 0.0
                for other, n in surface:
                    own = float(depths[n].reshape(-1)[views[n][1][v, u]])
                    weight = intrinsics[n][0][0] * intrinsics[n][1][1] / own**2
                    total, moved = total + weight, moved + weight * (other - value)
                value += moved / total
            found[v, u] = np.rint(value) if whole else value
    return found.astype(depths[0].dtype), support, camera, index, status
