"""Two-view determinants as sums of products of minors, many cameras at a time."""

import math
from functools import partial

import numpy as np

from geometry.inputs import Array
from geometry.kernel import CONTRACT, inline, kernel
from geometry.relations.centres import no_matrix
from geometry.relations.minors import Minors

_CHUNK = 64  # cameras whose intermediate values stay in the first-level cache
_TINY = 1e-250  # below it a sum of nine squares has lost digits to underflow


@partial(inline, fastmath=CONTRACT)
def _entries(minors, left, first, count, entries):  # type: ignore[no-untyped-def]
    """entries[c, 3 j + r] = F[r, c] between `left` and `first + j`, for `count` cameras all before or all after `left`.

    The order of the products depends on the two cameras, not on their roles: F_ji = F_ijᵀ holds to the last bit.
    """
    start, stop, i = 3 * first, 3 * (first + count), 3 * left
    flip = 5 if left < first else 0  # pair k goes with its complement 5 − k
    k1, k2, k3, k4 = abs(flip - 1), abs(flip - 2), abs(flip - 3), abs(flip - 4)
    x0, x1, x2 = minors[flip, start:stop], minors[k1, start:stop], minors[k2, start:stop]
    x3, x4, x5 = minors[k3, start:stop], minors[k4, start:stop], minors[5 - flip, start:stop]
    a0, a1, a2 = minors[5 - flip, i], -minors[5 - k1, i], minors[5 - k2, i]
    a3, a4, a5 = minors[5 - k3, i], -minors[5 - k4, i], minors[flip, i]
    b0, b1, b2 = minors[5 - flip, i + 1], -minors[5 - k1, i + 1], minors[5 - k2, i + 1]
    b3, b4, b5 = minors[5 - k3, i + 1], -minors[5 - k4, i + 1], minors[flip, i + 1]
    c0, c1, c2 = minors[5 - flip, i + 2], -minors[5 - k1, i + 2], minors[5 - k2, i + 2]
    c3, c4, c5 = minors[5 - k3, i + 2], -minors[5 - k4, i + 2], minors[flip, i + 2]
    a, b, c = entries[0], entries[1], entries[2]
    for q in range(stop - start):
        v0, v1, v2, v3, v4, v5 = x0[q], x1[q], x2[q], x3[q], x4[q], x5[q]
        a[q] = v0 * a0 + v1 * a1 + v2 * a2 + v3 * a3 + v4 * a4 + v5 * a5
        b[q] = v0 * b0 + v1 * b1 + v2 * b2 + v3 * b3 + v4 * b4 + v5 * b5
        c[q] = v0 * c0 + v1 * c1 + v2 * c2 + v3 * c3 + v4 * c4 + v5 * c5


@inline
def _inverse_norms(entries, count, factors):  # type: ignore[no-untyped-def]
    """factors[3 j + r] = 1 / ‖F_j‖, the same for the transposed matrix to the last bit; True if some norm is tiny."""
    zeroth, first, second = entries[0], entries[1], entries[2]
    tiny = 0
    for j in range(count):
        q = 3 * j
        diagonal = (zeroth[q] * zeroth[q] + first[q + 1] * first[q + 1]) + second[q + 2] * second[q + 2]
        near = (zeroth[q + 1] * zeroth[q + 1] + first[q] * first[q]) + (
            first[q + 2] * first[q + 2] + second[q + 1] * second[q + 1]
        )
        far = zeroth[q + 2] * zeroth[q + 2] + second[q] * second[q]
        square = diagonal + (near + far)
        tiny += square < _TINY
        factor = 1.0 / math.sqrt(max(square, _TINY))
        factors[q] = factor
        factors[q + 1] = factor
        factors[q + 2] = factor
    return tiny > 0


@inline
def _rescale_tiny(entries, count, factors):  # type: ignore[no-untyped-def]
    """Repair matrices whose squared entries underflow."""
    for j in range(count):
        largest = 0.0
        for q in range(3 * j, 3 * j + 3):
            largest = max(largest, abs(entries[0, q]), abs(entries[1, q]), abs(entries[2, q]))
        if 0.0 < largest < 1e-120:
            exponent = -math.frexp(largest)[1]
            diagonal, near, far = 0.0, 0.0, 0.0
            for c in range(3):
                for r in range(3):
                    entries[c, 3 * j + r] = math.ldexp(entries[c, 3 * j + r], exponent)
                diagonal += entries[c, 3 * j + c] ** 2
            near += entries[0, 3 * j + 1] ** 2 + entries[1, 3 * j] ** 2
            near += entries[1, 3 * j + 2] ** 2 + entries[2, 3 * j + 1] ** 2
            far += entries[0, 3 * j + 2] ** 2 + entries[2, 3 * j] ** 2
            for q in range(3 * j, 3 * j + 3):
                factors[q] = 1.0 / math.sqrt(diagonal + (near + far))


@inline
def _powers_of_two(exponents, first, count, exponent, bits):  # type: ignore[no-untyped-def]
    """Write 2**(exponents[first + j] + exponent) as bit patterns of float64."""
    for j in range(count):
        biased = np.uint64(exponents[first + j] + exponent + 1023) << np.uint64(52)
        bits[3 * j] = biased
        bits[3 * j + 1] = biased
        bits[3 * j + 2] = biased


@kernel(
    "void(f8[:,::1], i8[::1], i8, b1[::1], u1[::1], b1, b1, i8, i8, i8, i8, {T}[::1])",
    types=("f8", "f4"),
)
def _product_rows(  # type: ignore[no-untyped-def]
    minors, exponents, world_exponent, coincident, status, unit_norm, condensed, start, stop, left, right, matrices
):
    base = 0
    entries, factors = np.empty((3, 3 * _CHUNK)), np.empty(3 * _CHUNK)
    bits = factors.view(np.uint64)
    for i in range(start, stop):
        begin = max(i + 1, left) if condensed else left
        row = matrices[9 * base : 9 * (base + right - begin)]
        if begin <= i < right:
            row[9 * (i - begin) : 9 * (i - begin) + 9] = 0.0
        for side in range(2):
            low, high = (begin, min(i, right)) if side == 0 else (max(i + 1, begin), right)
            for first in range(low, high, _CHUNK):
                count = min(_CHUNK, high - first)
                _entries(minors, i, first, count, entries)
                if not unit_norm:
                    _powers_of_two(exponents, first, count, exponents[i] + world_exponent, bits)
                elif _inverse_norms(entries, count, factors):
                    _rescale_tiny(entries, count, factors)
                if coincident[i]:
                    for j in range(count):
                        if no_matrix(status[base + first - begin + j]):
                            entries[:, 3 * j : 3 * j + 3] = 0.0
                chunk = row[9 * (first - begin) : 9 * (first - begin + count)]
                a, b, c = entries[0], entries[1], entries[2]
                for q in range(3 * count):
                    chunk[3 * q] = a[q] * factors[q]
                    chunk[3 * q + 1] = b[q] * factors[q]
                    chunk[3 * q + 2] = c[q] * factors[q]
        base += right - begin


def product_rows(
    prepared: Minors,
    coincident: Array,
    status: Array,
    unit_norm: bool,
    condensed: bool,
    rows: tuple[int, int],
    columns: tuple[int, int],
    matrices: Array,
) -> None:
    """Write the matrices of a range of left with a range of right cameras, or with those of a higher number among them.

    `status` has one code a matrix; it is read only for left cameras that are `coincident`, and becomes a matrix of 0.
    """
    _product_rows(
        prepared.minors,
        prepared.exponents,
        prepared.world.exponent,
        coincident,
        status,
        unit_norm,
        condensed,
        *rows,
        *columns,
        matrices,
    )


@kernel("void(f8[:,::1], i8[::1], i8, b1, i8[:,::1], u1[::1], f8[:,::1])")
def _product_pairs(minors, exponents, world_exponent, unit_norm, pairs, status, matrices):  # type: ignore[no-untyped-def]
    entries, factors = np.empty((3, 3)), np.empty(3)
    bits = factors.view(np.uint64)
    for m in range(len(pairs)):
        i, j = pairs[m, 0], pairs[m, 1]
        if no_matrix(status[m]):
            matrices[m] = 0.0
            continue
        _entries(minors, i, j, 1, entries)
        if not unit_norm:
            _powers_of_two(exponents, j, 1, exponents[i] + world_exponent, bits)
        elif _inverse_norms(entries, 1, factors):
            _rescale_tiny(entries, 1, factors)
        for r in range(3):
            for c in range(3):
                matrices[m, 3 * r + c] = entries[c, r] * factors[r]


def product_pairs(prepared: Minors, unit_norm: bool, pairs: Array, status: Array, matrices: Array) -> None:
    """Write the matrices (M, 9) of the pairs (M, 2), int64; 0 where the status says that there is none."""
    _product_pairs(prepared.minors, prepared.exponents, prepared.world.exponent, unit_norm, pairs, status, matrices)
