"""Small least squares by orthogonal rotations: rows go into a triangle one by one, and nothing is squared."""

import numpy as np

from geometry.kernel import inline, routine

_SETTLED = 2.0**-50
_ITERATIONS = 100


@routine
def clear(R):  # type: ignore[no-untyped-def]
    """Begin a triangle (4, 4)."""
    for i in range(4):
        for j in range(4):
            R[i, j] = 0.0


@routine
def add_row(R, row, columns):  # type: ignore[no-untyped-def]
    """Rotate a row of four into the upper triangle R, by its first columns; both change, other columns go along."""
    for k in range(columns):
        if row[k] == 0.0:
            continue
        if R[k, k] == 0.0:  # nothing is there yet
            for j in range(k, 4):
                R[k, j] = row[j]
            break
        length = np.sqrt(R[k, k] * R[k, k] + row[k] * row[k])
        shrink = 1.0 / length
        c, s = R[k, k] * shrink, row[k] * shrink
        R[k, k] = length
        for j in range(k + 1, 4):
            above = R[k, j]
            R[k, j] = c * above + s * row[j]
            row[j] = c * row[j] - s * above


@inline
def _diagonal(R, k, smallest):  # type: ignore[no-untyped-def]
    return R[k, k] if abs(R[k, k]) > smallest else smallest


@routine
def null_vector(R, v, w):  # type: ignore[no-untyped-def]
    """Find the unit v with the smallest |R v|, R (4, 4) upper triangular, by inverse iteration; w is scratch."""
    largest = 0.0
    for k in range(4):
        largest = max(largest, abs(R[k, k]))
        v[k] = 0.5
    smallest = 2.0**-53 * largest
    if smallest == 0.0:
        return
    for _ in range(_ITERATIONS):
        for k in range(4):
            value = v[k]
            for j in range(k):
                value -= R[j, k] * w[j]
            w[k] = value / _diagonal(R, k, smallest)
        length = 0.0
        for k in range(3, -1, -1):
            value = w[k]
            for j in range(k + 1, 4):
                value -= R[k, j] * w[j]
            w[k] = value / _diagonal(R, k, smallest)
            length += w[k] * w[k]
        length = np.sqrt(length)
        change = 0.0
        for k in range(4):
            change = max(change, abs(w[k] / length - v[k]))
            v[k] = w[k] / length
        if change <= _SETTLED:
            break
