"""Depth maps held against each other, one pixel after the other."""

import itertools
import math

import numpy as np

CONSISTENT, INCONSISTENT, OCCLUDED, NO_READING, BEHIND_CAMERA, OUTSIDE, NO_READING_THERE = range(7)


def reading(depth, y, x, absent):
    value = float(depth[y, x])
    return value if value > 0 and math.isfinite(value) and value not in absent else 0.0


def direction(K, x, y):
    Y = (y - K[1][2]) / K[1][1]
    return np.array([(x - K[0][2] - K[0][1] * Y) / K[0][0], Y, 1.0])


def length(K, x, y, kind):
    return math.sqrt(float((direction(K, x, y) ** 2).sum())) if kind == "ray" else 1.0


def close(one, other, max_jump):
    return abs(one - other) <= max_jump * min(one, other)


def inverse(depth, y, x, absent):
    if not (0 <= y < depth.shape[0] and 0 <= x < depth.shape[1]):
        return math.nan
    value = reading(depth, y, x, absent)
    return 1 / value if value else math.nan


def steady(six, max_jump):
    """Whether the middle two of six inverse depths in a line belong to one surface."""
    most = max_jump * min(six[2], six[3])
    steps = [b - a for a, b in itertools.pairwise(six)]
    alike = [abs(b - a) <= most for a, b in itertools.pairwise(steps)]
    return abs(steps[2]) <= most or (alike[0] and alike[1]) or (alike[1] and alike[2]) or (alike[2] and alike[3])


def linked(depth, y, x, dy, dx, max_jump, absent):
    """Whether a pixel and the next in its row or column belong to one surface."""
    if math.isnan(inverse(depth, y, x, absent)) or math.isnan(inverse(depth, y + dy, x + dx, absent)):
        return False
    return steady([inverse(depth, y + k * dy, x + k * dx, absent) for k in range(-2, 4)], max_jump)


def there(depth, K, u, v, w, interpolation, kind, scale, max_jump, absent):
    """The inverse depth that a view has at (u, v), where w is expected; 0 for none."""

    def inverse_z(y, x):
        if not (0 <= y < depth.shape[0] and 0 <= x < depth.shape[1]):
            return 0.0
        value = reading(depth, y, x, absent)
        return length(K, x, y, kind) / (value * scale) if value else 0.0

    if interpolation == "nearest":
        return inverse_z(math.floor(v + 0.5 + 2.0**-30), math.floor(u + 0.5 + 2.0**-30))
    left, top = math.floor(u), math.floor(v)
    four = [inverse_z(top + dy, left + dx) for dy in (0, 1) for dx in (0, 1)]
    sides = ((top, left, 0, 1), (top + 1, left, 0, 1), (top, left, 1, 0), (top, left + 1, 1, 0))
    if all(four) and all(linked(depth, *side, max_jump, absent) for side in sides):
        p, q = u - left, v - top
        return (1 - q) * ((1 - p) * four[0] + p * four[1]) + q * ((1 - p) * four[2] + p * four[3])
    return min((one for one in four if one), key=lambda one: abs(one - w) / min(one, w), default=0.0)


def compare(
    depths, intrinsics, poses, i, j, tolerance=0.01, max_error=2.0, interpolation="linear", kind="z", scale=1.0,
    max_jump=0.02, absent=(),
):  # fmt: skip
    """Reasons and errors (H, W), and the relative differences of the comparable readings, of view i against j."""
    here, other = depths[i], depths[j]
    T = np.asarray(poses[j]) @ np.linalg.inv(np.asarray(poses[i]))
    reasons, errors = np.zeros(here.shape, int), np.full(here.shape, math.nan)
    shares = []
    for y in range(here.shape[0]):
        for x in range(here.shape[1]):
            value = reading(here, y, x, absent)
            if not value:
                reasons[y, x] = NO_READING
                continue
            X = direction(intrinsics[i], x, y) * value * scale / length(intrinsics[i], x, y, kind)
            Y = T[:3, :3] @ X + T[:3, 3]
            if not Y[2] > 0:
                reasons[y, x] = BEHIND_CAMERA
                continue
            u, v, _ = intrinsics[j] @ (Y / Y[2])
            half = 0.5 + 2.0**-30
            if not (0 <= math.floor(u + half) < other.shape[1] and 0 <= math.floor(v + half) < other.shape[0]):
                reasons[y, x] = OUTSIDE
                continue
            found = there(other, intrinsics[j], u, v, 1 / Y[2], interpolation, kind, scale, max_jump, absent)
            if not found:
                reasons[y, x] = NO_READING_THERE
                continue
            back = T[:3, :3].T @ (direction(intrinsics[j], u, v) / found - T[:3, 3])
            if back[2] > 0:
                p, q, _ = intrinsics[i] @ (back / back[2])
                errors[y, x] = math.hypot(p - x, q - y)
            else:
                errors[y, x] = math.inf
            share = abs(Y[2] - 1 / found) / min(Y[2], 1 / found)
            if share <= tolerance and errors[y, x] <= max_error:
                reasons[y, x] = CONSISTENT
            else:
                reasons[y, x] = INCONSISTENT if Y[2] < 1 / found else OCCLUDED
            if reasons[y, x] != OCCLUDED:
                shares.append(share)
    return reasons, errors, np.array(shares)
