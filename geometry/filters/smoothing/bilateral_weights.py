"""Weighted means of a neighbourhood whose weights fall off with the difference of colours, in explicit vectors."""

import math
from collections.abc import Callable

import numpy as np

from geometry.fold import fold
from geometry.lanes import Operand, Vector, lanes, load, multiply_add, reinterpret, select, store

BLOCK_BYTES = 128

_DEGREES = {4: 6, 8: 12}
"""Of the polynomial for powers of 2, by the size of the floats: relative errors of 1.3e-7 and 2e-16."""


def _power_of_two(exponent: Operand) -> Operand:
    """2^t for t ≤ 0, no less than the smallest normal number; NaN stays."""
    info = np.finfo(exponent.dtype)
    size = exponent.dtype.itemsize
    whole = np.dtype(f"int{8 * size}")
    bits, lowest = int(info.nmant), float(info.minexp)
    clipped = select(exponent < lowest, _number(exponent, lowest), exponent)
    shifted = clipped + 1.5 * 2.0**bits
    rest = clipped - (shifted - 1.5 * 2.0**bits)
    coefficients = [math.log(2) ** n / math.factorial(n) for n in range(_DEGREES[size] + 1)]
    value = _number(exponent, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = multiply_add(value, rest, _number(exponent, coefficient))
    one = int(np.array(1, exponent.dtype).view(whole))
    return value * reinterpret((reinterpret(shifted, whole) << bits) + one, exponent.dtype)


def _number(like: Operand, value: float) -> Operand:
    return like.constant(value) if isinstance(like, Vector) else like.dtype.type(value)


def _magnitude(value: Operand) -> Operand:
    whole = np.dtype(f"int{8 * value.dtype.itemsize}")
    most = int(np.iinfo(whole).max)
    return reinterpret(reinterpret(value, whole) & most, value.dtype)


def weighing(planes: int) -> Callable[..., None]:
    """Weights of all taps for a block of pixels: so many planes of colour in registers, or any number for 0."""

    @lanes
    def weigh(
        weights: Operand, strip: Operand, start: Operand, pitch: Operand, count: Operand, offsets: Operand,
        taps: Operand, spatial: Operand, scale: Operand,
    ) -> None:  # fmt: skip
        """`weights[t] = 2^(spatial[t] + scale · (Σ_p |plane_p[tap] - plane_p[centre]|)²)`, and their sum behind."""
        width = BLOCK_BYTES // strip.dtype.itemsize
        centres = [load(strip, start + pitch * plane, width) for plane in range(planes)]

        def add_tap(tap: Operand, total: list[Operand]) -> list[Operand]:
            there = start + load(offsets, tap, 1)

            def difference(plane: Operand, distance: list[Operand]) -> list[Operand]:
                centre = load(strip, start + pitch * plane, width)
                return [distance[0] + _magnitude(load(strip, there + pitch * plane, width) - centre)]

            if planes:
                apart = [
                    _magnitude(load(strip, there + pitch * plane, width) - centre)
                    for plane, centre in enumerate(centres)
                ]
                distance = sum(apart[1:], apart[0])
            else:
                first = load(strip, start, width)
                (distance,) = fold(count, [first - first], difference)
            weight = _power_of_two(multiply_add(distance * scale, distance, load(spatial, tap, 1)))
            store(weights, tap * width, weight)
            return [total[0] + weight]

        centre = load(strip, start, width)
        (total,) = fold(taps, [_zero(centre)], add_tap)
        store(weights, taps * width, total)

    return weigh


def _zero(like: Operand) -> Operand:
    return like.constant(0) if isinstance(like, Vector) else np.zeros_like(like)


def averaging(planes: int) -> Callable[..., None]:
    """Weighted means of a block of pixels in so many planes."""

    @lanes
    def average(
        into: Operand, at: Operand, line: Operand, strip: Operand, start: Operand, pitch: Operand, offsets: Operand,
        taps: Operand, weights: Operand,
    ) -> None:  # fmt: skip
        """`into[at + p·line]` = the mean of plane p over the taps, by their weights."""
        width = BLOCK_BYTES // strip.dtype.itemsize

        def add_tap(tap: Operand, sums: list[Operand]) -> list[Operand]:
            weight, there = load(weights, tap * width, width), start + load(offsets, tap, 1)
            return [
                multiply_add(weight, load(strip, there + pitch * plane, width), one) for plane, one in enumerate(sums)
            ]

        total = load(weights, taps * width, width)
        for plane, one in enumerate(fold(taps, [_zero(total)] * planes, add_tap)):
            store(into, at + line * plane, one / total)

    return average
