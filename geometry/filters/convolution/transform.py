"""Two-dimensional Fourier transforms of blocks, made for products of spectra.

A block of ny × nx complex numbers lies in strips of LANES columns: strip, row, real or imaginary part, lane. A pass of
radix 8 or 4 along the rows of a strip works on whole vectors; the other axis is the same after a transposition. Forward
passes decimate in frequency and leave the digits of the frequencies reversed, inverse passes decimate in time and take
them so: between the two only products are formed, in which order does not matter. Nothing is scaled.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.lanes import LANES, lanes, load, multiply_add, shuffle, store

SIDES = (16, 32, 64, 128, 256, 512, 1024, 2048)
"""Lengths of blocks, rows and columns."""

_PAIR = 2 * LANES
_ROOT = 0.5**0.5


class Passes(NamedTuple):
    """How one axis is transformed: radices of the forward passes in order, and the factors between them."""

    radices: Array
    factors: Array
    """Flat: by pass, by position j, by output q = 1 …: real part, imaginary part and its negative of w^(j q)."""


@cache
def passes(side: int, dtype: np.dtype[Any]) -> Passes:
    """The passes for one of `SIDES`."""
    bits = side.bit_length() - 1
    fours = -bits % 3
    radices = [8] * ((bits - 2 * fours) // 3) + [4] * fours
    factors, length = [], side
    for radix in radices:
        turns = np.outer(np.arange(length // radix), np.arange(1, radix)) / length
        real, imaginary = np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)
        factors.append(np.stack([real, imaginary, -imaginary], axis=2).reshape(-1))
        length //= radix
    return Passes(np.array(radices, np.int64), np.concatenate(factors).astype(dtype))


def _sum_of_four(a, b, c, d):
    """Four values of a transform of length four: of a, b, c, d as (real, imaginary)."""
    even = [(a[part] + c[part], a[part] - c[part]) for part in (0, 1)]
    odd = [(b[part] + d[part], b[part] - d[part]) for part in (0, 1)]
    (even_r, less_r), (even_i, less_i) = even
    (odd_r, gap_r), (odd_i, gap_i) = odd
    return (
        (even_r + odd_r, even_i + odd_i),
        (less_r + gap_i, less_i - gap_r),
        (even_r - odd_r, even_i - odd_i),
        (less_r - gap_i, less_i + gap_r),
    )


def _sum_of_eight(values):
    """All values of a transform of length eight."""
    sums = [tuple(a + b for a, b in zip(values[k], values[k + 4], strict=True)) for k in range(4)]
    gaps = [tuple(a - b for a, b in zip(values[k], values[k + 4], strict=True)) for k in range(4)]
    (r1, i1), (r2, i2), (r3, i3) = gaps[1:]
    turned = ((r1 + i1) * _ROOT, (i1 - r1) * _ROOT), (i2, 0 - r2), ((i3 - r3) * _ROOT, (r3 + i3) * -_ROOT)
    even, odd = _sum_of_four(*sums), _sum_of_four(gaps[0], *turned)
    return tuple(value for both in zip(even, odd, strict=True) for value in both)


def _read(block, at, step, radix):
    places = [at + step * k for k in range(radix)]
    return places, [(load(block, place), load(block, place + LANES)) for place in places]


def _write(block, places, values):
    for place, (real, imaginary) in zip(places, values, strict=True):
        store(block, place, real)
        store(block, place + LANES, imaginary)


def _factor(factors, table, q):
    return [load(factors, table + 3 * (q - 1) + part, 1) for part in range(3)]


def _turn_forward(block, at, step, factors, table, radix):
    places, values = _read(block, at, step, radix)
    sums = _sum_of_four(*values) if radix == 4 else _sum_of_eight(values)
    turned = [sums[0]]
    for q in range(1, radix):
        (real, imaginary), (r, i, minus_i) = sums[q], _factor(factors, table, q)
        turned.append((multiply_add(imaginary, minus_i, real * r), multiply_add(imaginary, r, real * i)))
    _write(block, places, turned)


def _turn_back(block, at, step, factors, table, radix):
    """A transform with real and imaginary parts exchanged, before and after, is the inverse one."""
    places, values = _read(block, at, step, radix)
    turned = [values[0][::-1]]
    for q in range(1, radix):
        (real, imaginary), (r, i, minus_i) = values[q], _factor(factors, table, q)
        turned.append((multiply_add(imaginary, r, real * minus_i), multiply_add(imaginary, i, real * r)))
    sums = _sum_of_four(*turned) if radix == 4 else _sum_of_eight(turned)
    _write(block, places, [value[::-1] for value in sums])


@lanes
def _forward_four(block, at, step, factors, table):
    _turn_forward(block, at, step, factors, table, 4)


@lanes
def _forward_eight(block, at, step, factors, table):
    _turn_forward(block, at, step, factors, table, 8)


@lanes
def _back_four(block, at, step, factors, table):
    _turn_back(block, at, step, factors, table, 4)


@lanes
def _back_eight(block, at, step, factors, table):
    _turn_back(block, at, step, factors, table, 8)


@lanes
def _transpose_square(source, at, target, to):
    """LANES rows of LANES numbers, every second vector of a strip, become columns."""
    rows = [load(source, at + _PAIR * row) for row in range(LANES)]
    half = LANES // 2
    low = [lane for k in range(half) for lane in (k, LANES + k)]
    high = [half + lane for lane in low]
    for _ in range(LANES.bit_length() - 1):
        rows = [shuffle(rows[k], rows[k + half], order) for k in range(half) for order in (low, high)]
    for column in range(LANES):
        store(target, to + _PAIR * column, rows[column])


@lanes
def _multiply_square(block, at, factors, where, sums, to):
    """One vector of products; the imaginary parts follow the real ones."""
    real, imaginary = load(block, at), load(block, at + LANES)
    r, i = load(factors, where), load(factors, where + LANES)
    store(sums, to, real * r - imaginary * i)
    store(sums, to + LANES, multiply_add(imaginary, r, real * i))


@lanes
def _add_square(block, at, factors, where, sums, to):
    real, imaginary = load(block, at), load(block, at + LANES)
    r, i = load(factors, where), load(factors, where + LANES)
    store(sums, to, load(sums, to) + (real * r - imaginary * i))
    store(sums, to + LANES, load(sums, to + LANES) + multiply_add(imaginary, r, real * i))


@routine
def forward_strips(block, strips, side, radices, factors):
    """Transform `strips` strips along their rows."""
    for strip in range(strips):
        begin, length, table = strip * side, side, 0
        for radix in radices:
            step = length // radix
            for group in range(side // length):
                first = begin + group * length
                for j in range(step):
                    if radix == 8:
                        _forward_eight(block, (first + j) * _PAIR, step * _PAIR, factors, table + 21 * j)
                    else:
                        _forward_four(block, (first + j) * _PAIR, step * _PAIR, factors, table + 9 * j)
            table += 3 * (radix - 1) * step
            length = step


@routine
def inverse_strips(block, strips, side, radices, factors):
    """Undo `forward_strips`, but for a factor `side`."""
    for strip in range(strips):
        begin, step, table = strip * side, 1, len(factors)
        for turn in range(len(radices) - 1, -1, -1):
            radix = radices[turn]
            length = step * radix
            table -= 3 * (radix - 1) * step
            for group in range(side // length):
                first = begin + group * length
                for j in range(step):
                    if radix == 8:
                        _back_eight(block, (first + j) * _PAIR, step * _PAIR, factors, table + 21 * j)
                    else:
                        _back_four(block, (first + j) * _PAIR, step * _PAIR, factors, table + 9 * j)
            step = length


@routine
def transpose(source, strips, rows, squares, columns, target):
    """The first rows of strips of `rows` rows become columns: `squares` strips of `columns` rows each."""
    for strip in range(strips):
        for square in range(squares):
            at = (strip * rows + square * LANES) * _PAIR
            to = (square * columns + strip * LANES) * _PAIR
            _transpose_square(source, at, target, to)
            _transpose_square(source, at + LANES, target, to + LANES)


@inline
def transform(block, other, ny, nx, radices, factors):
    """From pixels in `block` to frequencies in `other`; `block` is lost."""
    down, across = ny // LANES, nx // LANES
    forward_strips(block, across, ny, radices[0], factors[0])
    transpose(block, across, ny, down, nx, other)
    forward_strips(other, down, nx, radices[1], factors[1])


@inline
def transform_back(other, block, ny, nx, strips, radices, factors):
    """From frequencies in `other`, which are lost, to the first `strips` strips of pixels in `block`, times ny · nx."""
    inverse_strips(other, ny // LANES, nx, radices[1], factors[1])
    transpose(other, ny // LANES, nx, strips, ny, block)
    inverse_strips(block, strips, ny, radices[0], factors[0])


@routine
def multiply_spectra(block, factors, sums, begins):
    """`sums = block · factors`, or `sums += block · factors` where something has begun."""
    for at in range(0, len(block), _PAIR):
        if begins:
            _multiply_square(block, at, factors, at, sums, at)
        else:
            _add_square(block, at, factors, at, sums, at)


@kernel(
    "void(f4[:,::1], f4[::1], i8, i8, UniTuple(i8[::1], 2), UniTuple(f4[::1], 2), i8, i8)",
    "void(f8[:,::1], f8[::1], i8, i8, UniTuple(i8[::1], 2), UniTuple(f8[::1], 2), i8, i8)",
)
def _transform_blocks(blocks, scratch, ny, nx, radices, factors, start, stop):
    for number in range(start, stop):
        block = blocks[number]
        transform(block, scratch, ny, nx, radices, factors)
        for place in range(len(scratch)):
            block[place] = scratch[place]


def transform_blocks(blocks: Array, shape: tuple[int, int]) -> None:
    """Transform real blocks (n, ny, nx) in the layout (n, 2 · ny · nx) of this module in place."""
    ny, nx = shape
    across, along = passes(ny, blocks.dtype), passes(nx, blocks.dtype)
    scratch = np.empty(blocks.shape[1], blocks.dtype)
    _transform_blocks(
        blocks, scratch, ny, nx, (across.radices, along.radices), (across.factors, along.factors), 0, len(blocks)
    )
