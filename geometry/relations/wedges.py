"""Products of the minors of one camera with those of two more planes: what three views and a plane have in common."""

import numpy as np

from geometry.kernel import inline
from geometry.relations.minors import determinant_2


@inline
def planes_meet(first, second, line):  # type: ignore[no-untyped-def]
    """Write the six 2×2 minors of two planes, in the order 01 02 03 12 13 23."""
    k = 0
    for c in range(3):
        for d in range(c + 1, 4):
            line[k] = determinant_2(first[c], first[d], second[c], second[d])
            k += 1


@inline
def row_pair_with(minors, column, line):  # type: ignore[no-untyped-def]
    """The 4×4 determinant of the two rows behind `minors[:, column]` above the two planes behind `line`."""
    near = minors[0, column] * line[5] - minors[1, column] * line[4] + minors[2, column] * line[3]
    return near + (minors[3, column] * line[2] - minors[4, column] * line[1] + minors[5, column] * line[0])


@inline
def scale_to_unit_norm(entries):  # type: ignore[no-untyped-def]
    """Divide by the root of the sum of squares, safe against overflow and underflow; leaves zeros alone."""
    largest = 0.0
    for k in range(len(entries)):
        largest = max(largest, abs(entries[k]))
    if largest > 0.0:
        square = 0.0
        for k in range(len(entries)):
            entries[k] /= largest
            square += entries[k] * entries[k]
        length = np.sqrt(square)
        for k in range(len(entries)):
            entries[k] /= length
