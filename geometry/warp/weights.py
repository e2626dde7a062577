"""Weights of the taps along one axis, from the fraction of the coordinate.

With f the fraction, taps lie at x = k - f for k = 1 - n/2 … n/2. Keys' cubic, n = 4, for its parameter a:
`(a+2)|x|³ - (a+3)|x|² + 1` up to 1 and `a|x|³ - 5a|x|² + 8a|x| - 4a` up to 2. Lanczos, n = 8: `sinc(x) sinc(x/4)`,
divided by the sum of all eight, so that constants stay constant.

Keys, Cubic convolution interpolation for digital image processing, 1981; Duchon, Lanczos filtering in one and two
dimensions, 1979.
"""

from math import cos, factorial, pi, sin

import numpy as np

from geometry.kernel import inline
from geometry.lanes import LANES, Operand, cast, interleave, lanes, load, multiply_add, select, store

INTERPOLATIONS = ("nearest", "linear", "cubic", "cubic_opencv", "lanczos")
TAPS = {"nearest": 1, "linear": 2, "cubic": 4, "cubic_opencv": 4, "lanczos": 8}
SHARPNESS = {"cubic": -0.5, "cubic_opencv": -0.75}
"""Keys' a: Catmull and Rom's -1/2, which is exact for quadratics; -3/4 is OpenCV's."""

_TINY = 2.0**-60  # a fraction below is none; its square would vanish
_NEARLY_ONE = 1.0 - 2.0**-53  # float32 rounds the largest fractions to 1


def _polynomial(x: Operand, coefficients: list[float]) -> Operand:
    value = multiply_add(x, coefficients[-1], coefficients[-2])
    for coefficient in coefficients[-3::-1]:
        value = multiply_add(value, x, coefficient)
    return value


@lanes
def cubic_block(i: Operand, a: Operand, fractions: Operand, weights: Operand) -> None:
    """Write weights[4 i:] of LANES pixels."""
    f = load(fractions, i)
    a = cast(a, fractions.dtype)
    g = 1.0 - f
    outer_left, outer_right = a * f * g * g, a * g * f * f
    inner_left = multiply_add(multiply_add(a + 2.0, f, (a + 3.0) * -1.0), f * f, 1.0)
    inner_right = multiply_add(multiply_add(a + 2.0, g, (a + 3.0) * -1.0), g * g, 1.0)
    store(weights, i * 4, interleave([outer_left, inner_left, inner_right, outer_right]))


_SINE = [(-1) ** n / factorial(2 * n + 1) for n in range(8)]
_COSINE = [(-1) ** n / factorial(2 * n) for n in range(9)]
_STEPS = range(-3, 5)


@lanes
def lanczos_block(i: Operand, fractions: Operand, weights: Operand) -> None:
    """Write weights[8 i:] of LANES pixels.

    sin π(f - k) is ± sin πf for all taps and cancels against their sum; one division serves all of them.
    """
    f = cast(load(fractions, i), np.float64)
    whole = f < _TINY
    f = select(whole, 0.5, f)
    f = select(f < _NEARLY_ONE, f, _NEARLY_ONE)
    angle = f * (pi / 4)
    square = angle * angle
    sine, cosine = angle * _polynomial(square, _SINE), _polynomial(square, _COSINE)
    squares = [(f - float(k)) * (f - float(k)) for k in _STEPS]
    before = [squares[0]]
    for value in squares[1:-1]:
        before.append(before[-1] * value)
    rest = 1.0 / (before[-1] * squares[-1])
    taps: list[Operand] = []
    for at in range(7, -1, -1):
        k = _STEPS[at]
        inverse = rest * before[at - 1] if at else rest
        rest = rest * squares[at]
        sign = (-1) ** k / 4.0
        taps.insert(0, multiply_add(sine, sign * cos(pi * k / 4), cosine * (-sign * sin(pi * k / 4))) * inverse)
    total = taps[0]
    for tap in taps[1:]:
        total = total + tap
    scale = 1.0 / total
    plain = [select(whole, 1.0 if k == 0 else 0.0, tap * scale) for k, tap in zip(_STEPS, taps, strict=True)]
    store(weights, i * 8, interleave([cast(value, weights.dtype) for value in plain]))


@inline
def write_weights(taps, sharpness, first, last, fractions, weights):  # type: ignore[no-untyped-def]
    """Write `weights[taps i:]` for pixels `first:last`, whole blocks."""
    for i in range(np.uint64(first), np.uint64(last), np.uint64(LANES)):
        if taps == 4:
            cubic_block(i, sharpness, fractions, weights)
        else:
            lanczos_block(i, fractions, weights)
