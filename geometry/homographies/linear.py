"""Normalized direct linear transform."""

import math
from typing import NamedTuple

import numpy as np

from geometry.errors import Degenerate
from geometry.homographies.rational import unit_norm
from geometry.inputs import Array

_RANK = 1e-12  # of the equations' second smallest singular value over the largest
_FRAME_POINTS = 1000
_BLOCK_ROWS = 256  # of a QR decomposition that stays in the cache


class Frame(NamedTuple):
    """Coordinates of about unit size: (points − centre) · scale."""

    centre: Array
    scale: float

    def apply(self, points: Array) -> Array:
        """Points (N, 2) as rows x, y (2, N) of these coordinates."""
        return np.ascontiguousarray(((points - self.centre) * self.scale).T)

    def matrix(self) -> Array:
        """Return the 3×3 matrix into these coordinates."""
        x, y = self.centre
        return np.array([[self.scale, 0.0, -self.scale * x], [0.0, self.scale, -self.scale * y], [0.0, 0.0, 1.0]])

    def inverse(self) -> Array:
        """Return the 3×3 matrix out of these coordinates."""
        x, y = self.centre
        return np.array([[1 / self.scale, 0.0, x], [0.0, 1 / self.scale, y], [0.0, 0.0, 1.0]])


def robust_frame(points: Array) -> Frame:
    """Take the median of (about a thousand of) the points as the centre, their median distance as the unit.

    Wrong points do no harm, as long as they are the fewer. The unit is a power of two.
    """
    points = points[:: -(-len(points) // _FRAME_POINTS)]
    middle = len(points) // 2
    centre = np.partition(points, middle, axis=0)[middle]
    distances = np.hypot(*(points - centre).T)
    unit = float(np.partition(distances, middle)[middle]) or float(distances.max()) or 1.0
    return Frame(centre, math.ldexp(1.0, -math.frexp(unit)[1]))


def _triangle(rows: Array) -> Array:
    """R of the QR decomposition of rows (M, 9), block by block."""
    blocks, rest = divmod(len(rows), _BLOCK_ROWS)
    if blocks > 1:
        tall = rows[: len(rows) - rest].reshape(blocks, _BLOCK_ROWS, 9)
        upper: Array = np.asarray(np.linalg.qr(tall, mode="r"))
        rows = np.concatenate([upper.reshape(-1, 9), rows[len(rows) - rest :]])
    return np.asarray(np.linalg.qr(rows, mode="r"))


def direct_linear_transform(data: Array, weights: Array) -> Array:
    """Minimize `|A h|` with |h| = 1: two rows of A a correspondence, [X 0 −uX] and [0 X −vX], times √weight.

    Parameters
    ----------
    data
        (4, N), N ≥ 5: x, y, u, v, in any coordinates; normalized here to mean 0 and mean distance √2.
    weights
        (N,), > 0.

    Returns
    -------
    The entries (9,), unit norm, w > 0 at all points.

    Raises
    ------
    Degenerate
        `collinear_points`, `behind_camera`, `singular_homography`.

    References
    ----------
    Hartley, In defense of the eight-point algorithm, PAMI 19 (1997); Hartley, Zisserman, algorithm 4.2.
    """
    frames = []
    for points in (data[:2], data[2:]):
        centre = points @ weights / weights.sum()
        spread = float(np.hypot(*(points - centre[:, np.newaxis])) @ weights / weights.sum())
        frames.append(Frame(centre, math.sqrt(2.0) / spread))
    source, target = frames
    x, y = (data[:2] - source.centre[:, np.newaxis]) * source.scale
    u, v = (data[2:] - target.centre[:, np.newaxis]) * target.scale
    root = np.sqrt(weights)
    rows = np.zeros((2, len(root), 9))
    rows[0, :, 0] = rows[1, :, 3] = root * x
    rows[0, :, 1] = rows[1, :, 4] = root * y
    rows[0, :, 2] = rows[1, :, 5] = root
    for equation, image in zip(rows, (u, v), strict=True):
        equation[:, 6:] = -image[:, np.newaxis] * rows[0, :, :3]
    _, values, vectors = np.linalg.svd(_triangle(rows.reshape(-1, 9)))
    if values[7] <= _RANK * values[0]:
        raise Degenerate("collinear_points", "all points but one, or more, lie on a line: they leave H undetermined")
    h = (target.inverse() @ vectors[8].reshape(3, 3) @ source.matrix()).reshape(9)
    h = unit_norm(h)
    if abs(np.linalg.det(h.reshape(3, 3))) <= _RANK:
        raise Degenerate("singular_homography", "the best homography has no inverse")
    w = h[6:8] @ data[:2] + h[8]
    if (w < 0).all():
        return -h
    if not (w > 0).all():
        raise Degenerate("behind_camera", "the points lie on both sides of the horizon")
    return h
