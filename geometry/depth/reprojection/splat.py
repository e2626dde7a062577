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
from geometry.depth.reprojection.nearest import FINISHED, REACHED, finish_row, keep, keep_apart, own_rows
from geometry.fold import fold
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, across, cast, lanes, load, multiply_add, prefetch, reinterpret, select, store
from geometry.masks import mask_bits

_WHOLE = 1.5 * 2.0**23  # float32 numbers near it are whole, and count up as their bits do
_WHOLE_BITS = 0x4B400000
_FURTHEST = 2.0**29  # px
_SAFE = 2.0**60  # neither it nor its reciprocal nor their products with what is smaller leave float32
_MORE = 1.0 + 2.0**-20  # what float32 takes from a bound that is converted to it
_MOST_UNSURE = 8  # one of so many; deciding about one in float64 takes as long as about so many at once
_LONGEST = 1280  # pixels of a row whose buffers stay in the first-level cache


@lanes
def _approach(
    readings: Operand, at: Operand, climb: Operand, x: Operand, c2: Operand, b2: Operand, i: Operand,
    values: Operand, distances: Operand,
) -> None:  # fmt: skip
    """Readings, 0 where there is none, and their distances in the target as `_project` computes them."""
    value = cast(load(readings, at), np.float32)
    value = select((value > 0.0) & (value < np.inf), value, 0.0)
    store(values, i, value)
    store(distances, i, cast(cast(value, np.float64) * (load(climb, x) + c2) + b2, np.float32))


def _off(x: Operand) -> tuple[Operand, Operand]:
    """The nearest whole number plus `_WHOLE`, and how far off it is."""
    whole = x + _WHOLE
    off = x - (whole - _WHOLE)
    return whole, reinterpret(reinterpret(off, np.int32) & 0x7FFFFFFF, np.float32)


@lanes
def _land(
    vectors: Operand, values: Operand, distances: Operand, steps: Operand,
    ua: Operand, ub: Operand, uc: Operand, va: Operand, vb: Operand, vc: Operand, u0: Operand, v0: Operand,
    width: Operand, height: Operand, within: Operand, by_ratio: Operand, by_scale: Operand,
    low: Operand, high: Operand, places: Operand, tally: Operand,
) -> None:  # fmt: skip
    """Plane indices in the target, `UNSURE` where float64 may decide otherwise.

    Tallies the least and the greatest of them, then how many are `NOTHING`, `BEHIND`, `OUTSIDE` and `UNSURE`.
    """

    def land(vector: Operand, counted: list[Operand]) -> list[Operand]:
        first, last, lost, unsure = counted
        i = vector * LANES
        value, distance = load(values, i), load(distances, i)
        scale, x = 1.0 / distance, load(steps, i)
        ratio = value * scale
        u, u_off = _off(multiply_add(ratio, multiply_add(ua, x, uc), ub * scale))
        v, v_off = _off(multiply_add(ratio, multiply_add(va, x, vc), vb * scale))
        u, v = (reinterpret(reinterpret(a, np.int32) + a0, np.uint32) for a, a0 in ((u, u0), (v, v0)))
        certain = multiply_add(ratio, by_ratio, multiply_add(scale, by_scale, within))
        sure = (u_off < certain) & (v_off < certain) & (distance > low) & (distance < high)
        place = reinterpret(v * width + u, np.int32)
        place = select((u < width) & (v < height), place, OUTSIDE)
        place = select(sure, place, UNSURE)
        place = select(distance < 0.0, BEHIND, place)
        place = select(value > 0.0, place, NOTHING)
        store(places, i, place)
        unsigned = reinterpret(place, np.uint32)
        return [
            select(unsigned < first, unsigned, first),
            select(place > last, place, last),
            lost - select(place < 0, place, 0),
            unsure + select(place == UNSURE, none + 1, none),
        ]

    none = load(places, 0) & 0
    first, last, lost, unsure = fold(vectors, [reinterpret(none, np.uint32) + NO_PLACE, none - 1, none, none], land)
    store(tally, 0, reinterpret(across("min", first), np.int32))
    store(tally, 1, across("max", last))
    for fate in range(3):
        store(tally, 2 + fate, across("add", lost >> 10 * fate & 1023))
    store(tally, 5, across("add", unsure))


@lanes
def _unsure(i: Operand, places: Operand) -> Operand:
    return mask_bits(load(places, i) == UNSURE)


@inline
def _decide(A, b, y, begin, width, height, lowest, highest, values, places, row):  # type: ignore[no-untyped-def]
    """Let float64 decide about readings that float32 is not sure of."""
    for i in range(0, len(places), LANES):
        unsure, at = _unsure(i, places), i
        while unsure != 0:
            if unsure & np.uint32(1):
                x, z = float(begin + at), np.float64(values[at])
                places[at] = _place(A, b, y, x, z, width, height, lowest, highest)
                _add(places[at], row)
            unsure, at = unsure >> np.uint32(1), at + 1


@lanes
def _expect(bits: Operand, source_index: Operand, place: Operand) -> None:
    """Have pixels of the result ready that are probably written soon."""
    prefetch(bits, place, write=True)
    prefetch(source_index, place, write=True)


@inline
def _chunk_size(columns):  # type: ignore[no-untyped-def]
    """How much of a row passes at a time: as equal parts as vectors allow, no longer than the buffers are to be."""
    parts = (columns + _LONGEST - 1) // _LONGEST
    vectors = (columns + LANES * parts - 1) // (LANES * parts)
    return vectors * LANES


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
    " u1[:,::1], u1[:,::1], i8[::1], i4[::1], i8, u1[::1], u8[::1], u1[::1], i8[::1])",
    types=("u2", "f4"),
)
def _splat(  # type: ignore[no-untyped-def]
    depth, absent, A, b, inverses, ray, width, height, lowest, highest, start, stop, nearest, source_index, status,
    result, holes, owners, worker, reached, surface, reached_apart, counts,
):  # fmt: skip
    columns = depth.shape[1]
    size = _chunk_size(columns)
    values, distances, places = np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.int32)
    wide_values, wide_moved, wide_places = np.empty(size), np.empty(size), np.empty(size)
    climb, half = A[2, 0] * np.arange(columns + LANES).astype(np.float64), size // 2
    steps = np.arange(-half, size - half).astype(np.float32)
    tally, row, tail = np.empty(6, np.int32), np.zeros(6, np.int64), np.zeros(LANES, depth.dtype)
    exact, bits = depth.itemsize == 2, distances.view(np.uint32)
    plane_bits, plane_index = nearest.reshape(nearest.size), source_index.reshape(source_index.size)
    (a0, a1, a2), (b0, b1, b2) = (A[0, 0], A[1, 0], A[2, 0]), (b[0], b[1], b[2])
    low, high = np.float32(max(lowest, 1.0 / _SAFE)), np.float32(min(highest, _SAFE))
    finished, furthest = 0, 0
    for y in range(start, stop):
        c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
        readings, least = depth[y], len(reached)
        for begin in range(0, columns, size):
            count, middle, source = min(size, columns - begin), float(begin + half), y * columns + begin
            whole = count // LANES * LANES
            padded = whole if whole == count else whole + LANES
            if len(absent) != 0:
                _read(readings[begin : begin + count], absent, values[:count])
                values[count:padded] = np.float32(0.0)
                for i in range(0, padded, LANES):
                    _approach(values, i, climb, begin + i, c2, b2, i, values, distances)
            else:
                ahead = (furthest + 1) * nearest.shape[1] + begin
                for i in range(0, whole, LANES):
                    _expect(plane_bits, plane_index, ahead + i)
                    _approach(readings, begin + i, climb, begin + i, c2, b2, i, values, distances)
                if whole < count:
                    tail[: count - whole] = readings[begin + whole :]
                    _approach(tail, 0, climb, begin + whole, c2, b2, whole, values, distances)
            w = a2 * middle + c2
            u0, u_nearby, ua, uc, ub = _relative(a0 * middle + c0, w, a0, a2, b0, b2)
            v0, v_nearby, va, vc, vb = _relative(a1 * middle + c1, w, a1, a2, b1, b2)
            # Neither a factor nor a product of the projection in float32 is off by more than 8 of its roundings of its
            # own size, and none in `_project` or in the set-up by more than 32 of float64.
            sideways = max(abs(ua), abs(va)) * half + max(abs(uc), abs(vc))
            along = max(abs(ub), abs(vb))
            reach, far = middle + half, abs(u0) + abs(v0)
            wide_across = (abs(a0) + abs(a1) + far * abs(a2)) * reach + abs(c0) + abs(c1) + far * abs(c2)
            wide_along = abs(b0) + abs(b1) + far * abs(b2)
            doubt = 2.0**-20 + 2.0**-48 * far
            by_ratio = _MORE * (2.0**-21 * sideways + 2.0**-48 * wide_across)
            by_scale = _MORE * (2.0**-21 * along + 2.0**-48 * wide_along)
            row[0], row[1] = NO_PLACE, -1
            wide = ray or not (u_nearby & v_nearby & (sideways < _SAFE) & (along < _SAFE))
            if not wide:
                _land(
                    padded // LANES, values, distances, steps,
                    np.float32(ua), np.float32(ub), np.float32(uc), np.float32(va), np.float32(vb), np.float32(vc),
                    np.int32(np.int64(u0) - _WHOLE_BITS), np.int32(np.int64(v0) - _WHOLE_BITS),
                    np.uint32(nearest.shape[1]), np.uint32(nearest.shape[0]), np.float32(0.5 - doubt),
                    np.float32(-by_ratio), np.float32(-by_scale), low, high, places, tally,
                )  # fmt: skip
                wide = _MOST_UNSURE * tally[5] > count
                if not wide:
                    row[0], row[1] = tally[0], tally[1]
                    row[2] += tally[2] - (padded - count)
                    row[3] += tally[3]
                    row[4] += tally[4]
                    if tally[5] > 0:
                        _decide(A, b, y, begin, width, height, lowest, highest, values, places[:padded], row)
            if wide:
                for i in range(count):
                    wide_values[i] = values[i]
                if ray:
                    _ray_to_z(inverses[0], y, begin, wide_values[:count])
                _project(A, b, y, begin, width, height, wide_values[:count], wide_moved, wide_places)
                if ray:
                    _z_to_ray(A, b, inverses[1], y, begin, wide_values[:count], wide_moved)
                _settle(wide_moved, wide_places, lowest, highest, places[:count], distances)
                places[count:padded] = NOTHING
                for i in range(0, count, CHUNK):
                    _tally(places[i : min(i + CHUNK, count)], row)
            if row[1] < 0:
                continue
            first, last = int(row[0] / width), int(row[1] / width)  # of whole numbers, and exact
            if own_rows(first, last, nearest, source_index, owners, worker, reached):
                keep(depth, A, b, exact, places[:padded], bits, source, plane_bits, plane_index)
                least, furthest = min(least, first), max(furthest, last)
            else:
                keep_apart(
                    depth, A, b, exact, places[:count], bits, source, first, last, nearest.shape[1], surface,
                    reached_apart,
                )  # fmt: skip
        while finished < min(least, furthest):
            if (owners[finished] == worker) & (reached[finished] == REACHED):
                holes[finished] = finish_row(
                    depth, A, b, exact, nearest[finished], source_index[finished], status[finished], result[finished]
                )
                reached[finished] = FINISHED
            finished += 1
    for fate in range(4):
        counts[fate] += row[2 + fate]
