"""What a quadrangle tells of the rectangle that it is a picture of."""

import math
from typing import NamedTuple

import numpy as np

from geometry.homographies.four import homography_from_four_points
from geometry.inputs import Array

_UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_PARALLEL = 1e-3  # change of depth along an edge below which its direction does not tell the focal length


class Rectangle(NamedTuple):
    """Width over height, the focal length in pixels where it was found or given, and why it was not (or empty)."""

    ratio: float
    focal_length: float | None
    fallback: str


def rectangle_seen_as(corners: Array, centre: Array, focal_length: float | None) -> Rectangle:
    """Find the aspect ratio of a rectangle from its picture by a camera with square pixels and its axis at `centre`.

    With H = [h₁ h₂ h₃] from the unit square to the picture and ω = diag(1, 1, f²) in coordinates about the centre,
    `h₁ᵀ ω h₂ = 0` gives the focal length, and `ratio² = h₁ᵀ ω h₁ / h₂ᵀ ω h₂`.

    Where an edge direction is parallel to the picture the focal length is not determined, unless given. Two such
    directions need none. Fallbacks, with the ratio NaN: `parallel_edges`; `no_real_focal_length`, where the quadrangle
    is no picture of a rectangle.

    Parameters
    ----------
    corners
        (4, 2), convex: top left, top right, bottom right, bottom left.
    centre
        (2,): the principal point.
    focal_length
        > 0, pixels, if known.

    References
    ----------
    Zhang, He, Whiteboard scanning and image enhancement, Digital Signal Processing 17 (2007), section 3.
    """
    unit = float(np.ptp(corners, axis=0).max())
    H = homography_from_four_points(_UNIT_SQUARE, (corners - centre) / unit)
    H = H / H[2, 2]
    (ax, ay, az), (bx, by, bz) = H[:, 0], H[:, 1]
    along, down = abs(az) < _PARALLEL, abs(bz) < _PARALLEL
    if along and down:
        return Rectangle(math.hypot(ax, ay) / math.hypot(bx, by), focal_length, "")
    squared = 0.0
    if focal_length is not None:
        squared = (focal_length / unit) ** 2
    elif along or down:
        return Rectangle(math.nan, None, "parallel_edges")
    else:
        squared = -(ax * bx + ay * by) / (az * bz)
    if not squared > 0 or not math.isfinite(squared):
        return Rectangle(math.nan, None, "no_real_focal_length")
    ratio = math.sqrt((ax * ax + ay * ay + squared * az * az) / (bx * bx + by * by + squared * bz * bz))
    return Rectangle(ratio, math.sqrt(squared) * unit, "")
