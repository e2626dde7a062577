"""Chunks of an output row: where their pixels lie in the source, in short numbers.

Work goes over tiles, and in a tile over rows of CHUNK pixels, which begin at multiples of CHUNK in the output, whatever
part of it is computed. Coordinates are relative to the source pixel at the chunk's centre: with w divided by its value
there, both numerators and w are short numbers, so that float32 carries the coordinates to 1e-4 px at scale 1. Chunks in
which they run further than _REACH source pixels, or in which w changes by more than a quarter, are not short.
"""

from collections.abc import Callable

import numpy as np

from geometry.kernel import inline
from geometry.lanes import Operand, cast, lanes, multiply_add, prefetch, ramp, select, store

CHUNK = 256
BLOCK = 16  # pixels that are worked on at once
TILE_ROWS = 32
FRACTION_BITS = 15
ONE = 1 << FRACTION_BITS
_REACH = 1024
_LONGEST_ROW = 1 << 19  # of the source, in the unit of offsets, so that offsets of 2 * _REACH rows fit into 32 bits


@inline
def short_chunk(m, left, y, stride):  # type: ignore[no-untyped-def]
    """Whether a chunk is short; its central source pixel (u, v); a0, a1, b0, b1, w1 of the coordinates around it.

    At x pixels from the chunk's centre they are `(a0 + a1 x) / (1 + w1 x)` and `(b0 + b1 x) / (1 + w1 x)`.
    """
    half = CHUNK // 2
    centre = float(left + half)
    p = m[0, 0] * centre + (m[0, 1] * y + m[0, 2])
    q = m[1, 0] * centre + (m[1, 1] * y + m[1, 2])
    w = m[2, 0] * centre + (m[2, 1] * y + m[2, 2])
    if not (abs(m[2, 0]) * half <= 0.25 * w and stride <= _LONGEST_ROW):
        return False, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    r = 1.0 / w
    u, v = np.floor(p * r), np.floor(q * r)
    a0, a1 = (p - u * w) * r, (m[0, 0] - u * m[2, 0]) * r
    b0, b1 = (q - v * w) * r, (m[1, 0] - v * m[2, 0]) * r
    short = max(abs(a0) + half * abs(a1), abs(b0) + half * abs(b1)) <= 0.75 * _REACH
    return short, u, v, a0, a1, b0, b1, m[2, 0] * r


@inline
def rows_ahead(m, x, y, u, v, rows, stride, pixel):  # type: ignore[no-untyped-def]
    """How far away in memory the source is that shows `rows` rows further down the output."""
    w = m[2, 0] * x + (m[2, 1] * y + m[2, 2])
    right = np.rint(rows * (m[0, 1] - u * m[2, 1]) / w)
    down = np.rint(rows * (m[1, 1] - v * m[2, 1]) / w)
    bound = float(_REACH)
    return int(min(max(down, -bound), bound)) * stride + int(min(max(right, -bound), bound)) * pixel


def _short_coordinates(
    i: Operand, a0: Operand, a1: Operand, b0: Operand, b1: Operand, w1: Operand, gentle: bool
) -> tuple[Operand, Operand]:
    """Coordinates of pixels i, i + 1, … of a chunk from its central one, int32 in units of 1 / ONE as a0…b1 are."""
    x = cast(ramp(i) - CHUNK // 2, np.float32)
    if gentle:
        e = w1 * x
        r = multiply_add(multiply_add(multiply_add(e, -1.0, 1.0), e * -1.0, 1.0), e * -1.0, 1.0)
    else:
        r = 1.0 / multiply_add(w1, x, 1.0)
    u, v = multiply_add(a1, x, a0) * r, multiply_add(b1, x, b0) * r
    return cast(u, np.int32), cast(v, np.int32)


def _located(gentle: bool) -> Callable[..., None]:
    @lanes
    def located(
        i: Operand, a0: Operand, a1: Operand, b0: Operand, b1: Operand, w1: Operand, stride: Operand, pixel: Operand,
        offsets: Operand, across: Operand, down: Operand,
    ) -> None:  # fmt: skip
        u, v = _short_coordinates(i, a0, a1, b0, b1, w1, gentle)
        store(offsets, i, (v >> FRACTION_BITS) * stride + (u >> FRACTION_BITS) * pixel)
        store(across, i, cast(u & (ONE - 1), np.float32) * (1 / ONE))
        store(down, i, cast(v & (ONE - 1), np.float32) * (1 / ONE))

    return located


def _located_nearest(gentle: bool) -> Callable[..., None]:
    @lanes
    def located(
        i: Operand, a0: Operand, a1: Operand, b0: Operand, b1: Operand, w1: Operand, stride: Operand, pixel: Operand,
        left: Operand, right: Operand, top: Operand, bottom: Operand, offsets: Operand,
    ) -> None:  # fmt: skip
        u, v = _short_coordinates(i, a0, a1, b0, b1, w1, gentle)
        column, row = (u + ONE // 2) >> FRACTION_BITS, (v + ONE // 2) >> FRACTION_BITS
        column, row = select(column > left, column, left), select(row > top, row, top)
        column, row = select(column < right, column, right), select(row < bottom, row, bottom)
        store(offsets, i, row * stride + column * pixel)

    return located


# Where w changes by less than 2^-6, three terms of the series of 1 / w are as good as a division.
_gently, _steeply = _located(gentle=True), _located(gentle=False)
_gently_nearest, _steeply_nearest = _located_nearest(gentle=True), _located_nearest(gentle=False)


@inline
def locate_chunk(first, last, a0, a1, b0, b1, w1, stride, pixel, offsets, across, down):  # type: ignore[no-untyped-def]
    """Write offsets of the upper left taps from the central one, and fractions, of blocks `first:last` of a chunk."""
    a0, a1, b0, b1 = np.float32(a0 * ONE), np.float32(a1 * ONE), np.float32(b0 * ONE), np.float32(b1 * ONE)
    w, row, column = np.float32(w1), np.int32(stride), np.int32(pixel)
    if abs(w1) * (CHUNK // 2) <= 2.0**-6:
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _gently(i, a0, a1, b0, b1, w, row, column, offsets, across, down)
    else:
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _steeply(i, a0, a1, b0, b1, w, row, column, offsets, across, down)


@inline
def locate_nearest(first, last, u, v, a0, a1, b0, b1, w1, width, height, stride, pixel, offsets):  # type: ignore[no-untyped-def]
    """Write offsets of the nearest pixels from the central one (u, v), of blocks `first:last` of a chunk."""
    a0, a1, b0, b1 = np.float32(a0 * ONE), np.float32(a1 * ONE), np.float32(b0 * ONE), np.float32(b1 * ONE)
    w, row, column = np.float32(w1), np.int32(stride), np.int32(pixel)
    left, right = _bound(-u), _bound(width - 1 - u)
    top, bottom = _bound(-v), _bound(height - 1 - v)
    if abs(w1) * (CHUNK // 2) <= 2.0**-6:
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _gently_nearest(i, a0, a1, b0, b1, w, row, column, left, right, top, bottom, offsets)
    else:
        for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
            _steeply_nearest(i, a0, a1, b0, b1, w, row, column, left, right, top, bottom, offsets)


@inline
def _bound(value):  # type: ignore[no-untyped-def]
    """A limit of relative indices; beyond 2 * _REACH there are none."""
    return np.int32(min(max(value, -2.0 * _REACH), 2.0 * _REACH))


@inline
def taps_inside(m, first, last, y, near, far):  # type: ignore[no-untyped-def]
    """Whether pixels `first` to `last` of a row have v between `near` and `far`: v runs one way along a row."""
    q_line, w_line = m[1, 1] * y + m[1, 2], m[2, 1] * y + m[2, 2]
    q0, w0 = m[1, 0] * first + q_line, m[2, 0] * first + w_line
    q1, w1 = m[1, 0] * last + q_line, m[2, 0] * last + w_line
    return q0 >= near * w0 and q1 >= near * w1 and q0 <= far * w0 and q1 <= far * w1


@lanes
def read_ahead(array: Operand, index: Operand) -> None:
    """Ask for the cache line of `array[index]`, which may lie outside."""
    prefetch(array, index)
