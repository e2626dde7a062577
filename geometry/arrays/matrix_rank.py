"""Rank of each matrix of a stack, with the singular values that it was counted from."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, real_array
from geometry.kernel import inline, kernel

_SPLIT = 134217729.0
_GRAIN_FLOPS = 2**21
_KERNEL_GRAIN = 2**16


class MatrixRank(NamedTuple):
    """Rank and singular values of each matrix."""

    rank: Array
    """Shape (…), int64, 0 … min(m, n)."""
    singular_values: Array
    """Shape (…, min(m, n)), float64, ≥ 0, largest first."""


@inline
def _product(a, b):  # type: ignore[no-untyped-def]
    """a·b as a rounded product and its exact rounding error (Dekker 1971, Veltkamp's split)."""
    product = a * b
    t, s = _SPLIT * a, _SPLIT * b
    a_high, b_high = t - (t - a), s - (s - b)
    a_low, b_low = a - a_high, b - b_high
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


@kernel("void(f8[:,::1], f8[:,::1], i8, i8)")
def _singular_values_2x2(matrices, values, start, stop):  # type: ignore[no-untyped-def]
    """σ1 ± σ2 are the lengths of (a + d, c - b) and (a - d, c + b); σ2 is |det| / σ1, without their difference."""
    for i in range(start, stop):
        a, b, c, d = matrices[i, 0], matrices[i, 1], matrices[i, 2], matrices[i, 3]
        largest = max(max(abs(a), abs(b)), max(abs(c), abs(d)))
        scale = 1.0
        if largest > 2.0**400:
            scale = 2.0**-600
        elif largest < 2.0**-400:
            scale = 2.0**600
        a, b, c, d = a * scale, b * scale, c * scale, d * scale
        sum_length = math.sqrt((a + d) * (a + d) + (c - b) * (c - b))
        difference_length = math.sqrt((a - d) * (a - d) + (c + b) * (c + b))
        first = 0.5 * (sum_length + difference_length)
        main, main_error = _product(a, d)
        cross, cross_error = _product(b, c)
        determinant = abs((main - cross) + (main_error - cross_error))
        second = min(determinant / first, first) if first > 0.0 else 0.0
        values[i, 0] = first / scale
        values[i, 1] = second / scale


def matrix_rank(matrices: ArrayLike, *, tolerance: ArrayLike | None = None) -> MatrixRank:
    """Count the singular values above a tolerance, matrix by matrix.

    `rank = #{σ_i > tolerance}`

    Parameters
    ----------
    matrices
        Shape (…, m, n), real, finite. Stacks of 2×2 matrices have a closed form; others are decomposed one by one.
    tolerance
        ≥ 0, in the unit of the matrices; one number, or an array that broadcasts to (…). None: max(m, n) · ε · σ_1 of
        each matrix, with ε of float32 for float32 matrices and of float64 for all others.

    Returns
    -------
    MatrixRank
        rank (…), singular_values (…, min(m, n)).

    Raises
    ------
    InvalidInput
        `matrices` has fewer than two axes, is not finite or has a singular value beyond float64; `tolerance` is
        negative, not finite or of another shape.

    Notes
    -----
    Closed form: Blinn, "Consider the lowly 2×2 matrix", IEEE Computer Graphics and Applications 16 (1996). The second
    value is the determinant, summed with its rounding errors, over the first: exact zeros stay zeros, and no scale of
    the matrix over- or underflows.
    """
    shape = _shape(matrices, "matrices")
    if len(shape) < 2:
        raise InvalidInput("matrices", f"must have shape (…, m, n), came as {shape}")
    stack = real_array(matrices, "matrices", shape)
    batch, (m, n) = shape[:-2], shape[-2:]
    values = _singular_values(stack.reshape(math.prod(batch), m, n)).reshape(*batch, min(m, n))
    if not np.isfinite(values).all():
        place = np.argwhere(~np.isfinite(values))[0][:-1]
        raise InvalidInput("/".join(["matrices", *map(str, place)]), "its singular values exceed the range of float64")
    if tolerance is None:
        single = np.asarray(matrices).dtype == np.float32
        epsilon = float(np.finfo(np.float32 if single else np.float64).eps)
        limit = max(m, n) * epsilon * values[..., 0] if values.size else np.zeros(batch)
    else:
        limit = _tolerance(tolerance, batch)
    rank = np.zeros(batch, np.int64)
    for index in range(values.shape[-1]):
        rank += values[..., index] > limit
    return MatrixRank(rank, values)


def _shape(value: ArrayLike, name: str) -> tuple[int, ...]:
    try:
        return np.shape(value)
    except ValueError as error:
        raise InvalidInput(name, f"is not a rectangular array: {error}") from None


def _singular_values(stack: Array) -> Array:
    count, m, n = stack.shape
    values = np.empty((count, min(m, n)))
    if values.size == 0:
        return values
    if (m, n) == (2, 2):
        flat = stack.reshape(count, 4)
        run_bands(lambda start, stop: _singular_values_2x2(flat, values, start, stop), count, grain=_KERNEL_GRAIN)
        return values

    def work(start: int, stop: int) -> None:
        values[start:stop] = np.linalg.svd(stack[start:stop], compute_uv=False)

    run_bands(work, count, grain=max(1, _GRAIN_FLOPS // (m * n * min(m, n))))
    return values


def _tolerance(tolerance: ArrayLike, batch: tuple[int, ...]) -> Array:
    limit = real_array(tolerance, "tolerance", _shape(tolerance, "tolerance"))
    if (limit < 0).any():
        raise InvalidInput("tolerance", "must be ≥ 0")
    try:
        return np.broadcast_to(limit, batch)
    except ValueError:
        raise InvalidInput("tolerance", f"has shape {limit.shape}, which does not broadcast to {batch}") from None
