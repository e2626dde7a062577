"""The 2×2 minors of projections, in a world whose origin and unit suit them.

Every two-view determinant is a sum of six products of these minors, so what is done with care here, once per camera,
decides how exact all pairs are.
"""

import math
from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import inline, kernel

_SPLIT = 134217729.0  # 2^27 + 1: splits a float64 into two halves whose products are exact
_ROUNDING = 2.0**-53
# With rows scaled by u and columns by v so that |P[r, c]| ≤ u[r]·v[c], take an error of κ·2^-53·u[r]·v[c] in each
# entry; κ = 4 is what a 3-term dot product leaves (P came from K[R|t], or from H·P). A 3×3 determinant has 6 terms of
# 3 entries: 18·κ such errors, and its evaluation adds less than 24 roundings of terms of the same size.
_CENTRE_ERROR = (18 * 4 + 24) * _ROUNDING
_BAND_CAMERAS = 250
_FAR_OFFSET = 8.0  # the origin moves when the cameras are further from it than this many times their spread
_MOST_EXPONENT = 1000  # of two, in a unit of the world


class World(NamedTuple):
    """Where the minors' world lies in the caller's: X' = (X − origin) · 2^−exponent."""

    origin: Array
    """(3,)."""
    exponent: int


class Minors(NamedTuple):
    """What pairs need to know of N cameras; true minors are `minors * 2.0**exponents`."""

    minors: Array
    """(6, 3 N): column pairs 01 02 03 12 13 23; at 3 n + r the rows of camera n left when r goes, in cyclic order."""
    centres: Array
    """(4, N): homogeneous, unit length."""
    tolerances: Array
    """(N,): how far rounding may have moved the unit centre; infinite where the rank is below 3."""
    exponents: Array
    """(N,) int64."""
    projections: Array
    """(N, 3, 4): in this world, each scaled by a power of two."""
    powers: Array
    """(N,) int64: of these scales; P in this world is `projections * 2.0**powers`."""
    world: World


@inline
def two_product(a, b):  # type: ignore[no-untyped-def]
    """Rounded product and its exact error (Dekker 1971)."""
    product = a * b
    high = _SPLIT * a
    a_high = high - (high - a)
    a_low = a - a_high
    high = _SPLIT * b
    b_high = high - (high - b)
    b_low = b - b_high
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


@inline
def two_sum(a, b):  # type: ignore[no-untyped-def]
    """Rounded sum and its exact error (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


@inline
def determinant_2(a, b, c, d):  # type: ignore[no-untyped-def]
    """Compute a·d − b·c, rounded about once even where the products cancel."""
    first, first_error = two_product(a, d)
    second, second_error = two_product(-b, c)
    total, error = two_sum(first, second)
    return total + (error + (first_error + second_error))


@inline
def _change_world(source, shift, unit, moved, reach):  # type: ignore[no-untyped-def]
    """Write P in the world X' = (X − shift) · unit, and the size of what was added up in its last column."""
    for r in range(3):
        total, error, size = source[r, 3], 0.0, abs(source[r, 3])
        for c in range(3):
            product, product_error = two_product(source[r, c], shift[c])
            total, sum_error = two_sum(total, product)
            error += product_error + sum_error
            size += abs(product)
            moved[r, c] = source[r, c]
        moved[r, 3] = (total + error) * unit
        reach[r] = size * unit


@inline
def _scales(moved, reach, rows, columns):  # type: ignore[no-untyped-def]
    """Find sizes with |P[r, c]| ≤ rows[r]·columns[c], tight in every row and column; False for a zero row."""
    for r in range(3):
        rows[r] = max(abs(moved[r, 0]), abs(moved[r, 1]), abs(moved[r, 2]))
        if rows[r] == 0.0:
            rows[r] = reach[r]
        if rows[r] == 0.0:
            return False
    for c in range(4):
        columns[c] = 0.0
        for r in range(3):
            columns[c] = max(columns[c], (reach[r] if c == 3 else abs(moved[r, c])) / rows[r])
    for r in range(3):
        widest = 0.0
        for c in range(4):
            if columns[c] > 0.0:
                widest = max(widest, (reach[r] if c == 3 else abs(moved[r, c])) / columns[c])
        rows[r] = widest
    return True


@kernel("void(f8[:,:,::1], f8[::1], f8, i8, i8, f8[:,::1], f8[:,::1], f8[::1], i8[::1], f8[:,:,::1])")
def _minors(  # type: ignore[no-untyped-def]
    projections, shift, unit, start, stop, minors, centres, tolerances, exponents, changed
):
    reach = np.empty(3)
    rows, columns, centre = np.empty(3), np.empty(4), np.empty(4)
    for n in range(start, stop):
        moved = changed[n]
        _change_world(projections[n], shift, unit, moved, reach)

        largest = 0.0
        for r in range(3):
            a, b = (r + 1) % 3, (r + 2) % 3
            k = 0
            for c in range(3):
                for d in range(c + 1, 4):
                    minor = determinant_2(moved[a, c], moved[a, d], moved[b, c], moved[b, d])
                    minors[k, 3 * n + r] = minor
                    largest = max(largest, abs(minor))
                    k += 1

        for c in range(4):
            centre[c] = 0.0
        for r in range(3):
            i = 3 * n + r
            centre[0] += minors[3, i] * moved[r, 3]
            centre[1] -= minors[1, i] * moved[r, 3]
            centre[2] += minors[0, i] * moved[r, 3]
            centre[3] -= minors[0, i] * moved[r, 2]

        tolerances[n] = np.inf
        if _scales(moved, reach, rows, columns):
            volume = _CENTRE_ERROR * rows[0] * rows[1] * rows[2]
            size, deficient, error_squared = 0.0, True, 0.0
            for c in range(4):
                size = max(size, abs(centre[c]))
            if size > 0.0:
                length = 0.0
                for c in range(4):
                    length += (centre[c] / size) * (centre[c] / size)
                length = math.sqrt(length)
                for c in range(4):
                    error = volume
                    for d in range(4):
                        if d != c:
                            error *= columns[d]
                    deficient = deficient and abs(centre[c]) <= error
                    error_squared += (error / size) * (error / size)
                    centre[c] = centre[c] / size / length
                if not deficient:
                    tolerances[n] = math.sqrt(error_squared) / length + 4.0 * _ROUNDING

        _, exponent = math.frexp(largest)
        exponents[n] = exponent
        for k in range(6):
            for r in range(3):
                minors[k, 3 * n + r] = math.ldexp(minors[k, 3 * n + r], -exponent)
        for c in range(4):
            centres[c, n] = centre[c]


def _minors_in_world(scaled: Array, powers: Array, world: World) -> Minors:
    cameras = len(scaled)
    found = Minors(
        np.empty((6, 3 * cameras)),
        np.empty((4, cameras)),
        np.empty(cameras),
        np.empty(cameras, np.int64),
        np.empty((cameras, 3, 4)),
        powers,
        world,
    )
    unit = math.ldexp(1.0, -world.exponent)
    run_bands(
        lambda start, stop: _minors(scaled, world.origin, unit, start, stop, *found[:5]), cameras, grain=_BAND_CAMERAS
    )
    return found


def _usual_distance(scaled: Array) -> int:
    """log2 of about how far from the world's origin these cameras are."""
    lengths, offsets = np.abs(scaled[:, :, :3]).max(axis=(1, 2)), np.abs(scaled[:, :, 3]).max(axis=1)
    usable = (lengths > 0) & (offsets > 0)
    exponents = np.frexp(offsets[usable])[1] - np.frexp(lengths[usable])[1]
    return _bounded(int(np.sort(exponents)[len(exponents) // 2])) if len(exponents) else 0


def _bounded(exponent: int) -> int:
    """The exponent of a unit that float64 holds, and its reciprocal."""
    return max(-_MOST_EXPONENT, min(exponent, _MOST_EXPONENT))


def _suitable_world(found: Minors) -> World:
    """Origin (in few bits, so that small whole numbers stay exact) and unit (a power of two) for these cameras."""
    finite = np.isfinite(found.tolerances) & (np.abs(found.centres[3]) > found.tolerances)
    centres = np.ldexp(found.centres[:3, finite] / found.centres[3, finite], found.world.exponent).T
    if not len(centres):
        return World(np.zeros(3), found.world.exponent)
    median = np.sort(centres, axis=0)[len(centres) // 2]
    distances = np.abs(centres - median).max(axis=1)
    # many cameras may share one centre: how far apart rounding has moved them says nothing about the rig
    rounding = np.ldexp(found.tolerances[finite] / found.centres[3, finite] ** 2, found.world.exponent)
    apart = np.sort(distances[distances > 2 * rounding])
    spread = float(apart[len(apart) // 2] if len(apart) else distances.max())
    offset = float(np.abs(median).max())
    if offset <= _FAR_OFFSET * spread or offset == 0.0:
        return World(np.zeros(3), _bounded(math.frexp(max(spread, offset))[1]))
    step = math.ldexp(1.0, math.frexp(max(spread, offset * 2.0**-40))[1] - 3)
    return World(np.round(median / step) * step, _bounded(math.frexp(max(spread, step))[1]))


def plucker_minors(projections: Array, world: World | None = None) -> Minors:
    """Compute the minors of projections (N, 3, 4), float64, finite.

    Each camera is scaled by a power of two; where all are far from the world's origin, that is moved among them
    first, without loss (`t' = t + M s` by compensated sums). Two-view determinants do not change under a translation
    of the world. With a `world` of others, these cameras go into that one.
    """
    powers = np.frexp(np.abs(projections).max(axis=(1, 2)))[1].astype(np.int64)
    scaled = np.ldexp(projections, -powers[:, np.newaxis, np.newaxis])
    if world is None:
        world = _suitable_world(_minors_in_world(scaled, powers, World(np.zeros(3), _usual_distance(scaled))))
    found = _minors_in_world(scaled, powers, world)
    return found._replace(exponents=found.exponents + 2 * powers)


def joined(first: Minors, second: Minors) -> Minors:
    """Put the cameras of two sets in one world behind one another."""

    def both(name: str, axis: int = 0) -> Array:
        return np.concatenate([getattr(first, name), getattr(second, name)], axis=axis)

    return Minors(
        both("minors", 1),
        both("centres", 1),
        both("tolerances"),
        both("exponents"),
        both("projections"),
        both("powers"),
        first.world,
    )
