"""Where readings land in the target, and how far they are from it."""

import math

import numpy as np

from geometry.kernel import inline

# Added before rounding down. Coordinates that are a half in exact arithmetic come out a few 1e-12 px off; the 1e-9 px
# on top of the half send all of them the same way, up.
_HALF = 0.5 + 2.0**-30
CHUNK = 512  # pixels of a row whose intermediate values stay in the first-level cache

# Instead of a plane index in the target. The sum over a chunk tells how many there were of each of the first three.
NOTHING, BEHIND, OUTSIDE, UNREPRESENTABLE, UNSURE = -1, -(1 << 10), -(1 << 20), -(1 << 30), -(1 << 31)
NO_PLACE = 2**31 - 1


@inline
def _read(depth, absent, values):  # type: ignore[no-untyped-def]
    """Copy readings; 0 where there is none."""
    none = values.dtype.type(0.0)
    for i in range(len(depth)):
        value = values.dtype.type(depth[i])
        values[i] = value if (value > none) & (value < np.inf) else none
    for m in range(len(absent)):
        unwanted = absent[m]
        for i in range(len(depth)):
            values[i] = none if values[i] == unwanted else values[i]


@inline
def _ray_to_z(inverse, y, begin, values):  # type: ignore[no-untyped-def]
    """Divide by the length of K⁻¹ (x, y, 1)."""
    for i in range(len(values)):
        Y = inverse[1, 1] * y + inverse[1, 2]
        X = inverse[0, 0] * (begin + i) + (inverse[0, 1] * y + inverse[0, 2])
        values[i] /= math.sqrt(X * X + Y * Y + 1.0)


@inline
def _project(A, b, y, begin, width, height, values, moved, places):  # type: ignore[no-untyped-def]
    """Move readings: z in the target, and the plane index there or why there is none."""
    c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
    a0, a1, a2, b0, b1, b2 = A[0, 0], A[1, 0], A[2, 0], b[0], b[1], b[2]
    for i in range(len(values)):
        x, z = float(begin + i), values[i]
        z_target = z * (a2 * x + c2) + b2
        front = (z > 0.0) & (z_target > 0.0)
        scale = 1.0 / (z_target if front else 1.0)
        u = np.floor((z * (a0 * x + c0) + b0) * scale + _HALF)
        v = np.floor((z * (a1 * x + c1) + b1) * scale + _HALF)
        inside = front & (u >= 0.0) & (u < width) & (v >= 0.0) & (v < height)
        missed = (OUTSIDE if front else BEHIND) if z > 0.0 else NOTHING
        places[i] = v * width + u if inside else missed
        moved[i] = z_target


@inline
def _z_to_ray(A, b, inverse, y, begin, values, moved):  # type: ignore[no-untyped-def]
    """Replace z in the target by the distance from its centre, |K⁻¹ (u, v, 1) z|."""
    for i in range(len(values)):
        x, z = begin + i, values[i]
        u = z * (A[0, 0] * x + (A[0, 1] * y + A[0, 2])) + b[0]
        v = z * (A[1, 0] * x + (A[1, 1] * y + A[1, 2])) + b[1]
        X = inverse[0, 0] * u + inverse[0, 1] * v + inverse[0, 2] * moved[i]
        Y = inverse[1, 1] * v + inverse[1, 2] * moved[i]
        moved[i] = math.sqrt(X * X + Y * Y + moved[i] * moved[i])


@inline
def _settle(moved, places, lowest, highest, landing, distance):  # type: ignore[no-untyped-def]
    """Store depths, and where they are, unless they leave the range of the result."""
    for i in range(len(landing)):
        fits = (moved[i] > lowest) & (moved[i] < highest)
        landing[i] = np.int32(places[i] if fits | (places[i] < 0.0) else UNREPRESENTABLE)
        distance[i] = moved[i] if fits else 0.0


@inline
def _tally(landing, row):  # type: ignore[no-untyped-def]
    """Widen the first and last plane index in `row[:2]`, count the others in `row[2:]`."""
    first, last, total, unrepresentable = np.uint32(NO_PLACE), np.int32(-1), np.int32(0), np.int32(0)
    for i in range(len(landing)):
        place = landing[i]
        first, last = min(first, np.uint32(place)), max(last, place)
        total = np.int32(np.int64(total) - np.int64(min(place, np.int32(0))))
        unrepresentable = np.int32(unrepresentable + np.int32(place == UNREPRESENTABLE))
    row[0], row[1] = min(row[0], np.int64(first)), max(row[1], np.int64(last))
    row[2] += total & 1023
    row[3] += total >> 10 & 1023
    row[4] += total >> 20 & 1023
    row[5] += unrepresentable


@inline
def _add(place, row):  # type: ignore[no-untyped-def]
    """Do to `row` for one reading what `_tally` does for many."""
    if place >= 0:
        row[0], row[1] = min(row[0], np.int64(place)), max(row[1], np.int64(place))
    row[3] += place == BEHIND
    row[4] += place == OUTSIDE
    row[5] += place == UNREPRESENTABLE


@inline
def _place(A, b, y, x, z, width, height, lowest, highest):  # type: ignore[no-untyped-def]
    """Decide about a reading as `_project` and `_settle` do."""
    c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
    z_target = z * (A[2, 0] * x + c2) + b[2]
    if not z_target > 0.0:
        return np.int32(BEHIND)
    scale = 1.0 / z_target
    u = np.floor((z * (A[0, 0] * x + c0) + b[0]) * scale + _HALF)
    v = np.floor((z * (A[1, 0] * x + c1) + b[1]) * scale + _HALF)
    if not ((u >= 0.0) & (u < width) & (v >= 0.0) & (v < height)):
        return np.int32(OUTSIDE)
    fits = (z_target > lowest) & (z_target < highest)
    return np.int32(v * width + u) if fits else np.int32(UNREPRESENTABLE)
