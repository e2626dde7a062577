"""Whether points determine a homography at all."""

import numpy as np

from geometry.errors import Degenerate
from geometry.inputs import Array

_ROUNDINGS = 8 * 2.0**-53
_TRIPLES = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))


def _scaled(points: Array) -> Array:
    """Points of size 1 at most, times a power of two, so that no product overflows or vanishes."""
    scaled: Array = np.ldexp(points, -int(np.frexp(np.abs(points).max(initial=0.0))[1]))
    return scaled


def _distinct(points: Array, wanted: int) -> bool:
    """Whether there are `wanted` distinct points among them."""
    left = points
    for _ in range(wanted):
        if not len(left):
            return False
        left = left[(left[:, 0] != left[0, 0]) | (left[:, 1] != left[0, 1])]
    return True


def _thickness(points: Array) -> float:
    """Width of the band around a line along their longest extent that holds all points."""
    x, y = points.T
    far = np.argmax((x - x[0]) ** 2 + (y - y[0]) ** 2)
    x, y = x - x[far], y - y[far]
    other = np.argmax(x * x + y * y)
    along = np.array([x[other], y[other]])
    across = x * along[1] - y * along[0]
    return float((across.max() - across.min()) / np.hypot(*along))


def check_general_position(points: Array, name: str) -> None:
    """Check that four or more points (N, 2) are distinct and not on one line; of exactly four, no three.

    Points whose distance from a line is no more than the rounding of their coordinates count as on it.

    Raises
    ------
    Degenerate
        `coincident_points` or `collinear_points`.
    """
    if not _distinct(points[:16], 4) and not _distinct(points, 4):
        raise Degenerate("coincident_points", f"{name} has fewer than four distinct points")
    scaled = _scaled(points)
    rounding = _ROUNDINGS * float(np.abs(scaled).max())
    if len(points) == 4:
        for triple in _TRIPLES:
            if _thickness(scaled[list(triple)]) <= rounding:
                places = ", ".join(map(str, triple))
                raise Degenerate("collinear_points", f"points {places} of {name} lie on a line")
    elif _thickness(scaled) <= rounding:
        raise Degenerate("collinear_points", f"the points of {name} lie on a line")
