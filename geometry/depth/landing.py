"""Where readings land in the target, and how far they are from it."""

import math
from functools import partial

import numpy as np

from geometry.kernel import CONTRACT, inline, kernel

# Added before rounding down. Coordinates that are a half in exact arithmetic come out a few 1e-12 px off; the 1e-9 px
# on top of the half send all of them the same way, up.
_HALF = 0.5 + 2.0**-30
_CHUNK = 512  # pixels of a row whose intermediate values stay in the first-level cache

# Instead of a plane index in the target. The sum over a chunk tells how many there were of each of the first three.
_NOTHING, _BEHIND, _OUTSIDE, _UNREPRESENTABLE, _UNSURE = -1, -(1 << 10), -(1 << 20), -(1 << 30), -(1 << 31)
_NO_PLACE = 2**31 - 1

_WHOLE = 1.5 * 2.0**23  # float32 numbers near it are whole, and count up as their bits do
_WHOLE_BITS = 0x4B400000
_MOST_DOUBT = 2.0**-6  # px; beyond it, float32 is not worth a try
_FURTHEST = 2.0**29  # px
_SAFE = 2.0**60  # neither it nor its reciprocal nor their products with what is smaller leave float32


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
        missed = (_OUTSIDE if front else _BEHIND) if z > 0.0 else _NOTHING
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
        landing[i] = np.int32(places[i] if fits | (places[i] < 0.0) else _UNREPRESENTABLE)
        distance[i] = moved[i] if fits else 0.0


@inline
def _tally(landing, row):  # type: ignore[no-untyped-def]
    """Widen the first and last plane index in `row[:2]`, count the others in `row[2:]`; True if some are unsure."""
    first, last, lowest, total = np.uint32(_NO_PLACE), np.int32(-1), np.int32(0), np.int32(0)
    unrepresentable = np.int32(0)
    for i in range(len(landing)):
        place = landing[i]
        first, last, lowest = min(first, np.uint32(place)), max(last, place), min(lowest, place)
        total = np.int32(np.int64(total) - np.int64(min(place, np.int32(0))))
        unrepresentable = np.int32(unrepresentable + np.int32(place == _UNREPRESENTABLE))
    row[0], row[1] = min(row[0], np.int64(first)), max(row[1], np.int64(last))
    row[2] += total & 1023
    row[3] += total >> 10 & 1023
    row[4] += total >> 20 & 1023
    row[5] += unrepresentable
    return lowest == _UNSURE


@inline
def _add(place, row):  # type: ignore[no-untyped-def]
    """Do to `row` for one reading before the camera what `_tally` does for many."""
    if place >= 0:
        row[0], row[1] = min(row[0], np.int64(place)), max(row[1], np.int64(place))
    row[4] += place == _OUTSIDE
    row[5] += place == _UNREPRESENTABLE


@kernel(
    "void({T}[:,::1], f8[::1], f8[:,::1], f8[::1], f8[:,:,::1], b1, f8, f8, f8, f8, i8, i8,"
    " i4[:,::1], {T}[:,::1], i8[:,::1])",
    types=("f4", "f8"),
)
def _land(  # type: ignore[no-untyped-def]
    depth, absent, A, b, inverses, ray, width, height, lowest, highest, start, stop, landing, distance, rows
):
    values, moved, places = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    for y in range(start, stop):
        rows[y, 0], rows[y, 1] = _NO_PLACE, -1
        rows[y, 2:] = 0
        for begin in range(0, depth.shape[1], _CHUNK):
            count = min(_CHUNK, depth.shape[1] - begin)
            _read(depth[y, begin : begin + count], absent, values[:count])
            if ray:
                _ray_to_z(inverses[0], y, begin, values[:count])
            _project(A, b, y, begin, width, height, values[:count], moved, places)
            if ray:
                _z_to_ray(A, b, inverses[1], y, begin, values[:count], moved)
            row_landing, row_distance = landing[y, begin : begin + count], distance[y, begin : begin + count]
            _settle(moved, places, lowest, highest, row_landing, row_distance)
            _tally(row_landing, rows[y])


@inline
def _move(climb, c2, b2, values, distance):  # type: ignore[no-untyped-def]
    """Compute z in the target as `_project` does."""
    for i in range(len(values)):
        distance[i] = np.float64(values[i]) * (climb[i] + c2) + b2


@inline
def _scale(values, distance, ratios, scales):  # type: ignore[no-untyped-def]
    """1 / z in the target, and z times it; 0 where there is no reading or it is behind."""
    one, zero, least = np.float32(1.0), np.float32(0.0), np.float32(0.5 / _SAFE)
    for i in range(len(values)):
        front = (values[i] > zero) & (distance[i] >= zero)
        scale = one / (distance[i] if distance[i] > least else least)  # noqa: FURB136 -- `max` minds NaN, and is slower
        scales[i] = scale if front else zero
        ratios[i] = values[i] * (scale if front else zero)


@inline
def _largest(bits):  # type: ignore[no-untyped-def]
    """Bits of the largest float32 that is not negative; those of infinity are beyond all others."""
    most = np.int32(0)
    for i in range(len(bits)):
        most = max(most, bits[i])
    return most


@partial(inline, fastmath=CONTRACT)
def _round_pixels(u, v, steps, ratios, scales, us, vs, offsets):  # type: ignore[no-untyped-def]
    """Nearest whole coordinates plus `_WHOLE`, and how far off the further of both is."""
    (ua, ub, uc), (va, vb, vc), whole = u, v, np.float32(_WHOLE)
    for i in range(len(us)):
        ratio, scale, x = ratios[i], scales[i], steps[i]
        u = ratio * (ua * x + uc) + ub * scale
        v = ratio * (va * x + vc) + vb * scale
        us[i], vs[i] = u + whole, v + whole
        u_off, v_off = abs(u - (us[i] - whole)), abs(v - (vs[i] - whole))
        offsets[i] = u_off if u_off > v_off else v_off  # noqa: FURB136 -- as above


@inline
def _number_pixels(  # type: ignore[no-untyped-def]
    origin, width, height, within, low, high, us, vs, offsets, values, scales, distance, landing
):
    """Plane indices of coordinates counted from the origin; `_UNSURE` where float64 may decide otherwise."""
    u0, v0, zero = np.int32(origin[0]), np.int32(origin[1]), np.float32(0.0)
    for i in range(len(values)):
        u, v = np.uint32(us[i] + u0), np.uint32(vs[i] + v0)
        sure = (offsets[i] < within) & (distance[i] > low) & (distance[i] < high)
        place = np.int32(np.int64(v) * np.int64(width) + np.int64(u))
        place = place if (u < width) & (v < height) else np.int32(_OUTSIDE)
        place = place if sure else np.int32(_UNSURE)
        missed = np.int32(_BEHIND) if values[i] > zero else np.int32(_NOTHING)
        landing[i] = place if scales[i] > zero else missed


@inline
def _relative(numerator, w, slope, slope_w, shift, shift_w):  # type: ignore[no-untyped-def]
    """One coordinate counted from the whole one that a point at infinity has.

    For `(z · (numerator + slope · s) + shift) / (z · (w + slope_w · s) + shift_w)` with steps s along the row.
    """
    origin = np.rint(numerator / w) if w != 0.0 else np.inf
    nearby = abs(origin) < _FURTHEST
    origin = origin if nearby else 0.0
    return origin, nearby, slope - origin * slope_w, numerator - origin * w, shift - origin * shift_w


@inline
def _place_one(A, b, y, x, z, width, height, lowest, highest):  # type: ignore[no-untyped-def]
    """Decide about a reading before the camera as `_project` and `_settle` do."""
    c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
    z_target = z * (A[2, 0] * x + c2) + b[2]
    scale = 1.0 / z_target
    u = np.floor((z * (A[0, 0] * x + c0) + b[0]) * scale + _HALF)
    v = np.floor((z * (A[1, 0] * x + c1) + b[1]) * scale + _HALF)
    if not ((u >= 0.0) & (u < width) & (v >= 0.0) & (v < height)):
        return np.int32(_OUTSIDE)
    fits = (z_target > lowest) & (z_target < highest)
    return np.int32(v * width + u) if fits else np.int32(_UNREPRESENTABLE)


@kernel(
    "void({T}[:,::1], f8[::1], f8[:,::1], f8[::1], f8, f8, f8, f8, i8, i8, i4[:,::1], f4[:,::1], i8[:,::1])",
    types=("u2", "f4"),
)
def _land_single(  # type: ignore[no-untyped-def]
    depth, absent, A, b, width, height, lowest, highest, start, stop, landing, distance, rows
):
    values, ratios, scales = np.empty(_CHUNK, np.float32), np.empty(_CHUNK, np.float32), np.empty(_CHUNK, np.float32)
    us, vs, offsets = np.empty(_CHUNK, np.float32), np.empty(_CHUNK, np.float32), np.empty(_CHUNK, np.float32)
    wide_values, moved, places = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    steps, climb, extremes = np.empty(_CHUNK, np.float32), np.empty(depth.shape[1]), np.empty(3, np.float32)
    extreme_bits, half = extremes.view(np.int32), _CHUNK // 2
    columns, lines = np.uint32(np.int64(width)), np.uint32(np.int64(height))
    for i in range(_CHUNK):
        steps[i] = i - half
    for x in range(len(climb)):
        climb[x] = A[2, 0] * float(x)
    (a0, a1, a2), (b0, b1, b2) = (A[0, 0], A[1, 0], A[2, 0]), (b[0], b[1], b[2])
    low, high = np.float32(lowest), np.float32(min(highest, _SAFE))
    for y in range(start, stop):
        c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
        rows[y, 0], rows[y, 1] = _NO_PLACE, -1
        rows[y, 2:] = 0
        for begin in range(0, depth.shape[1], _CHUNK):
            count, middle = min(_CHUNK, depth.shape[1] - begin), float(begin + half)
            row_landing, row_distance = landing[y, begin : begin + count], distance[y, begin : begin + count]
            _read(depth[y, begin : begin + count], absent, values[:count])
            _move(climb[begin : begin + count], c2, b2, values[:count], row_distance)
            _scale(values[:count], row_distance, ratios, scales)
            extreme_bits[0] = _largest(ratios.view(np.int32)[:count])
            extreme_bits[1] = _largest(scales.view(np.int32)[:count])
            extreme_bits[2] = _largest(row_distance.view(np.int32))
            ratio, scale, furthest = np.float64(extremes[0]), np.float64(extremes[1]), extremes[2]
            w = a2 * middle + c2
            u0, u_nearby, ua, uc, ub = _relative(a0 * middle + c0, w, a0, a2, b0, b2)
            v0, v_nearby, va, vc, vb = _relative(a1 * middle + c1, w, a1, a2, b1, b2)
            # Neither a factor nor a product in the projection below is off by more than 8 roundings of float32 of its
            # own size, and none in `_project` or in the set-up by more than 32 of float64.
            across = max(abs(ua), abs(va)) * half + max(abs(uc), abs(vc))
            along = max(abs(ub), abs(vb))
            reach, far = middle + half, abs(u0) + abs(v0)
            wide_across = (abs(a0) + abs(a1) + far * abs(a2)) * reach + abs(c0) + abs(c1) + far * abs(c2)
            wide_along = abs(b0) + abs(b1) + far * abs(b2)
            doubt = 2.0**-21 * (ratio * across + scale * along + 1.0) + 2.0**-48 * (
                ratio * wide_across + scale * wide_along + far
            )
            safe = (scale < _SAFE) & (furthest < _SAFE) & (across < _SAFE) & (along < _SAFE)
            if u_nearby & v_nearby & safe & (doubt < _MOST_DOUBT):
                _round_pixels(
                    (np.float32(ua), np.float32(ub), np.float32(uc)), (np.float32(va), np.float32(vb), np.float32(vc)),
                    steps, ratios, scales, us[:count], vs, offsets,
                )  # fmt: skip
                _number_pixels(
                    (np.int64(u0) - _WHOLE_BITS, np.int64(v0) - _WHOLE_BITS), columns, lines, np.float32(0.5 - doubt),
                    low, high, us.view(np.int32), vs.view(np.int32), offsets, values[:count], scales, row_distance,
                    row_landing,
                )  # fmt: skip
                if _tally(row_landing, rows[y]):
                    for i in range(count):
                        if row_landing[i] == _UNSURE:
                            row_landing[i] = _place_one(
                                A, b, y, float(begin + i), np.float64(values[i]), width, height, lowest, highest
                            )
                            _add(row_landing[i], rows[y])
            else:
                for i in range(count):
                    wide_values[i] = values[i]
                _project(A, b, y, begin, width, height, wide_values[:count], moved, places)
                _settle(moved, places, lowest, highest, row_landing, row_distance)
                _tally(row_landing, rows[y])
