"""Readings moved in float32, and kept where they land.

A chunk of a row passes stages whose buffers stay in the first-level cache: distances in the target, pixels in the
target, the nearest of each pixel.
"""

import numpy as np

from geometry.depth.reprojection.landing import (
    BEHIND,
    CHUNK,
    NO_PLACE,
    NOTHING,
    OUTSIDE,
    UNSURE,
    _add,
    _place,
    _project,
    _ray_to_z,
    _read,
    _settle,
    _tally,
    _z_to_ray,
)
from geometry.depth.reprojection.nearest import keep, keep_apart, own_rows
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, lanes, load, multiply_add, ramp, reinterpret, select, store

_WHOLE = 1.5 * 2.0**23  # float32 numbers near it are whole, and count up as their bits do
_WHOLE_BITS = 0x4B400000
_MOST_DOUBT = 2.0**-6  # px; beyond it, float32 is not worth a try
_FURTHEST = 2.0**29  # px
_SAFE = 2.0**60  # neither it nor its reciprocal nor their products with what is smaller leave float32
_LEAST = 0.5 / _SAFE


@lanes
def _approach(
    readings: Operand, at: Operand, climb: Operand, begin: Operand, c2: Operand, b2: Operand, i: Operand,
    values: Operand, distances: Operand, ratios: Operand, scales: Operand, most: Operand,
) -> None:  # fmt: skip
    """Readings, 0 where there is none; distance in the target as `_project` computes it; 1 / z there and z times it.

    The last two are 0 where there is nothing in front. Widens the bits of the largest of the three; those of negative
    numbers are less, those of infinity and NaN beyond.
    """
    value = cast(load(readings, at), np.float32)
    value = select((value > 0.0) & (value < np.inf), value, 0.0)
    store(values, i, value)
    distance = cast(cast(value, np.float64) * (load(climb, begin + i) + c2) + b2, np.float32)
    scale = 1.0 / select(distance > _LEAST, distance, _LEAST)
    scale = select((value > 0.0) & (distance >= 0.0), scale, 0.0)
    ratio = value * scale
    for at, (array, numbers) in enumerate(((ratios, ratio), (scales, scale), (distances, distance))):
        store(array, i, numbers)
        bits, known = reinterpret(numbers, np.int32), load(most, LANES * at)
        store(most, LANES * at, select(bits > known, bits, known))


def _off(x: Operand) -> tuple[Operand, Operand]:
    """The nearest whole number plus `_WHOLE`, and how far off it is."""
    whole = x + _WHOLE
    off = x - (whole - _WHOLE)
    return whole, reinterpret(reinterpret(off, np.int32) & 0x7FFFFFFF, np.float32)


@lanes
def _land(
    ua: Operand, ub: Operand, uc: Operand, va: Operand, vb: Operand, vc: Operand, u0: Operand, v0: Operand,
    width: Operand, height: Operand, within: Operand, low: Operand, high: Operand, half: Operand,
    i: Operand, values: Operand, ratios: Operand, scales: Operand, distances: Operand, places: Operand,
    tally: Operand,
) -> None:  # fmt: skip
    """Plane indices in the target, `UNSURE` where float64 may decide otherwise; what `_tally` counts, by lane."""
    ratio, scale, distance = load(ratios, i), load(scales, i), load(distances, i)
    x = cast(ramp(i - half), np.float32)
    u, u_off = _off(multiply_add(ratio, multiply_add(ua, x, uc), ub * scale))
    v, v_off = _off(multiply_add(ratio, multiply_add(va, x, vc), vb * scale))
    u, v = (reinterpret(reinterpret(a, np.int32) + a0, np.uint32) for a, a0 in ((u, u0), (v, v0)))
    sure = (u_off < within) & (v_off < within) & (distance > low) & (distance < high)
    place = reinterpret(v * width + u, np.int32)
    place = select((u < width) & (v < height), place, OUTSIDE)
    place = select(sure, place, UNSURE)
    place = select(scale > 0.0, place, BEHIND)
    place = select(load(values, i) > 0.0, place, NOTHING)
    store(places, i, place)
    first, last, total = load(tally, 0, dtype=np.uint32), load(tally, LANES), load(tally, 2 * LANES)
    lowest, unsigned = load(tally, 3 * LANES), reinterpret(place, np.uint32)
    store(tally, 0, select(unsigned < first, unsigned, first))
    store(tally, LANES, select(place > last, place, last))
    store(tally, 2 * LANES, total - select(place < 0, place, 0))
    store(tally, 3 * LANES, select(place < lowest, place, lowest))


@inline
def _gather_most(most):  # type: ignore[no-untyped-def]
    """Put the largest of the lanes of each vector first."""
    for begin in range(0, 3 * LANES, LANES):
        largest = np.int32(0)
        for lane in range(np.uint64(begin), np.uint64(begin + LANES)):
            largest = max(largest, most[lane])
        most[begin] = largest


@inline
def _gather_tally(tally, row):  # type: ignore[no-untyped-def]
    """Widen the first and last place in `row[:2]`; the sum of the others, and whether some are unsure."""
    first, last, total, lowest = np.int32(NO_PLACE), np.int32(-1), np.int32(0), np.int32(0)
    for lane in range(LANES):
        first, last = min(first, tally[np.uint64(lane)]), max(last, tally[np.uint64(LANES + lane)])
        total = np.int32(total + (tally[np.uint64(2 * LANES + lane)] & np.int32(2**30 - 1)))
        lowest = min(lowest, tally[np.uint64(3 * LANES + lane)])
    row[0], row[1] = min(row[0], np.int64(first)), max(row[1], np.int64(last))
    return np.int64(total), lowest == UNSURE


@inline
def _relative(numerator, w, slope, slope_w, shift, shift_w):  # type: ignore[no-untyped-def]
    """One coordinate counted from the whole one that a point at infinity has.

    For `(z · (numerator + slope · s) + shift) / (z · (w + slope_w · s) + shift_w)` with steps s along the row.
    """
    origin = np.rint(numerator / w) if w != 0.0 else np.inf
    nearby = abs(origin) < _FURTHEST
    origin = origin if nearby else 0.0
    return origin, nearby, slope - origin * slope_w, numerator - origin * w, shift - origin * shift_w


@kernel(
    "void({T}[:,::1], f8[::1], f8[:,::1], f8[::1], f8[:,:,::1], b1, f8, f8, f8, f8, i8, i8, u4[:,::1], i4[:,::1],"
    " i4[::1], i8, u1[::1], u8[::1], u1[::1], i8[::1])",
    types=("u2", "f4"),
)
def _splat(  # type: ignore[no-untyped-def]
    depth, absent, A, b, inverses, ray, width, height, lowest, highest, start, stop, nearest, source_index, owners,
    worker, reached, surface, reached_apart, counts,
):  # fmt: skip
    values, ratios, scales = np.empty(CHUNK, np.float32), np.empty(CHUNK, np.float32), np.empty(CHUNK, np.float32)
    distances, places, tail = np.empty(CHUNK, np.float32), np.empty(CHUNK, np.int32), np.zeros(LANES, depth.dtype)
    wide_values, wide_moved, wide_places = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK)
    climb = A[2, 0] * np.arange(depth.shape[1] + LANES).astype(np.float64)
    most, tally, row = np.empty(3 * LANES, np.int32), np.empty(4 * LANES, np.int32), np.zeros(6, np.int64)
    extremes, half, exact, bits = most.view(np.float32), CHUNK // 2, depth.itemsize == 2, distances.view(np.uint32)
    columns, lines = np.uint32(np.int64(width)), np.uint32(np.int64(height))
    plane_bits, plane_index = nearest.reshape(nearest.size), source_index.reshape(source_index.size)
    (a0, a1, a2), (b0, b1, b2) = (A[0, 0], A[1, 0], A[2, 0]), (b[0], b[1], b[2])
    low, high = np.float32(lowest), np.float32(min(highest, _SAFE))
    for y in range(start, stop):
        c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
        for begin in range(0, depth.shape[1], CHUNK):
            count, middle, source = min(CHUNK, depth.shape[1] - begin), float(begin + half), y * depth.shape[1] + begin
            whole = count // LANES * LANES
            padded = whole if whole == count else whole + LANES
            most[:] = 0
            if len(absent) == 0:
                readings = depth[y]
                for i in range(0, whole, LANES):
                    _approach(readings, begin + i, climb, begin, c2, b2, i, values, distances, ratios, scales, most)
                if whole < count:
                    tail[: count - whole] = readings[begin + whole :]
                    _approach(tail, 0, climb, begin, c2, b2, whole, values, distances, ratios, scales, most)
            else:
                _read(depth[y, begin : begin + count], absent, values[:count])
                values[count:padded] = np.float32(0.0)
                for i in range(0, padded, LANES):
                    _approach(values, i, climb, begin, c2, b2, i, values, distances, ratios, scales, most)
            _gather_most(most)
            ratio, scale, furthest = (
                np.float64(extremes[0]),
                np.float64(extremes[LANES]),
                np.float64(extremes[2 * LANES]),
            )
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
            row[0], row[1] = NO_PLACE, -1
            if u_nearby & v_nearby & safe & (doubt < _MOST_DOUBT) & (not ray):
                tally[:LANES], tally[LANES : 2 * LANES], tally[2 * LANES :] = NO_PLACE, -1, 0
                for i in range(0, padded, LANES):
                    _land(
                        np.float32(ua), np.float32(ub), np.float32(uc), np.float32(va), np.float32(vb), np.float32(vc),
                        np.int32(np.int64(u0) - _WHOLE_BITS), np.int32(np.int64(v0) - _WHOLE_BITS), columns, lines,
                        np.float32(0.5 - doubt), low, high, half, i, values, ratios, scales, distances, places,
                        tally,
                    )  # fmt: skip
                total, unsure = _gather_tally(tally, row)
                row[2] += (total & 1023) - (padded - count)
                row[3] += total >> 10 & 1023
                row[4] += total >> 20 & 1023
                if unsure:
                    for i in range(count):
                        if places[i] == UNSURE:
                            x, z = float(begin + i), np.float64(values[i])
                            places[i] = _place(A, b, y, x, z, width, height, lowest, highest)
                            _add(places[i], row)
            else:
                for i in range(count):
                    wide_values[i] = values[i]
                if ray:
                    _ray_to_z(inverses[0], y, begin, wide_values[:count])
                _project(A, b, y, begin, width, height, wide_values[:count], wide_moved, wide_places)
                if ray:
                    _z_to_ray(A, b, inverses[1], y, begin, wide_values[:count], wide_moved)
                _settle(wide_moved, wide_places, lowest, highest, places[:count], distances)
                _tally(places[:count], row)
            if row[1] < 0:
                continue
            first, last = row[0] // np.int64(columns), row[1] // np.int64(columns)
            if own_rows(first, last, nearest, source_index, owners, worker, reached):
                keep(depth, A, b, exact, places[:count], bits, source, plane_bits, plane_index)
            else:
                keep_apart(
                    depth, A, b, exact, places[:count], bits, source, first, last, np.int64(columns), surface,
                    reached_apart,
                )  # fmt: skip
    for fate in range(4):
        counts[fate] += row[2 + fate]
