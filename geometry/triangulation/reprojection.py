"""Points in space by the errors of their images: residuals, derivatives, and the point with the smallest errors."""

import numpy as np

from geometry.kernel import inline, routine
from geometry.triangulation.orthogonal import add_row, clear

_ITERATIONS = 60
_SETTLED = 2.0**-50  # of a unit homogeneous vector
_STALLED = 2.0**-30  # of steps that do not become smaller any more
_SLACK = 1.0 + 2.0**-40  # an error that grows by no more has not grown: steps know the minimum better than the sum


@inline
def image_of(P, n, X):  # type: ignore[no-untyped-def]
    """Where camera n shows a homogeneous point, and the last coordinate of its image."""
    z = P[n, 2, 0] * X[0] + P[n, 2, 1] * X[1] + P[n, 2, 2] * X[2] + P[n, 2, 3] * X[3]
    x = (P[n, 0, 0] * X[0] + P[n, 0, 1] * X[1] + P[n, 0, 2] * X[2] + P[n, 0, 3] * X[3]) / z
    y = (P[n, 1, 0] * X[0] + P[n, 1, 1] * X[1] + P[n, 1, 2] * X[2] + P[n, 1, 3] * X[3]) / z
    return x, y, z


@routine
def squared_error(P, views, count, seen, X):  # type: ignore[no-untyped-def]
    """Sum of squared distances between the images of X and where it was seen."""
    total = 0.0
    for i in range(count):
        x, y, _ = image_of(P, views[i], X)
        total += (x - seen[i, 0]) * (x - seen[i, 0]) + (y - seen[i, 1]) * (y - seen[i, 1])
    return total


@routine
def _step(P, views, count, seen, X, damping, R, row, trial):  # type: ignore[no-untyped-def]
    """Write the point one damped Gauss–Newton step further into `trial`, a unit vector; returns the step's size.

    Steps are taken in the tangent space of the unit sphere, whose basis is a Householder reflection that takes X to an
    axis.
    """
    axis = 0
    for k in range(1, 4):
        if abs(X[k]) > abs(X[axis]):
            axis = k
    for k in range(4):
        trial[k] = X[k]
    trial[axis] += 1.0 if X[axis] >= 0.0 else -1.0
    factor = 1.0 / (1.0 + abs(X[axis]))
    clear(R)
    for i in range(count):
        n = views[i]
        x, y, z = image_of(P, n, X)
        for r in range(2):
            at = x if r == 0 else y
            along = 0.0
            for k in range(4):
                along += (P[n, r, k] - at * P[n, 2, k]) / z * trial[k]
            column = 0
            for k in range(4):
                if k != axis:
                    row[column] = (P[n, r, k] - at * P[n, 2, k]) / z - factor * along * trial[k]
                    column += 1
            row[3] = seen[i, r] - at
            add_row(R, row, 3)
    if damping > 0.0:
        largest = max(abs(R[0, 0]), abs(R[1, 1]), abs(R[2, 2]))
        for k in range(3):
            for j in range(4):
                row[j] = damping * largest if j == k else 0.0
            add_row(R, row, 3)
    size = 0.0
    for k in range(2, -1, -1):
        value = R[k, 3]
        for j in range(k + 1, 3):
            value -= R[k, j] * row[j]
        row[k] = value / R[k, k]
        size = max(size, abs(row[k]))
    along, column = 0.0, 0
    for k in range(4):
        if k != axis:
            along += row[column] * trial[k]
            column += 1
    length, column = 0.0, 0
    for k in range(4):
        moved = X[k] - factor * along * trial[k]
        if k != axis:
            moved += row[column]
            column += 1
        trial[k] = moved
        length += moved * moved
    length = np.sqrt(length)
    for k in range(4):
        trial[k] /= length
    return size


@routine
def refine(P, views, count, seen, X, R, row, trial):  # type: ignore[no-untyped-def]
    """Move the unit homogeneous X to the smallest squared error by Levenberg's method; returns whether it settled."""
    error = squared_error(P, views, count, seen, X)
    damping, before = 0.0, np.inf
    for _ in range(_ITERATIONS):
        size = _step(P, views, count, seen, X, damping, R, row, trial)
        if not size < np.inf:
            damping = max(10.0 * damping, 1e-4)
            continue
        reached = squared_error(P, views, count, seen, trial)
        if reached <= _SLACK * error or not error < np.inf:
            for k in range(4):
                X[k] = trial[k]
            error = reached
            damping = 0.1 * damping if damping > 1e-6 else 0.0
            if size <= _SETTLED or (size <= _STALLED and size >= 0.5 * before and damping == 0.0):
                return True
            before = size
        elif size <= _STALLED:
            return True
        else:
            damping = max(10.0 * damping, 1e-4)
    return False


@routine
def covariance(P, views, count, point, factor, R, row, out):  # type: ignore[no-untyped-def]
    """Write factor · (Jᵀ J)⁻¹ of a finite homogeneous point, J the derivatives of all its images; NaN if singular."""
    clear(R)
    for i in range(count):
        n = views[i]
        x, y, z = image_of(P, n, point)
        for r in range(2):
            at = x if r == 0 else y
            for k in range(3):
                row[k] = (P[n, r, k] - at * P[n, 2, k]) / z
            row[3] = 0.0
            add_row(R, row, 3)
    for k in range(3):  # R⁻¹ into the triangle, column by column
        for i in range(k, -1, -1):
            value = 1.0 if i == k else 0.0
            for j in range(i + 1, k + 1):
                value -= R[i, j] * out[j, k]
            out[i, k] = value / R[i, i]
    for i in range(3):
        for j in range(i, 3):
            value = 0.0
            for k in range(j, 3):
                value += out[i, k] * out[j, k]
            out[i, j] = factor * value  # reads of row i to come start behind j
            out[j, i] = out[i, j]
