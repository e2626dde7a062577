"""3×3 matrices of whole numbers: what is computed from floats without rounding."""

from collections.abc import Sequence

import numpy as np

from geometry.inputs import Array

Rows = list[list[int]]


def whole_numbers(matrix: Array) -> Rows:
    """Return a whole-number multiple of a matrix of floats, without rounding."""
    ratios = [[float(entry).as_integer_ratio() for entry in row] for row in matrix]
    common = max(denominator for row in ratios for _, denominator in row)
    return [[numerator * (common // denominator) for numerator, denominator in row] for row in ratios]


def unit_norm(matrix: Array) -> Array:
    """Scale to unit Frobenius norm, whatever the size of the entries; the sign is kept."""
    scaled = matrix / np.abs(matrix).max()
    unit: Array = scaled / np.linalg.norm(scaled)
    return unit


def product(left: Rows, right: Rows) -> Rows:
    """Multiply two matrices."""
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left]


def determinant(m: Sequence[Sequence[int]]) -> int:
    """Compute the determinant of a 3×3 matrix."""
    (a, b, c), (d, e, f), (g, h, i) = m
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def adjugate(m: Sequence[Sequence[int]]) -> Rows:
    """Compute the transposed cofactors of a 3×3 matrix: `adj(M) M = det(M) I`."""
    (a, b, c), (d, e, f), (g, h, i) = m
    return [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]


def unit_matrix(m: Rows) -> Array:
    """Round a non-zero matrix to floats, scaled to unit Frobenius norm; the sign is kept."""
    largest = max(abs(entry) for row in m for entry in row)
    shift = 1 << largest.bit_length()
    return unit_norm(np.array([[entry / shift for entry in row] for row in m]))
