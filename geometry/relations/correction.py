"""The nearest pair of points that satisfies an epipolar constraint."""

import numpy as np

from geometry.kernel import routine

_ITERATIONS = 40
_SETTLED = 2.0**-50  # of a correction, or of what rounding leaves of a coordinate


@routine
def corrected_pair(F, left_x, left_y, right_x, right_y):  # type: ignore[no-untyped-def]
    """Move a pair as little as possible (sum of squares) onto `x_rightᵀ F x_left = 0`.

    Lindstrom, Triangulation made easy, 2010, listing 1, until it settles. Returns the four moves, and whether it did.
    """
    n_x = F[0, 0] * left_x + F[0, 1] * left_y + F[0, 2]
    n_y = F[1, 0] * left_x + F[1, 1] * left_y + F[1, 2]
    o_x = F[0, 0] * right_x + F[1, 0] * right_y + F[2, 0]
    o_y = F[0, 1] * right_x + F[1, 1] * right_y + F[2, 1]
    c = right_x * n_x + right_y * n_y + (F[2, 0] * left_x + F[2, 1] * left_y + F[2, 2])
    first_n_x, first_n_y, first_o_x, first_o_y = n_x, n_y, o_x, o_y
    a_x, a_y, b_x, b_y = 0.0, 0.0, 0.0, 0.0
    settled = c == 0.0
    floor = _SETTLED * (abs(left_x) + abs(left_y) + abs(right_x) + abs(right_y)) * 0.25
    for _ in range(0 if settled else _ITERATIONS):
        a = n_x * (F[0, 0] * o_x + F[0, 1] * o_y) + n_y * (F[1, 0] * o_x + F[1, 1] * o_y)
        b = 0.5 * (n_x * first_n_x + n_y * first_n_y + o_x * first_o_x + o_y * first_o_y)
        step = c / (b + np.sqrt(max(b * b - a * c, 0.0)))
        if not abs(step) < np.inf:
            break
        next_a_x, next_a_y, next_b_x, next_b_y = step * o_x, step * o_y, step * n_x, step * n_y
        moved = max(abs(next_a_x - a_x), abs(next_a_y - a_y), abs(next_b_x - b_x), abs(next_b_y - b_y))
        a_x, a_y, b_x, b_y = next_a_x, next_a_y, next_b_x, next_b_y
        if moved <= floor + _SETTLED * max(abs(a_x), abs(a_y), abs(b_x), abs(b_y)):
            settled = True
            break
        n_x = first_n_x - (F[0, 0] * a_x + F[0, 1] * a_y)
        n_y = first_n_y - (F[1, 0] * a_x + F[1, 1] * a_y)
        o_x = first_o_x - (F[0, 0] * b_x + F[1, 0] * b_y)
        o_y = first_o_y - (F[0, 1] * b_x + F[1, 1] * b_y)
    return -a_x, -a_y, -b_x, -b_y, settled
