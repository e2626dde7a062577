"""How near a matrix is to a smaller rank, whatever the units of its rows and columns."""

import numpy as np

from geometry.inputs import Array

SINGULAR = 1e-14
"""Below it, a rank cannot be told from the next smaller one at double precision."""


def reciprocal_condition(matrix: Array) -> float:
    """Compute smallest over largest singular value, rows and columns scaled to a common size by powers of two."""
    largest = np.abs(matrix).max()
    m = np.ldexp(matrix, -np.frexp(largest)[1])
    for _ in range(4):
        for axis in (1, 0):
            sizes = np.abs(m).max(axis=axis, keepdims=True)
            m = np.ldexp(m, -np.frexp(sizes)[1])
    singular = np.linalg.svd(m, compute_uv=False)
    return float(singular[-1] / singular[0]) if singular[0] > 0 else 0.0
